#!/usr/bin/env python3
"""Every parser of outside bytes has a fuzz target, every target is registered and has seeds."""
import os
import re

import sources

# Functions that look like parsers and are not reached by bytes from outside, with the reason.
NOT_OUTSIDE = {
}
DECLARATION = re.compile(r"\b((?:decode|parse)_\w+)\s*\(|\bclass\s+(\w*Decoder)\b")


def main():
    offences = []
    targets = {re.sub(r"^fuzz_|\.cc$", "", os.path.basename(path)): sources.read(path)
               for path in sources.files(".cc") if re.match(r"tests/fuzz/fuzz_\w+\.cc$", path)}
    registered = set(re.findall(r"'([\w-]+)'\s*:", sources.read("tests/fuzz/meson.build")))
    for name in sorted(targets.keys() - registered):
        offences.append(f"tests/fuzz/fuzz_{name}.cc:1: not registered in tests/fuzz/meson.build")
    seeds = {}
    for path in sources.files():
        match = re.match(r"tests/fuzz/corpus/([\w-]+)/", path)
        if match:
            seeds[match.group(1)] = seeds.get(match.group(1), 0) + 1
    for name in sorted(registered):
        if not seeds.get(name):
            offences.append(f"tests/fuzz/corpus/{name}: no seed")
    for name in sorted(seeds.keys() - registered):
        offences.append(f"tests/fuzz/corpus/{name}: seeds without a target")
    fuzzed = "\n".join(targets.values())
    parsers = 0
    for path in sources.files(".h"):
        if not path.startswith(("core/", "controlplane/", "tools/", "dataplane/")):
            continue
        code = sources.without_comments(sources.read(path))
        for number, line in enumerate(code.splitlines(), 1):
            for match in DECLARATION.finditer(line):
                name = match.group(1) or match.group(2)
                parsers += 1
                if name not in NOT_OUTSIDE and not re.search(rf"\b{name}\b", fuzzed):
                    offences.append(f"{path}:{number}: {name} has no fuzz target")
    sources.finish(offences, f"{parsers} parsers, {len(targets)} targets, {sum(seeds.values())} seeds")


main()
