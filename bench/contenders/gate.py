"""Is this tree as fast as another commit? Both programs take turns on one core, each measured against ipsec-mb; a figure
is the median of the ratios of neighbouring runs. Fails below 0.97. Called by bench/run gate."""

import argparse
import pathlib
import statistics
import subprocess
import sys

LOWEST = 0.97
LOADS = [("link", 64), ("link", 484), ("link", 1500), ("single", 128), ("coalesced", 64)]


def speed(program, core, load, size):
    """Of a packet, ipsec-mb's seal being 1."""
    out = subprocess.run(
        ["taskset", "-c", str(core), program, "--load", load, "--bytes", str(size), "--rounds", "12"],
        capture_output=True, text=True, check=False,
    )
    rows = [line.split() for line in out.stdout.splitlines() if line.startswith(load)]
    if out.returncode != 0 or not rows or len(rows[0]) < 9:
        raise SystemExit(f"{program} says:\n{out.stdout}{out.stderr}(without ipsec-mb there is nothing to compare with)")
    return float(rows[0][7])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--now", required=True, type=pathlib.Path)
    parser.add_argument("--before", required=True, type=pathlib.Path)
    parser.add_argument("--core", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    worst = 10.0
    for load, size in LOADS:
        ratios = []
        for turn in range(options.rounds):
            # Whoever goes first changes from turn to turn.
            pair = [options.before, options.now] if turn % 2 == 0 else [options.now, options.before]
            speeds = {program: speed(program, options.core, load, size) for program in pair}
            ratios.append(speeds[options.now] / speeds[options.before])
        middle = statistics.median(ratios)
        worst = min(worst, middle)
        print(f"{load:9} {size:5}  {middle:.3f}  {min(ratios):.3f}..{max(ratios):.3f}", flush=True)
    print(f"slowest {worst:.3f}, allowed {LOWEST}")
    sys.exit(0 if worst >= LOWEST else 1)


main()
