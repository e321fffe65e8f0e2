#!/usr/bin/env python3
"""Does the daemon survive strangers? A real mehrd with every kind of interface (TCP server, TCP client, a
protected TCP server, UDP, and a radio that is a modem played by this script) gets mutated packets,
then plain noise, from a seed. Afterwards it must be alive and small, every frame must have an
outcome, and an honest announce must still be learned and relayed.

Arguments: build folder, number of frames, seed."""
import hashlib
import json
import os
import pty
import random
import re
import socket
import sys
import threading
import time
import tty

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "conformance"))
sys.dont_write_bytecode = True

from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402

from peers import CheckFailed, Gateway, World, expect, free_port, wait_until  # noqa: E402

VECTORS = os.path.join(HERE, "..", "vectors", "reticulum")
MAX_GROWTH_MIB = 96


def hdlc(packet):
    return b"\x7e" + packet.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e") + b"\x7e"


def kiss(command, payload):
    return b"\xc0" + bytes([command]) + payload.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


class Samples:
    """Real packets from the vectors, and what a hostile neighbour makes of them."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        found = set()
        for name in ("packets", "announces", "transport_transcripts", "links", "path", "proofs"):
            with open(os.path.join(VECTORS, name + ".json"), encoding="utf-8") as file:
                found |= set(re.findall(r'"((?:[0-9a-f]{2}){19,508})"', file.read()))
        self.packets = [bytes.fromhex(text) for text in sorted(found)]
        self.ours = []  # the daemon's own addresses: packets for them go deepest

    def packet(self):
        r = self.random
        raw = bytearray(r.choice(self.packets))
        for _ in range(r.choice((1, 1, 2, 5))):
            if len(raw) < 20:
                raw += r.randbytes(20)
            way = r.randrange(10)
            if way <= 2:
                raw[r.randrange(2, len(raw))] ^= 1 << r.randrange(8)
            elif way == 3:
                del raw[r.randrange(1, len(raw) + 1):]
            elif way == 4:
                raw += r.randbytes(r.randrange(64))
            elif way == 5:
                raw[1] = r.choice((0, 0, 1, 2, 3, 127, 128, 255))
            elif way == 6:
                raw[0] ^= 1 << r.randrange(8)
            elif way == 7:
                other = r.choice(self.packets)
                cut = r.randrange(min(len(raw), len(other)))
                raw[cut:] = other[cut:]
            elif way == 8 and self.ours:
                at = r.choice((2, 2, 18))
                raw[at:at + 16] = r.choice(self.ours)
            else:
                raw = bytearray(r.randbytes(r.randrange(20, 500)))
        if len(raw) < 20:
            raw += r.randbytes(20)
        return bytes(raw[:500])


def honest_announce():
    """A fresh identity's announce as any client sends it."""
    key = Ed25519PrivateKey.generate()
    public = os.urandom(32) + key.public_key().public_bytes(serialization.Encoding.Raw,
                                                           serialization.PublicFormat.Raw)
    name = hashlib.sha256(b"smoke.honest").digest()[:10]
    destination = hashlib.sha256(name + hashlib.sha256(public).digest()[:16]).digest()[:16]
    stamp = os.urandom(5) + int(time.time()).to_bytes(5, "big")
    signature = key.sign(destination + public + name + stamp + b"honest")
    return destination, b"\x01\x00" + destination + b"\x00" + public + name + stamp + signature + b"honest"


class Wire:
    """One TCP connection to the daemon; a thread reads what it sends so that it never has to wait."""

    def __init__(self, connection):
        self.connection, self.heard = connection, b""
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            while data := self.connection.recv(1 << 16):
                self.heard = (self.heard + data)[-(1 << 20):]
        except OSError:
            pass

    def send(self, data):
        self.connection.sendall(data)


