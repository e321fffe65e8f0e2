"""Programs on the gateway's host that use it as their shared instance: with each other, with somebody beyond
the gateway, and the reference's own tools."""
import os
import subprocess
import time

from check_1_forwarding import link, message, packet
from peers import PYTHON, Peer, expect, free_port, gateway


class Scene:
    pass


def scene(world):
    s = Scene()
    port, instance = free_port(), f"mehr-conformance-{os.getpid()}"
    s.world = world
    s.gateway = gateway(world, [{"kind": "tcp_server", "port": port}, {"kind": "local", "instance": instance}])
    s.gateway.ready(2)
    s.a = Peer(world, "a", [{"kind": "local", "instance": instance}]).ready()
    s.b = Peer(world, "b", [{"kind": "local", "instance": instance}]).ready()
    s.far = Peer(world, "far", [{"kind": "tcp_client", "port": port}]).ready()
    time.sleep(1)
    return s


def announce(s, sender, receiver, which, hops):
    hash = sender.echo if which == "echo" else sender.lxmf
    sender.announce(which=which)
    heard = receiver.wait_heard(hash=hash, timeout=30)
    expect(heard["took"] is not None, f"{sender.name}'s announce did not arrive")
    path = receiver.wait_path(hash=hash, timeout=5)
    expect(path["hops"] == hops, f"path is {path['hops']} hops, not {hops}")
    return f"heard after {heard['took']:.2f} s, {hops} hops"


def tool(s, *words):
    env = dict(os.environ, PYTHONPATH=s.world.reticulum, PYTHONDONTWRITEBYTECODE="1", HOME=s.a.folder)
    done = subprocess.run([PYTHON, "-m", f"RNS.Utilities.{words[0]}", "--config", s.a.folder, *words[1:]], env=env,
                          capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    expect(done.returncode == 0, f"{words[0]}: exit code {done.returncode}: {(done.stdout + done.stderr)[-300:]}")
    return done.stdout


def status(s):
    said = tool(s, "rnstatus")
    expect("Serving" in said and "Transport Instance" in said, f"rnstatus says {said[-300:]}")
    return "rnstatus lists the interfaces"


def paths(s):
    said = tool(s, "rnpath", "-t")
    expect(s.far.echo in said and s.b.echo in said, f"rnpath says {said[-300:]}")
    return f"rnpath knows {said.count(' via ')} paths"


CHECKS = [
    ("program: announce to a program", lambda s: announce(s, s.a, s.b, "echo", 0)),
    ("program: announce back", lambda s: announce(s, s.b, s.a, "echo", 0)),
    ("program: announce outwards", lambda s: announce(s, s.a, s.far, "lxmf", 1)),
    ("program: announce from outside", lambda s: announce(s, s.far, s.a, "echo", 1)),
    ("program: announce of messages", lambda s: announce(s, s.far, s.a, "lxmf", 1)),
    ("program: packet to a program", lambda s: packet(s, s.a, s.b)),
    ("program: packet outwards", lambda s: packet(s, s.a, s.far)),
    ("program: link to a program", lambda s: link(s, s.a, s.b)),
    ("program: link outwards", lambda s: link(s, s.a, s.far)),
    ("program: message outwards", lambda s: message(s, s.a, s.far, "direct")),
    ("program: message inwards", lambda s: message(s, s.far, s.a, "direct")),
    ("program: rnstatus", status),
    ("program: rnpath", paths),
]
