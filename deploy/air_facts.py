#!/usr/bin/env python3
"""What was on the emulated air between two lines of mehr-radio's log: totals, a look at the bytes, and
whether a text can be read in them. Used by deploy/quickstart; prints sentences."""
import argparse
import json
import sys


def frames(path, first, last):
    with open(path, encoding="utf-8") as log:
        lines = log.readlines()
    return [json.loads(line) for line in lines[first:last]]


def totals(found):
    """One line: frames, bytes, airtime, and the share of each radio."""
    parts = []
    for node in sorted({frame["node"] for frame in found}):
        own = [frame for frame in found if frame["node"] == node]
        parts.append(f"{node} {sum(f['bytes'] for f in own)} B in {len(own)}")
    lost = sum(len(frame["lost_at"]) for frame in found)
    line = (f"{len(found)} frames, {sum(f['bytes'] for f in found)} bytes, "
            f"{sum(f['airtime_ms'] for f in found) / 1000:.2f} s of airtime")
    if parts:
        line += f" ({', '.join(parts)})"
    return line + (f"; {lost} receptions lost" if lost else "")


def look(found, rows):
    """The first bytes of the longest frame, as a hexdump."""
    frame = max(found, key=lambda f: f["bytes"])
    data = bytes.fromhex(frame["hex"])
    print(f"{frame['node']} -> air, {frame['bytes']} bytes at {frame['time_s']:.2f} s")
    for start in range(0, min(len(data), rows * 16), 16):
        row = data[start:start + 16]
        text = "".join(chr(b) if 32 <= b < 127 else "." for b in row)
        print(f"  {start:04x}  {row.hex(' '):<47}  {text}")
    if len(data) > rows * 16:
        print(f"  ....  and {len(data) - rows * 16} more")


def readable(found, text):
    """Whether any 8 bytes of the text occur in the clear, also across split frames."""
    wanted = text.encode()
    stream = b"".join(bytes.fromhex(frame["hex"])[1:] for frame in found)
    return any(wanted[i:i + 8] in stream for i in range(max(1, len(wanted) - 7)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log")
    parser.add_argument("first", type=int, help="lines of the log to leave out")
    parser.add_argument("last", type=int, nargs="?", help="line to stop after")
    parser.add_argument("--look", type=int, metavar="ROWS", help="hexdump of the longest frame")
    parser.add_argument("--hidden", metavar="TEXT", help="exit 1 when the text can be read on the air")
    options = parser.parse_args()
    found = frames(options.log, options.first, options.last)
    if options.hidden is not None:
        sys.exit(1 if not found or readable(found, options.hidden) else 0)
    if options.look:
        if not found:
            sys.exit("no frame was on the air")
        look(found, options.look)
    else:
        print(totals(found))


if __name__ == "__main__":
    main()
