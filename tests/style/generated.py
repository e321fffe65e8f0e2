#!/usr/bin/env python3
"""What is made from the lists of metrics is what the maker makes: deploy/prometheus/generate --check."""
import os
import subprocess

import sources


def main():
    maker = os.path.join(sources.ROOT, "deploy/prometheus/generate")
    done = subprocess.run([maker, "--check"], capture_output=True, text=True, check=False)
    offences = done.stdout.splitlines() + done.stderr.splitlines()
    if done.returncode and not offences:
        offences = ["deploy/prometheus/generate:1: fails"]
    sources.finish(offences, "2 files")


main()
