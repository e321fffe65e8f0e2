#!/usr/bin/env python3
"""Every header compiles alone. Called with the build folder (for generated headers) and the compiler.
The build has shown it for a header that a source includes before anything else, if the object is no older than both;
the others are compiled here. One whose text and included project headers did not change since it last passed is not
repeated."""
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys

import sources

FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-DMEHR_VERSION=\"0\"", "-x", "c++"]


def closure(path, build, seen):
    """The header and every project header it reaches."""
    if path in seen:
        return
    for base in (sources.ROOT, build):
        full = os.path.join(base, path)
        if os.path.exists(full):
            with open(full, encoding="utf-8", errors="replace") as file:
                seen[path] = file.read()
            for target in re.findall(r'(?m)^\s*#\s*include\s+"([^"]+)"', seen[path]):
                closure(target, build, seen)
            return


def shown_by_build(build):
    """The headers that begin a source the build has compiled since either changed."""
    try:
        with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
            commands = json.load(file)
    except (OSError, ValueError):
        return set()
    shown = set()
    for command in commands:
        source = os.path.join(command["directory"], command["file"])
        try:
            with open(source, encoding="utf-8") as file:
                text = re.sub(r"//[^\n]*", "", file.read())
            first = re.match(r'\s*#\s*include\s+"([^"]+)"', text)
            if not first:
                continue
            changed = max(os.path.getmtime(path) for path in (source, os.path.join(sources.ROOT, first.group(1))))
            if os.path.getmtime(os.path.join(command["directory"], command["output"])) >= changed:
                shown.add(first.group(1))
        except OSError:
            continue  # generated, or not built
    return shown


def compile_alone(path, build, compiler):
    # gateway_generated.h is included as a system header, as the build does.
    command = compiler + FLAGS + ["-I", sources.ROOT, "-I", build, "-isystem", os.path.join(build, "core/api"), "-"]
    result = subprocess.run(command, input=f'#include "{path}"\n', capture_output=True, text=True,
                            check=False, cwd=sources.ROOT)
    return result.returncode == 0, result.stderr


def main():
    build = sys.argv[1]
    compiler = [word for word in sys.argv[2:] if os.path.basename(word) != "ccache"]
    cache_path = os.path.join(build, "headers_alone.json")
    try:
        with open(cache_path, encoding="utf-8") as file:
            cache = json.load(file)
    except (OSError, ValueError):
        cache = {}
    headers = [path for path in sources.files(".h")]
    shown = shown_by_build(build)
    digests, todo = {}, []
    for path in headers:
        seen = {}
        closure(path, build, seen)
        key = json.dumps(sorted(seen.items())) + " ".join(compiler + FLAGS)
        digests[path] = hashlib.sha256(key.encode()).hexdigest()
        if path not in shown and cache.get(path) != digests[path]:
            todo.append(path)
    offences, passed = [], {path: digests[path] for path in headers if cache.get(path) == digests[path]}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda path: compile_alone(path, build, compiler), todo)
        for path, (good, errors) in zip(todo, results):
            if good:
                passed[path] = digests[path]
            else:
                first = next((line for line in errors.splitlines() if "error" in line), errors[:200])
                offences.append(f"{path}:1: does not compile alone: {first}")
    with open(cache_path, "w", encoding="utf-8") as file:
        json.dump(passed, file)
    sources.finish(offences, f"{len(headers)} headers, {len(shown & set(headers))} shown by the build, {len(todo)} compiled now")


main()
