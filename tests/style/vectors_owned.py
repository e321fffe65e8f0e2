#!/usr/bin/env python3
"""Every list of every vector file has an owner: a unit test that names both the file and the list.
owners.txt says which, or "nobody: reason"; the owner itself fails when it ran fewer vectors than the list holds."""
import json
import os
import sys

import sources

FOLDER = "tests/vectors/reticulum"
NOT_LISTS = {"transport_identity"}  # one value, used by the lists beside it


def main():
    offences, owners = [], {}
    for line in sources.read("tests/style/owners.txt").splitlines():
        if line.strip() and not line.startswith("#"):
            name, part, owner = line.split(None, 2)
            owners[(name, part)] = owner
    wanted, vectors = set(), 0
    for path in sources.files(".json"):
        if not path.startswith(FOLDER + "/"):
            continue
        name = os.path.basename(path)
        for part, content in json.loads(sources.read(path)).items():
            if part in NOT_LISTS or not isinstance(content, (list, dict)):
                continue
            wanted.add((name, part))
            vectors += len(content)
            owner = owners.get((name, part))
            if owner is None:
                offences.append(f"{path}: {part} has no owner in tests/style/owners.txt")
            elif owner.startswith("nobody: "):
                continue
            elif not os.path.exists(os.path.join(sources.ROOT, owner)):
                offences.append(f"tests/style/owners.txt: {owner} does not exist")
            else:
                code = sources.read(owner)
                if f'"{name}"' not in code and f'"{name[:-5]}"' not in code:
                    offences.append(f"{owner}: does not read {name}")
                if f'"{part}"' not in code:
                    offences.append(f"{owner}: does not run {part} of {name}")
    for name, part in sorted(owners.keys() - wanted):
        offences.append(f"tests/style/owners.txt: {name} has no {part}")
    sources.finish(offences, f"{len(wanted)} lists with {vectors} entries")


if __name__ == "__main__":
    sys.exit(main())
