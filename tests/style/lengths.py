#!/usr/bin/env python3
"""Files stay under 500 lines and functions under 70, unless exceptions.txt gives a reason."""
import os
import re

import sources

MAX_FILE = 500
MAX_FUNCTION = 70
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")


def functions(text):
    """(first line, last line, head) of every function body: braces that follow a parameter list in
    namespace or class scope. Lambdas and blocks count towards the function around them."""
    code = sources.without_comments(re.sub(r"(?m)^[ \t]*#(?:.*\\\n)*.*$",
                                           lambda m: re.sub(r"[^\n]", " ", m.group()), text))
    stack, head_start, depth_parens, found = [], 0, 0, []
    for position, char in enumerate(code):
        if char in "([":
            depth_parens += 1
        elif char in ")]":
            depth_parens -= 1
        elif char == "{":
            head = code[head_start:position]
            in_scope = all(kind == "scope" for kind, _, _ in stack)
            bare = re.sub(r"\([^()]*\)", "()", re.sub(r"<[^<>]*>", "", head))
            if not in_scope or depth_parens > 0:
                kind = "block"
            elif SCOPE.search(bare) and "()" not in bare.split("=")[0]:
                kind = "scope"
            elif "(" in head and not re.search(r"=\s*$", head):
                kind = "function"
            else:
                kind = "block"
            stack.append((kind, head_start, head))
            if kind != "block":
                head_start = position + 1
        elif char == "}":
            if not stack:
                continue
            kind, start, head = stack.pop()
            follows = code[position + 1:position + 40].lstrip()[:1]
            if kind == "function" and follows in (",", "{"):
                head_start = start  # a brace of a constructor's initialiser list
            elif kind != "block" or not stack or all(k == "scope" for k, _, _ in stack):
                if kind == "function":
                    first = start + len(code[start:]) - len(code[start:].lstrip())
                    found.append((code.count("\n", 0, first) + 1, code.count("\n", 0, position) + 1,
                                  " ".join(head.split())))
                if depth_parens == 0:
                    head_start = position + 1
        elif char == ";" and depth_parens == 0 and all(k == "scope" for k, _, _ in stack):
            head_start = position + 1
    return found


def exceptions():
    """Lines "path reason" or "path function reason"; a reason is required."""
    allowed = {}
    for line in sources.read("tests/style/exceptions.txt").splitlines():
        if line.strip() and not line.startswith("#"):
            path, name, reason = (line.split(None, 2) + ["", ""])[:3]
            if not reason:
                raise SystemExit(f"tests/style/exceptions.txt: no reason given: {line}")
            allowed[(path, name)] = reason
    return allowed


def main():
    allowed, used, offences, count = exceptions(), set(), [], 0
    paths = sources.files(".h", ".cc", ".py", ".fbs", ".def") + sources.scripts()
    for path in paths:
        text = sources.read(path)
        lines = text.count("\n")
        if lines > MAX_FILE:
            used.add((path, "file"))
            if (path, "file") not in allowed:
                offences.append(f"{path}:{lines}: {lines} lines, more than {MAX_FILE}")
        if not path.endswith((".h", ".cc")):
            continue
        for first, last, head in functions(text):
            count += 1
            if last - first + 1 <= MAX_FUNCTION:
                continue
            name = re.search(r"([~\w]+)\s*\(", head)
            key = (path, name.group(1) if name else "?")
            used.add(key)
            if key not in allowed:
                offences.append(f"{path}:{first}: {key[1]} has {last - first + 1} lines, "
                                f"more than {MAX_FUNCTION}")
    for path, name in sorted(set(allowed) - used):
        offences.append(f"tests/style/exceptions.txt: {path} {name} needs no exception any more")
    sources.finish(offences, f"{len(paths)} files and {count} functions")


if __name__ == "__main__":
    main()