class Modem:
    """An RNode on a pty that agrees to everything asked of it."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.master)
        tty.setraw(self.slave)
        self.device = os.ttyname(self.slave)
        self.lock = threading.Lock()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        buffer = b""
        fixed = {0x08: b"\x46", 0x50: b"\x01\x56", 0x48: b"\x80", 0x49: b"\x81"}
        while True:
            try:
                buffer += os.read(self.master, 4096)
            except OSError:
                return
            *frames, buffer = buffer.split(b"\xc0")
            for frame in frames:
                if not frame or frame[0] == 0x00:
                    continue
                payload = frame[1:].replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
                if frame[0] in fixed:
                    self.send(kiss(frame[0], fixed[frame[0]]))
                elif frame[0] in (1, 2, 3, 4, 5, 6, 0x0B, 0x0C):
                    self.send(kiss(frame[0], payload))

    def send(self, data):
        with self.lock:
            view = memoryview(data)
            while view:
                view = view[os.write(self.master, view):]


class Scene:
    def __init__(self, world, seed):
        self.samples = Samples(seed)
        self.modem = Modem()
        listener = socket.create_server(("127.0.0.1", 0))
        self.open_port, self.closed_port = free_port(), free_port()
        self.udp_port, self.udp_back = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM)
        self.gateway = Gateway(world, [
            {"kind": "tcp_server", "port": self.open_port},
            {"kind": "tcp_server", "port": self.closed_port, "network_name": "smoke", "passphrase": "secret"},
            {"kind": "tcp_client", "port": listener.getsockname()[1]},
            {"kind": "udp", "port": self.udp_port, "forward": self.udp_back},
            {"kind": "rnode", "device": self.modem.device}])
        listener.settimeout(20)
        self.uplink = Wire(listener.accept()[0])
        self.open, self.closed = self.dial(self.open_port), self.dial(self.closed_port)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.gateway.ready(7)
        status = self.gateway.ask("status")
        self.samples.ours = [bytes.fromhex(text) for text in
                             [status["identity_hash"]] + [row["hash"] for row in status["destinations"]]]

    @staticmethod
    def dial(port):
        return Wire(socket.create_connection(("127.0.0.1", port)))

    def mutated(self, count):
        """Well framed, hostile inside; a fifth to each interface."""
        for index in range(count):
            packet = self.samples.packet()
            which = index % 5
            if which == 0:
                self.open.send(hdlc(packet))
            elif which == 1:
                self.closed.send(hdlc(packet))
            elif which == 2:
                self.uplink.send(hdlc(packet))
            elif which == 3:
                self.udp.sendto(packet, ("127.0.0.1", self.udp_port))
            else:
                self.modem.send(kiss(0, packet))
            if index % 500 == 499:
                time.sleep(0.02)  # or the datagrams of this slice only fill the kernel's buffer

    def noise(self, count):
        """Not even framed: random streams, cut connections, a modem that talks nonsense."""
        r = self.samples.random
        for _ in range(count):
            wire = self.dial(r.choice((self.open_port, self.closed_port)))
            try:
                for _ in range(r.randrange(1, 8)):
                    wire.send(r.randbytes(r.randrange(1, 3000)))
            except OSError:
                pass  # the daemon may hang up on nonsense
            wire.connection.close()
            self.modem.send(r.randbytes(r.randrange(1, 600)))
            self.modem.send(kiss(r.randrange(256), r.randbytes(r.randrange(40))))
            self.udp.sendto(r.randbytes(r.randrange(2000)), ("127.0.0.1", self.udp_port))


def rss_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def counters(gateway):
    return {(row["stage"], row["name"]): row for row in gateway.ask("stats")["counters"]}


def settled(gateway):
    """Counters once the daemon has eaten what was sent."""
    last = {}

    def quiet():
        nonlocal last
        now = {key: row["value"] for key, row in counters(gateway).items() if key[0] in ("rx", "packet")}
        same, last = now == last, now
        return same
    expect(wait_until(quiet, 60, step=0.3) is not None, "the daemon does not come to rest")
    return counters(gateway)


def balanced(table):
    """Frames received; fails unless every frame and every packet has exactly one outcome."""
    def total(stages):
        return sum(row["value"] for (stage, name), row in table.items()
                   if stage in stages and row["unit"] == "packets" and (stage, name) != ("packet", "received"))
    frames = table[("rx", "frames")]["value"]
    refused = total(("access",))
    packets = table[("packet", "received")]["value"]
    again = table[("announce", "released")]["value"]
    expect(frames == refused + packets - again,
           f"{frames} frames, but {refused} refused by access codes and {packets} - {again} packets")
    outcomes = total(("packet", "announce", "path", "request", "data", "proof", "link", "tunnel"))
    expect(packets == outcomes, f"{packets} packets, but {outcomes} outcomes")
    return frames


def check(scene, frames, sanitized):
    gateway, pid = scene.gateway, scene.gateway.process.child.pid
    scene.mutated(frames // 10)
    settled(gateway)
    before = rss_mib(pid)
    began = time.time()
    scene.mutated(frames - frames // 10)
    after = settled(gateway)
    took = time.time() - began
    grown = rss_mib(pid) - before
    received = balanced(after)
    print(f"{frames} frames sent, {received} received, each with one outcome, {took:.1f} s")
    for (stage, name), row in after.items():
        if row["severity"] == "drop" and row["value"]:
            print(f"  {stage} {name}: {row['value']}")
    print(f"memory grew by {grown:.1f} MiB to {rss_mib(pid):.1f} MiB")
    expect(received >= 0.95 * frames, f"only {received} of {frames} frames were seen")
    # A sanitizer keeps freed memory aside; growth says nothing there.
    expect(sanitized or grown < MAX_GROWTH_MIB, f"memory grew by {grown:.1f} MiB, more than {MAX_GROWTH_MIB}")
    scene.noise(100)
    expect(gateway.process.alive(), "mehrd died of noise")
    expect(wait_until(lambda: gateway.interfaces_up() >= 7, 60, step=0.5) is not None,
           "not every interface came back after noise")
    destination, raw = honest_announce()
    fresh = scene.dial(scene.open_port)
    fresh.send(hdlc(raw))
    expect(gateway.knows_path(destination.hex()) is not None, "an honest announce is not learned any more")
    took = wait_until(lambda: destination in scene.uplink.heard.replace(b"\x7d\x5e", b"\x7e").replace(
        b"\x7d\x5d", b"\x7d"), 30)
    expect(took is not None, "an honest announce is not relayed any more")
    print(f"honest announce learned, relayed after {took:.2f} s")


def main():
    build, frames, seed = os.path.abspath(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    print(f"seed {seed}")
    with open(os.path.join(build, "meson-info", "intro-buildoptions.json"), encoding="utf-8") as file:
        sanitized = next(row["value"] for row in json.load(file) if row["name"] == "b_sanitize") != "none"
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"
    world = World("", "", build, "mehr")
    try:
        check(Scene(world, seed), frames, sanitized)
        return 0
    except CheckFailed as failure:
        print(world.logs())
        print(f"failed: {failure}")
        return 1
    finally:
        world.end_all()


sys.exit(main())
