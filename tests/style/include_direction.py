#!/usr/bin/env python3
"""Includes point one way: which folder may include which, which library belongs to one folder, and
what the pure folders must not touch at all."""
import os
import re

import sources

CORE = ["core/base", "core/wire", "core/crypto", "core/border", "core/config", "core/api"]
CONTROLPLANE = ["controlplane/" + name for name in
                ("reactor", "routing", "signer", "link", "neighbour", "endpoint", "interface", "store", "admin", "metrics", "log", "notify", "accelerator", "daemon")]

# folder -> folders it may include from, itself apart. "controlplane" is the daemon's assembly.
ALLOWED = {
    "core/base": [],
    "core/wire": ["core/base"],
    "core/crypto": ["core/base", "core/wire"],
    "core/border": ["core/base", "core/wire"],
    "core/config": ["core/base"],
    "core/api": ["core/base", "core/border"],
    "controlplane/reactor": ["core/base"],
    "controlplane/signer": ["core/base", "core/wire", "core/crypto"],
    "controlplane/routing": ["core/base", "core/wire", "core/crypto", "core/border"],
    "controlplane/link": ["core/base", "core/wire", "core/crypto", "core/border",
                          "controlplane/signer"],
    "controlplane/neighbour": ["core/base", "core/wire", "core/crypto", "core/border",
                               "controlplane/link", "controlplane/routing", "controlplane/signer"],
    "controlplane/endpoint": ["core/base", "core/wire", "core/crypto", "core/border",
                              "controlplane/routing", "controlplane/signer"],
    "controlplane/interface": ["core/base", "core/wire", "core/crypto", "core/border",
                               "core/config", "controlplane/endpoint", "controlplane/link",
                               "controlplane/neighbour", "controlplane/reactor",
                               "controlplane/routing"],
    "controlplane/store": ["core/base", "core/wire", "core/crypto", "core/border",
                           "controlplane/endpoint", "controlplane/neighbour", "controlplane/routing",
                           "controlplane/signer"],
    "controlplane/accelerator": ["core/base", "core/wire", "core/border", "controlplane/link",
                                 "controlplane/neighbour", "controlplane/reactor",
                                 "controlplane/routing"],
    "controlplane/log": ["core/base"],
    "controlplane/notify": ["core/base"],
    "controlplane/metrics": ["core/base", "core/border", "core/config", "core/api", "controlplane/reactor"],
    "controlplane/admin": CORE + CONTROLPLANE,
    "controlplane/daemon": CORE + CONTROLPLANE + ["controlplane"],
    "controlplane": CORE + CONTROLPLANE,
    "dataplane": CORE + ["dataplane"],
    "gateway": CORE + CONTROLPLANE + ["controlplane", "dataplane"],
    "tools": CORE + CONTROLPLANE + ["dataplane/port"],
    "tools/mehr-radio": CORE + CONTROLPLANE,
    "tools/mehr-sim": CORE + CONTROLPLANE + ["tools/mehr-radio"],
}

# library header -> the only folders that may include it (tests may include anything)
OWNED = {
    r"liburing": ["controlplane/reactor"],
    r"sqlite3": ["controlplane/store"],
    r"openssl/": ["core/crypto"],
    r"sodium": ["core/base", "core/crypto", "controlplane/store"],
    r"toml\+\+|toml\.hpp": ["core/config", "tools/mehr-sim"],
    r"bzlib": ["controlplane/endpoint", "core/wire"],
    r"CLI/": ["tools", "tools/mehr-radio", "tools/mehr-sim", "gateway", "controlplane", "dataplane"],
    r"rte_|bpf/|libmnl": ["dataplane"],
    r"spdlog/": ["controlplane/log"],
    r"flatbuffers/": ["core/api", "controlplane/admin", "tools"],
    r"benchmark/": ["bench"],
}

PURE = ["core/", "controlplane/routing/", "controlplane/endpoint/", "controlplane/signer/",
        "controlplane/link/", "controlplane/neighbour/"]
PURE_EXCEPT = {"core/config/load.cc", "core/config/load.h"}  # reads the one file it is named for
IMPURE_INCLUDE = re.compile(
    r"<(unistd\.h|sys/(socket|types|stat|mman|epoll|time|un|random)\.h|netinet/.*|arpa/.*|fcntl\.h|poll\.h|"
    r"fstream|thread|mutex|condition_variable|future|filesystem|ctime|time\.h|signal\.h|csignal|iostream)>")
IMPURE_CODE = re.compile(
    r"system_clock::now|steady_clock::now|high_resolution_clock|random_device|\b(?:std::)?s?rand\(|"
    r"(?<![\w.>:])time\((?:0|NULL|nullptr|&)|\bgetenv\(|\bgetrandom\(|randombytes_|RAND_bytes|\bfopen\(|"
    r"\bstd::(?:thread|jthread|mutex|async)\b|\bclock_gettime\(|\bgettimeofday\(")


def folder_of(path):
    """The folder whose rule applies: the longest known prefix."""
    parts = path.split("/")[:-1]
    while parts and "/".join(parts) not in ALLOWED:
        parts.pop()
    return "/".join(parts)


def check(path, offences):
    text = sources.read(path)
    folder = folder_of(path)
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path}:{number}"
        ours = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        theirs = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        if ours:
            target = ours.group(1)
            if "/" not in target:
                offences.append(f"{where}: include paths start at the repository root: {target}")
                continue
            to = folder_of(target)
            same = to == folder and (folder != "tools" or tool_of(path) == tool_of(target))
            if not same and to not in ALLOWED.get(folder, []):
                offences.append(f"{where}: {folder or path} may not include {target}")
        if theirs:
            for library, owners in OWNED.items():
                if re.match(library, theirs.group(1)) and folder not in owners:
                    offences.append(f"{where}: <{theirs.group(1)}> belongs to {', '.join(owners)}")
    if path.startswith(tuple(PURE)) and path not in PURE_EXCEPT:
        for number, line in enumerate(sources.without_comments(text).splitlines(), 1):
            found = IMPURE_INCLUDE.search(line) or IMPURE_CODE.search(line)
            if found:
                offences.append(f"{path}:{number}: pure code may not use {found.group()}")


def tool_of(path):
    """tools/mehr and tools/mehr-radio are programs apart and do not include each other."""
    return "/".join(path.split("/")[:2])


def main():
    offences = []
    paths = [path for path in sources.files(".h", ".cc")
             if path.startswith(("core/", "controlplane/", "dataplane/", "gateway/", "tools/"))]
    for path in paths:
        check(path, offences)
    for path in paths:
        folder = os.path.dirname(path)
        if folder.count("/") and folder_of(path) == "" :
            offences.append(f"{path}:1: {folder} has no rule in ALLOWED")
    sources.finish(offences, f"{len(paths)} files")


main()
