"""Access codes: the right name and passphrase get in, wrong ones and none do not."""
import time

from peers import Peer, expect, free_port, gateway

CODE = {"network_name": "conformance", "passphrase": "right"}


class Scene:
    pass


def scene(world):
    s = Scene()
    port = free_port()
    s.gateway = gateway(world, [{"kind": "tcp_server", "port": port, **CODE}])

    def peer(name, **code):
        return Peer(world, name, [{"kind": "tcp_client", "port": port, **code}]).ready()
    s.right, s.second = peer("right", **CODE), peer("second", **CODE)
    s.wrong = peer("wrong", network_name="conformance", passphrase="wrong")
    s.none = peer("none")
    time.sleep(1)
    return s


def right(s):
    s.right.announce()
    heard = s.second.wait_heard(hash=s.right.echo, timeout=15)
    expect(heard["took"] is not None, "announce with the right code was not relayed")
    result = s.second.send_packet(hash=s.right.echo)
    expect(result["proved"], "packet with the right code not proved")
    return f"announce after {heard['took']:.2f} s, packet rtt {result['rtt'] * 1000:.1f} ms"


def shut_out(s, outsider):
    outsider.announce()
    took = s.right.wait_heard(hash=outsider.echo, timeout=6)["took"]
    expect(took is None, "an announce without the right code got in")
    expect(not s.gateway_knows(outsider.echo), "the gateway learned a path")
    expect(not outsider.heard(hash=s.right.echo)["times"], "an announce got out to it")
    return "nothing in, nothing out in 6 s"


Scene.gateway_knows = lambda s, hash: s.gateway.knows_path(hash, timeout=0.5) is not None

CHECKS = [
    ("access code: right", right),
    ("access code: wrong", lambda s: shut_out(s, s.wrong)),
    ("access code: none", lambda s: shut_out(s, s.none)),
]
