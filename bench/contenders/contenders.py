"""The dataplane beside ipsec-secgw and ipsec-mb on one core, in turns: a round is ours, theirs, ours. ipsec-mb's seal of
the same size is 1.00; a figure is the median of the rounds. Called by bench/run contenders."""

import argparse
import contextlib
import pathlib
import statistics
import subprocess
import sys

import ipsec_secgw

HUGE = pathlib.Path("/proc/sys/vm/nr_hugepages")
NEEDED = 320  # of 2 MiB


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forward", required=True, type=pathlib.Path, help="the program bench/load/forward")
    parser.add_argument("--folder", required=True, type=pathlib.Path, help="where the contender is built")
    parser.add_argument("--core", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.7, help="of ipsec-secgw in each direction")
    parser.add_argument("--bytes", type=int, nargs="+", default=[64, 128, 484, 1500, 4096])
    return parser.parse_args()


@contextlib.contextmanager
def huge_pages(folder):
    """Enough of them, and where programs look for them; as it was afterwards."""
    before = int(HUGE.read_text())
    mounted = "hugetlbfs" in pathlib.Path("/proc/mounts").read_text()
    mount = folder / "huge"
    try:
        if before < NEEDED:
            HUGE.write_text(str(NEEDED))
        if int(HUGE.read_text()) < NEEDED:
            raise SystemExit(f"only {HUGE.read_text().strip()} huge pages of 2 MiB to be had, {NEEDED} needed")
        if not mounted:
            mount.mkdir(exist_ok=True)
            subprocess.run(["mount", "-t", "hugetlbfs", "nodev", mount], check=True)
        yield
    except PermissionError:
        raise SystemExit("ipsec-secgw needs huge pages, and they need root: run this with sudo") from None
    finally:
        if not mounted:
            subprocess.run(["umount", mount], check=False)
        if before < NEEDED:
            with contextlib.suppress(PermissionError):
                HUGE.write_text(str(before))


def hertz():
    """Of the time stamp counter."""
    lines = subprocess.run(["dmesg"], capture_output=True, text=True, check=False).stdout.splitlines()
    for line in reversed(lines):
        if "tsc:" in line.lower() and "MHz" in line:
            return float(line.split("MHz")[0].split()[-1]) * 1e6
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("bogomips"):
            return float(line.split(":")[1]) * 1e6 / 2
    raise SystemExit("nobody says how fast the time stamp counter is")


def forward(program, core, load, size, rounds=12):
    """Ours: (ratio to ipsec-mb, cycles of ipsec-mb)."""
    out = subprocess.run(
        ["taskset", "-c", str(core), program, "--load", load, "--bytes", str(size), "--rounds", str(rounds)],
        capture_output=True, text=True, check=False,
    )
    rows = [line.split() for line in out.stdout.splitlines() if line.startswith(load)]
    if out.returncode != 0 or not rows or len(rows[0]) < 9:
        raise SystemExit(f"{program} says:\n{out.stdout}{out.stderr}(without ipsec-mb there is nothing to compare with)")
    return float(rows[0][7]), float(rows[0][6])


def main():
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    program = ipsec_secgw.build(options.folder)
    ticks = hertz()
    print(f"{'bytes':>5}  {'ipsec-secgw':>11}  {'ours':>5}  {'single':>6}  {'ours to it':>10}   Mpps a CPU second: "
          "secgw out, in, both; ipsec-mb")
    with huge_pages(options.folder):
        for size in options.bytes:
            ipsec_secgw.prepare(program, options.folder, options.core, size)
            theirs, ours, single, times, rates = [], [], [], [], []
            for _ in range(options.rounds):
                first, cycles_first = forward(options.forward, options.core, "link", size)
                out, inwards, both = ipsec_secgw.measure(
                    program, options.folder, options.core, size, options.seconds)
                last, cycles_last = forward(options.forward, options.core, "link", size)
                reference = ticks / ((cycles_first + cycles_last) / 2)
                ours += [first, last]
                theirs.append(both / reference)
                times.append((first + last) / 2 / theirs[-1])
                rates.append((out, inwards, both, reference))
                if size <= 484:
                    single.append(forward(options.forward, options.core, "single", size)[0])
                print(f"\r{size:5}  round {len(theirs)} of {options.rounds}", end="", file=sys.stderr, flush=True)
            print("\r" + " " * 30 + "\r", end="", file=sys.stderr, flush=True)
            middle = [statistics.median(rate[i] for rate in rates) / 1e6 for i in range(4)]
            alone = f"{statistics.median(single):6.2f}" if single else "     -"
            print(f"{size:5}  {statistics.median(theirs):11.2f}  {statistics.median(ours):5.2f}  {alone}  "
                  f"{statistics.median(times):9.1f}x   {middle[0]:.2f} {middle[1]:.2f} {middle[2]:.2f}; {middle[3]:.2f}",
                  flush=True)


main()
