#!/usr/bin/env python3
"""What every file and folder says about itself: an opening paragraph, a README.md per folder, a map in
README.md that is true, no notes to ourselves, no paths of one person's machine, shell that parses."""
import os
import re
import subprocess

import sources

NOTES = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
MACHINE_PATHS = re.compile(r"(?<![\w./-])/(wo" r"rk|home/\w+|Users)/")
NO_README = re.compile(r"^(tests/fuzz/corpus.*|tests/unit/.+|\..*|tests/vectors/.+|bench/.+|tools/[^/]+/.+)$")
COMMENT = {".h": "//", ".cc": "//", ".def": "//", ".fbs": "//", ".py": '"""', ".toml": "#"}


def opening(path, text, offences):
    """A paragraph of at least one sentence at the top."""
    ending = os.path.splitext(path)[1]
    mark = COMMENT.get(ending)
    lines = text.splitlines()
    if lines and lines[0].startswith("#!"):
        mark = mark or ('"""' if "python" in lines[0] else "#")
        lines = lines[1:]
    if mark is None or path.endswith("__init__.py"):
        return
    first = lines[0] if lines else ""
    # What a definition file shares with its header is said there once.
    least = 12 if path.endswith(".cc") and os.path.exists(os.path.join(sources.ROOT, path[:-3] + ".h")) else 20
    if not first.startswith(mark) or len(first) < least:
        offences.append(f"{path}:1: does not begin with a paragraph that says what it is for")


def folders(paths, offences):
    seen = {os.path.dirname(path) for path in paths}
    seen |= {os.path.dirname(folder) for folder in seen}
    for folder in sorted(seen - {""}):
        if not NO_README.match(folder) and f"{folder}/README.md" not in paths:
            offences.append(f"{folder}: no README.md")


def readme_paths(paths, offences):
    """Every path in backquotes in README.md, and every relative link of any README, exists."""
    known = set(paths) | {os.path.dirname(path) for path in paths}
    text = sources.read("README.md") if "README.md" in paths else ""
    if not text:
        offences.append("README.md:1: missing")
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            continue
        for name in re.findall(r"`([\w.-]+(?:/[\w.*-]*)+)`", line):
            target = name.rstrip("/")
            if target not in known and not any(path.startswith(target + "/") for path in paths):
                offences.append(f"README.md:{number}: {name} does not exist")
    for path in paths:
        if not path.endswith(".md"):
            continue
        for number, line in enumerate(sources.read(path).splitlines(), 1):
            for target in re.findall(r"\]\(([^)#:]+)\)", line):
                full = os.path.normpath(os.path.join(os.path.dirname(path), target))
                if not os.path.exists(os.path.join(sources.ROOT, full)):
                    offences.append(f"{path}:{number}: link to {target}, which does not exist")


def main():
    offences = []
    paths = sources.files()
    for path in paths:
        if path.startswith(("tests/vectors/", "tests/fuzz/corpus/")) or path == "LICENSE":
            continue
        text = sources.read(path)
        opening(path, text, offences)
        for number, line in enumerate(text.splitlines(), 1):
            if NOTES.search(line):
                offences.append(f"{path}:{number}: note to ourselves: {line.strip()[:60]}")
            if MACHINE_PATHS.search(line):
                offences.append(f"{path}:{number}: path of one machine: {line.strip()[:60]}")
    folders(paths, offences)
    readme_paths(paths, offences)
    for path in sources.scripts():
        result = subprocess.run(["bash", "-n", path], cwd=sources.ROOT, capture_output=True, text=True,
                                check=False)
        if result.returncode:
            offences.append(f"{path}:1: {result.stderr.strip()}")
    sources.finish(offences, f"{len(paths)} files")


main()
