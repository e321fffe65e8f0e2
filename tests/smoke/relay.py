#!/usr/bin/env python3
"""A UDP relay that impairs what passes: loss, duplicates, reordering, damage, a size limit, replays.
Seeded: the same datagrams meet the same fate. SIGUSR1 puts the size limit in force, SIGUSR2 sends again
everything clients have sent so far, from another port. Prints at the end what it did."""
import argparse
import heapq
import random
import select
import signal
import socket
import sys
import time


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=address, required=True)
    parser.add_argument("--to", type=address, required=True)
    parser.add_argument("--seed", type=int, default=1)
    for name in ("loss", "duplicate", "reorder", "damage"):
        parser.add_argument("--" + name, type=float, default=0.0)
    parser.add_argument("--limit", type=int, default=0, help="bytes of payload, from SIGUSR1 on")
    options = parser.parse_args()

    chance = random.Random(options.seed)
    state = {"limit": 0, "replay": False, "stop": False}
    signal.signal(signal.SIGUSR1, lambda *_: state.update(limit=options.limit))
    signal.signal(signal.SIGUSR2, lambda *_: state.update(replay=True))
    signal.signal(signal.SIGTERM, lambda *_: state.update(stop=True))

    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind(options.listen)
    back, client_of = {}, {}  # client -> socket towards the server, and back
    late = []  # (when, number, socket, data, where)
    heard = []
    count = dict.fromkeys(("passed", "lost", "duplicated", "delayed", "damaged", "too_big", "replayed"), 0)
    number = 0
    print("ready", flush=True)

    def send(sock, data, where):
        try:
            sock.sendto(data, where)
        except OSError:
            pass  # as a network does

    def carry(sock, data, where):
        nonlocal number
        if state["limit"] and len(data) > state["limit"]:
            count["too_big"] += 1
            return
        if chance.random() < options.loss:
            count["lost"] += 1
            return
        if chance.random() < options.damage:
            at = chance.randrange(len(data))
            data = data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1:]
            count["damaged"] += 1
        copies = 2 if chance.random() < options.duplicate else 1
        count["duplicated"] += copies - 1
        for _ in range(copies):
            number += 1
            if chance.random() < options.reorder:
                count["delayed"] += 1
                heapq.heappush(late, (time.monotonic() + 0.005 + chance.random() * 0.02, number, sock, data, where))
            else:
                count["passed"] += 1
                send(sock, data, where)

    while not state["stop"]:
        wait = max(0.0, min(0.1, late[0][0] - time.monotonic())) if late else 0.1
        ready, _, _ = select.select([front, *client_of], [], [], wait)
        while late and late[0][0] <= time.monotonic():
            send(*heapq.heappop(late)[2:])
        if state["replay"]:
            state["replay"] = False
            other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for data in heard:
                send(other, data, options.to)
                count["replayed"] += 1
        for sock in ready:
            try:
                data, source = sock.recvfrom(65535)
            except OSError:
                continue
            if sock is not front:
                carry(front, data, client_of[sock])
                continue
            heard.append(data)
            del heard[:-10000]
            if source not in back:
                back[source] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                client_of[back[source]] = source
            carry(back[source], data, options.to)
    print(" ".join(f"{name}={value}" for name, value in count.items()), flush=True)
    return 0


sys.exit(main())
