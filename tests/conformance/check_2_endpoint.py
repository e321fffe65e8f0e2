"""The gateway as an endpoint: its own announces, path requests and messages with a live peer."""
import time

from peers import Peer, expect, free_port, gateway


class Scene:
    pass


def scene(world):
    s = Scene()
    port = free_port()
    s.gateway = gateway(world, [{"kind": "tcp_server", "port": port}])
    s.peer = Peer(world, "peer", [{"kind": "tcp_client", "port": port}]).ready()
    s.gateway.ready(2)
    time.sleep(1)
    return s


def announce_ours(s):
    s.gateway.announce()
    heard = s.peer.wait_heard(hash=s.gateway.lxmf_address(), timeout=15)
    expect(heard["took"] is not None, "our announce did not arrive")
    path = s.peer.wait_path(hash=s.gateway.lxmf_address(), timeout=5)
    expect(path["hops"] == 1, f"path is {path['hops']} hops, not 1")
    return f"heard after {heard['took']:.2f} s, 1 hop"


def announce_theirs(s):
    s.peer.announce(which="lxmf")
    took = s.gateway.knows_path(s.peer.lxmf)
    expect(took is not None, "their announce did not give us a path")
    return f"path after {took:.2f} s"


def path_request_ours(s):
    took = s.gateway.request_path(s.peer.lxmf)
    expect(took is not None, "no answer to our path request")
    return f"answered in {took:.2f} s"


def path_request_theirs(s):
    s.peer.drop_path(hash=s.gateway.lxmf_address())
    found = s.peer.wait_path(hash=s.gateway.lxmf_address(), timeout=20, request=True)
    expect(found["took"] is not None, "their path request was not answered")
    expect(found["hops"] == 1, f"path is {found['hops']} hops, not 1")
    return f"answered in {found['took']:.2f} s"


def to_us(s, method, words):
    content = f"{method} to the gateway {time.time()}" + " word" * words
    result = s.peer.lxmf_send(hash=s.gateway.lxmf_address(), title="Hello", content=content,
                              method=method, timeout=45)
    expect(result["delivered"], f"not proved, state {result['state']}")
    got = s.gateway.received(content)
    expect(got is not None, "proved, but the message is not in the list")
    expect(got["verified"], "signature not verified")
    expect(got["title"] == "Hello", f"title is {got['title']!r}")
    return f"{len(content)} characters, proved after {result['took']:.2f} s"


def from_us(s, words):
    content = f"from the gateway {time.time()}" + " word" * words
    result = s.gateway.send_message(s.peer.lxmf, "Hello", content)
    expect(result["delivered"], f"not delivered: {result}")
    got = s.peer.lxmf_received(content=content, timeout=5)["messages"]
    expect(len(got) == 1, f"{len(got)} copies arrived")
    expect(got[0]["verified"], "their side does not verify our signature")
    expect(got[0]["title"] == "Hello", f"title is {got[0]['title']!r}")
    return f"{len(content)} characters, {result['method']}, proved after {result['took']:.2f} s"


def unicode_both(s):
    content = f"Grüße, 你好, 🛰 {time.time()}"
    expect(s.gateway.send_message(s.peer.lxmf, "Ünï", content)["delivered"], "ours not delivered")
    got = s.peer.lxmf_received(content=content, timeout=5)["messages"]
    expect(got and got[0]["title"] == "Ünï", "our text arrived changed")
    content += " back"
    expect(s.peer.lxmf_send(hash=s.gateway.lxmf_address(), title="Ünï", content=content)["delivered"],
           "theirs not delivered")
    got = s.gateway.received(content)
    expect(got is not None and got["title"] == "Ünï", "their text arrived changed")
    return "same text both ways"


CHECKS = [
    ("announce of ours", announce_ours),
    ("announce of theirs gives us a path", announce_theirs),
    ("path request of ours", path_request_ours),
    ("path request of theirs for us", path_request_theirs),
    ("opportunistic message to us", lambda s: to_us(s, "opportunistic", 0)),
    ("opportunistic message from us", lambda s: from_us(s, 0)),
    ("message over a link to us", lambda s: to_us(s, "direct", 40)),
    ("message over a link from us", lambda s: from_us(s, 80)),
    ("message as resource to us", lambda s: to_us(s, "direct", 2000)),
    ("message as resource from us", lambda s: from_us(s, 2000)),
    ("any language both ways", unicode_both),
]
