#!/usr/bin/env python3
"""Every list of every vector file is run, whole, by some unit test. Called with the build folder: runs the
unit tests that read vector files, gathers their "vectors FILE LIST ran/total" lines and compares
them with the files themselves."""
import json
import os
import re
import subprocess
import sys

import sources

FOLDERS = ("tests/vectors/reticulum/", "tests/vectors/hop/")
LINE = re.compile(r"^vectors (\S+) (\S+) (\d+)/(\d+)$", re.M)
# Parts that are no list of cases, or that no part of the gateway needs, with the reason.
NOT_RUN = {
    ("transport_rules", "transport_identity"): "one value, used by the lists beside it",
    ("transport_transcripts", "transport_identity"): "one value, used by the transcripts",
}


def runs(build):
    """(file, list) -> most cases run by one test executable."""
    reading = {os.path.dirname(path) for path in sources.files(".cc", ".h")
               if path.startswith("tests/unit/") and "VectorFile" in sources.read(path)}
    done = subprocess.run(["meson", "introspect", build, "--tests"], capture_output=True, text=True, check=True)
    counts, executables = {}, set()
    for test in json.loads(done.stdout):
        program = os.path.relpath(test["cmd"][0], build)
        if os.path.dirname(program) not in reading or program in executables:
            continue
        executables.add(program)
        result = subprocess.run([test["cmd"][0]], capture_output=True, text=True, errors="replace",
                                env=dict(os.environ, **test["env"]), check=False, cwd=build)
        for name, part, ran, _ in LINE.findall(result.stdout):
            counts[(name, part)] = max(int(ran), counts.get((name, part), 0))
    return counts, executables


def main():
    counts, executables = runs(os.path.abspath(sys.argv[1]))
    offences, total, lists = [], 0, 0
    for path in sources.files(".json"):
        if not path.startswith(FOLDERS):
            continue
        name = os.path.basename(path)[:-5]
        for part, content in json.loads(sources.read(path)).items():
            if not isinstance(content, (list, dict)) or (name, part) in NOT_RUN:
                continue
            ran = counts.get((name, part), 0)
            lists += 1
            total += ran
            print(f"{name} {part}: {ran} of {len(content)}")
            if ran < len(content):
                offences.append(f"{path}: {part}: {ran} of {len(content)} entries are run by a unit test")
    sources.finish(offences, f"{lists} lists, {total} entries run by {len(executables)} executables")


main()
