"""The gateway between two peers: A dials our TCP server, our TCP client dials B. Announces, paths,
packets with proofs, messages, links and resources of theirs, carried by us."""
import time

from peers import Peer, expect, free_port, gateway


class Scene:
    pass


def scene(world):
    s = Scene()
    ours, theirs = free_port(), free_port()
    s.world = world
    s.b = Peer(world, "b", [{"kind": "tcp_server", "port": theirs}])
    s.gateway = gateway(world, [{"kind": "tcp_server", "port": ours}, {"kind": "tcp_client", "port": theirs}])
    s.a = Peer(world, "a", [{"kind": "tcp_client", "port": ours}])
    s.a.ready()
    s.ours = ours
    s.gateway.ready(2)
    time.sleep(1)
    return s


def announce(s, sender, receiver, which, patience=20):
    hash = sender.echo if which == "echo" else sender.lxmf
    sender.announce(which=which)
    heard = receiver.wait_heard(hash=hash, timeout=patience)
    expect(heard["took"] is not None, f"{sender.name}'s announce did not arrive")
    path = receiver.wait_path(hash=hash, timeout=5)
    expect(path["hops"] == 2, f"path is {path['hops']} hops, not 2")
    return f"heard after {heard['took']:.2f} s, 2 hops"


def packet(s, sender, receiver):
    rtts = []
    for _ in range(10):
        result = sender.send_packet(hash=receiver.echo, timeout=10)
        expect(result["proved"], "no proof for a packet")
        rtts.append(result["rtt"])
    return f"10 of 10 proved, rtt {min(rtts) * 1000:.1f} .. {max(rtts) * 1000:.1f} ms"


def message(s, sender, receiver, method):
    content = f"{method} {time.time()}" + (" long" * 200 if method == "direct" else "")
    result = sender.lxmf_send(hash=receiver.lxmf, title="t", content=content, method=method, timeout=40)
    expect(result["delivered"], f"not delivered, state {result['state']}")
    got = receiver.lxmf_received(content=content, timeout=5)["messages"]
    expect(len(got) == 1, f"{len(got)} copies arrived")
    expect(got[0]["verified"], "signature not verified")
    return f"delivered after {result['took']:.2f} s"


def link(s, sender, receiver):
    opened = sender.link_open(hash=receiver.echo, timeout=20)
    expect(opened["active"], "link not established")
    rtts = []
    for size in (1, 100, 400):
        result = sender.link_send(link=opened["link"], size=size)
        expect(result["proved"], f"link packet of {size} bytes not proved")
        rtts.append(result["rtt"])
    sender.link_close(link=opened["link"])
    return f"opened in {opened['took']:.2f} s, MTU {opened['mtu']}, packet rtt {max(rtts) * 1000:.1f} ms"


def resource(s, sender, receiver, size):
    opened = sender.link_open(hash=receiver.echo, timeout=20)
    expect(opened["active"], "link not established")
    sent = sender.resource_send(link=opened["link"], size=size, timeout=60)
    expect(sent["complete"], "resource not completed")
    expect(receiver.resource_received(sha256=sent["sha256"])["received"], "received bytes differ")
    sender.link_close(link=opened["link"])
    return f"{size} bytes in {sent['took']:.2f} s, {size / sent['took'] / 1024:.0f} KiB/s"


def path_request(s):
    """A newcomer that heard no announce asks, and gets the path from our table."""
    s.b.announce()
    expect(s.a.wait_path(hash=s.b.echo, timeout=15)["took"] is not None, "announce lost")
    late = Peer(s.world, "late", [{"kind": "tcp_client", "port": s.ours}]).ready()
    time.sleep(0.5)
    found = late.wait_path(hash=s.b.echo, timeout=20, request=True)
    expect(found["took"] is not None, "path not found")
    expect(found["hops"] == 2, f"path is {found['hops']} hops, not 2")
    result = late.send_packet(hash=s.b.echo)
    expect(result["proved"], "packet over the path not proved")
    late.stop()
    s.world.running.remove(late)
    return f"answered in {found['took']:.2f} s, packet rtt {result['rtt'] * 1000:.1f} ms"


def quiet_link(s):
    """Nothing but the link's own keepalives for 60 s, then data."""
    opened = s.a.link_open(hash=s.b.echo, timeout=20)
    expect(opened["active"], "link not established")
    time.sleep(60)
    expect(s.a.link_status(link=opened["link"])["active"], "link closed meanwhile")
    result = s.a.link_send(link=opened["link"], size=200)
    expect(result["proved"], "packet after a minute not proved")
    return f"alive after 60 s, rtt {result['rtt'] * 1000:.1f} ms"


def many(s):
    """A busy network: 100 destinations announced at once, all reach the other side."""
    hashes = s.a.announce_many(count=100, timeout=60)["hashes"]
    began = time.time()
    found = 0
    for hash in hashes:
        left = max(0.1, 60 - (time.time() - began))
        found += s.b.wait_path(hash=hash, timeout=left)["took"] is not None
    expect(found == len(hashes), f"{found} of {len(hashes)} arrived")
    return f"{found} announces relayed in {time.time() - began:.1f} s"


CHECKS = [
    ("announce theirs, server to client", lambda s: announce(s, s.a, s.b, "echo")),
    ("announce theirs, client to server", lambda s: announce(s, s.b, s.a, "echo")),
    ("announce of messages, server to client", lambda s: announce(s, s.a, s.b, "lxmf")),
    ("announce of messages, client to server", lambda s: announce(s, s.b, s.a, "lxmf")),
    ("path request of a newcomer", path_request),
    ("packet with proof through us, A to B", lambda s: packet(s, s.a, s.b)),
    ("packet with proof through us, B to A", lambda s: packet(s, s.b, s.a)),
    ("opportunistic message through us, A to B", lambda s: message(s, s.a, s.b, "opportunistic")),
    ("opportunistic message through us, B to A", lambda s: message(s, s.b, s.a, "opportunistic")),
    ("message over a link through us, A to B", lambda s: message(s, s.a, s.b, "direct")),
    ("message over a link through us, B to A", lambda s: message(s, s.b, s.a, "direct")),
    ("link through us, A to B", lambda s: link(s, s.a, s.b)),
    ("link through us, B to A", lambda s: link(s, s.b, s.a)),
    ("50 KB resource through us, A to B", lambda s: resource(s, s.a, s.b, 50_000)),
    ("50 KB resource through us, B to A", lambda s: resource(s, s.b, s.a, 50_000)),
    ("link alive for a minute", quiet_link),
    ("100 announces at once", many),
]
