#!/usr/bin/env python3
"""Every C++ file is formatted as .clang-format says (clang-format 14)."""
import shutil
import subprocess
import sys

import sources


def main():
    tool = shutil.which("clang-format-14")
    if not tool:
        print("clang-format-14 is not installed")
        sys.exit(77)
    paths = sources.files(".h", ".cc")
    result = subprocess.run([tool, "--dry-run", "-Werror"] + paths, cwd=sources.ROOT, capture_output=True,
                            text=True, check=False)
    offences = sorted({line.split(": error")[0].rsplit(":", 1)[0] + ": not formatted"
                       for line in result.stderr.splitlines() if ": error:" in line})
    if result.returncode and not offences:
        offences = [result.stderr[:500]]
    sources.finish(offences, f"{len(paths)} files")


main()
