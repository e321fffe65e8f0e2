#!/usr/bin/env python3
"""Every counter of counters.def is declared once, explained, and counted somewhere."""
import re

import sources

LINE = re.compile(r'^COUNTER\((\w+), (\w+), (\w+), (info|drop|warn|error),\s*"((?:[^"\\]|\\.)*)"\)', re.M)


def main():
    offences = []
    text = re.sub(r",\s*\n\s*", ", ", sources.read("core/border/counters.def"))
    counters = LINE.findall(text)
    written = len(re.findall(r"(?m)^COUNTER\(", text))
    if written != len(counters):
        offences.append(f"core/border/counters.def:1: {written - len(counters)} lines do not have the form "
                        "COUNTER(Stage, Name, unit, severity, \"help\")")
    code = "\n".join(sources.read(path) for path in sources.files(".cc", ".h")
                     if path.startswith(("core/", "controlplane/", "gateway/", "tools/", "dataplane/")))
    seen = set()
    for stage, name, _, _, text in counters:
        if (stage, name) in seen:
            offences.append(f"core/border/counters.def:1: {stage} {name} is declared twice")
        seen.add((stage, name))
        if len(text) < 10:
            offences.append(f"core/border/counters.def:1: {stage} {name} has no help")
        if not re.search(rf"\bk{stage}{name}\b", code):
            offences.append(f"core/border/counters.def:1: {stage} {name} is never counted")
    sources.finish(offences, f"{len(counters)} counters")


main()
