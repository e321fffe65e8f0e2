"""What the style tests share: the list of the project's files, and how a test reports. Every test
here is a script that prints each offence as "file:line: sentence" and exits 1 if there was one."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED_FOLDERS = {".git", ".cache", "__pycache__", "subprojects"}


def files(*endings):
    """Paths of the project's files relative to ROOT, sorted; all of them, or those ending so."""
    found = []
    for folder, subfolders, names in os.walk(ROOT):
        at_top = folder == ROOT
        subfolders[:] = sorted(
            name for name in subfolders
            if name not in SKIPPED_FOLDERS and not (at_top and name.startswith("build")))
        for name in sorted(set(names) - SKIPPED_FOLDERS):
            path = os.path.relpath(os.path.join(folder, name), ROOT)
            if not endings or path.endswith(endings):
                found.append(path)
    return [path for path in found if not is_ignored(path)]


_IGNORED = None


def is_ignored(path):
    """Whether git ignores the path; nothing is ignored where there is no git."""
    global _IGNORED
    if _IGNORED is None:
        try:
            out = subprocess.run(
                ["git", "-C", ROOT, "ls-files", "-o", "-i", "--exclude-standard", "--directory"],
                capture_output=True, text=True, check=True).stdout
            _IGNORED = tuple(out.split())
        except (OSError, subprocess.CalledProcessError):
            _IGNORED = ()
    return any(path == entry or (entry.endswith("/") and path.startswith(entry)) for entry in _IGNORED)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def without_comments(text):
    """C++ source with comments and literals blanked out, lines and columns kept."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'',
        re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def scripts():
    """Shell scripts, by ending or first line."""
    found = []
    for path in files():
        if os.path.splitext(path)[1] in ("", ".sh"):
            with open(os.path.join(ROOT, path), "rb") as file:
                first = file.readline()
            if first.startswith(b"#!") and (b"bash" in first or b"/sh" in first):
                found.append(path)
    return found


def finish(offences, checked):
    """Prints the offences and ends the test."""
    for offence in offences:
        print(offence)
    print(f"{len(offences)} offences in {checked}")
    sys.exit(1 if offences else 0)
