"""Plain Reticulum nodes between gateways: what they make of our announces, hop links that cross them, and
what paths cost end to end.

The first street is  a = left - r1 - r2 - r3 - right = b,  the second  one - s1 - two - s2 - three;
"=" is a hop link over UDP, "-" is plain TCP, and the gateways are joined across the plain nodes as well."""
import math
import os
import time

from peers import Gateway, Peer, Skipped, expect, free_port, wait_until

PRICES = {"left": 10_833, "right": 5_000, "two": 7_000}
PATIENCE = 90


class Scene:
    pass


class Street:
    """Gateways know each other's identity before the first link, so each is started once without any."""

    def __init__(self, world, names):
        self.world, self.gateways = world, {}
        for name in names:
            node = f"price_umhr_per_mib = {PRICES.get(name, 1_000)}"
            gateway = Gateway(world, [], name, node)
            gateway.identity = gateway.ask("identity")["identity_hash"]
            gateway.process.end()
            self.gateways[name] = gateway

    def begin(self, name, interfaces, hops):
        gateway = self.gateways[name]
        gateway.interfaces = interfaces
        gateway.configure("\n".join(f"[interface.{key}]\nkind = \"hop\"\ningress_control = false\n{lines}"
                                    for key, lines in hops.items()))
        gateway.start()
        return gateway

    def names(self, *names):
        return "[" + ", ".join(f"\"{self.gateways[name].identity}\"" for name in names) + "]"

    def across(self, peers=(), allowed=()):
        return f"transport = \"reticulum\"\npeers = {self.names(*peers)}\nallowed = {self.names(*allowed)}\n"

    def udp_server(self, port, name):
        return f"listen_host = \"127.0.0.1\"\nlisten_port = {port}\nallowed = {self.names(name)}\n"

    def udp_client(self, port, name):
        return f"listen = false\npeers = [\"{self.gateways[name].identity}@127.0.0.1:{port}\"]\n"


def tcp(kind, port):
    return {"kind": f"tcp_{kind}", "port": port}


def scene(world):
    if world.subject == "reference":
        raise Skipped("the reference has no hop links")
    s = Scene()
    s.world = world
    street = s.street = Street(world, ["a", "left", "right", "b", "one", "two", "three"])
    ports = [free_port() for _ in range(10)]
    s.r1 = Peer(world, "r1", [tcp("server", ports[0]), tcp("server", ports[1])], transport=True)
    s.r2 = Peer(world, "r2", [tcp("client", ports[1]), tcp("server", ports[2])], transport=True)
    s.r3 = Peer(world, "r3", [tcp("client", ports[2]), tcp("server", ports[3])], transport=True)
    s.plain = [s.r1.ready(2), s.r2.ready(2), s.r3.ready(2)]
    s.left = street.begin("left", [tcp("client", ports[0])],
                          {"across": street.across(allowed=["right"]), "near": street.udp_server(ports[4], "a")})
    s.right = street.begin("right", [tcp("client", ports[3])],
                           {"across": street.across(peers=["left"]), "near": street.udp_server(ports[5], "b")})
    s.a = street.begin("a", [], {"near": street.udp_client(ports[4], "left")})
    s.b = street.begin("b", [], {"near": street.udp_client(ports[5], "right")})
    s.s1 = Peer(world, "s1", [tcp("server", ports[6]), tcp("server", ports[7])], transport=True).ready(2)
    s.s2 = Peer(world, "s2", [tcp("server", ports[8]), tcp("server", ports[9])], transport=True).ready(2)
    s.one = street.begin("one", [tcp("client", ports[6])], {})
    s.two = street.begin("two", [tcp("client", ports[7]), tcp("client", ports[8])], {})
    s.three = street.begin("three", [tcp("client", ports[9])], {})
    return s


def neighbours(gateway, transport):
    return [row for row in gateway.ask("link")["links"] if row["transport"] == transport]


def linked(gateways, transport):
    for gateway, count in gateways:
        took = wait_until(lambda: len(neighbours(gateway, transport)) == count, PATIENCE)
        expect(took is not None, f"{gateway.name}: {neighbours(gateway, transport)}, not {count} over {transport}; "
               f"peers {gateway.ask('peer')}")


def link_across(s):
    began = time.time()
    linked([(s.left, 1), (s.right, 1)], "reticulum")
    linked([(s.a, 1), (s.b, 1)], "udp")
    row = neighbours(s.left, "reticulum")[0]
    expect(row["identity"] == s.right.identity, "the neighbour is somebody else")
    relayed = [peer.packet_count()["count"] for peer in s.plain]
    expect(not any(relayed), "a plain node took packets for itself")
    return f"linked {time.time() - began:.1f} s after all ran, frames of {row['frame_bytes']} bytes, " \
           f"round trip {row['rtt_ms']:.1f} ms"


def announces_stay_valid(s, gateways, plain):
    """Every plain node validates every announce and answers packets to it with a path."""
    hops = []
    for gateway in gateways:
        gateway.announce()
    for gateway in gateways:
        for peer in plain:
            found = peer.wait_path(hash=gateway.lxmf_address(), timeout=PATIENCE)
            expect(found["took"] is not None, f"{peer.name} has no path to {gateway.name}")
            hops.append(found["hops"])
    return f"{len(gateways)} gateways known to {len(plain)} plain nodes, {min(hops)} .. {max(hops)} hops"


def probes_from_plain(s):
    """Each plain node sends a packet to each end's address; the proof comes back to it."""
    for peer in s.plain:
        for gateway in (s.left, s.right, s.a, s.b):
            sent = peer.send_packet(hash=gateway.lxmf_address(), size=16, timeout=20, app="lxmf",
                                    aspects=("delivery",))
            expect(sent["proved"], f"{peer.name} to {gateway.name}: not proved")
    return f"{len(s.plain) * 4} of {len(s.plain) * 4} proved"


def code(cost):
    return 0 if cost <= 0 else math.ceil(16 * math.log2(cost + 1))


def winner(gateway, to):
    """The candidate in use; None while there is no path."""
    answer = gateway.mehr("path", "explain", to.lxmf_address()) or {"candidates": []}
    return next((row for row in answer["candidates"] if row["winner"]), None)


def cost_is(gateway, to, expected):
    """Waits until the path in use costs that, to within one step of the code."""
    def fits():
        row = winner(gateway, to)
        if row is None or row["cost_umhr_per_mib"] is None:
            return False
        return abs(code(row["cost_umhr_per_mib"]) - code(expected)) <= 1
    took = wait_until(fits, PATIENCE, step=0.2)
    expect(took is not None, f"{gateway.name} to {to.name}: {winner(gateway, to)}, expected {expected}")
    return f"{gateway.name}-{to.name} {winner(gateway, to)['cost_umhr_per_mib']:.0f} for {expected}" + (f" after {took:.0f} s" if took > 1 else "")


def costs(s):
    for gateway in (s.a, s.left, s.right, s.b):
        gateway.announce()
    left, right = PRICES["left"], PRICES["right"]
    table = [(s.left, s.right, 0), (s.right, s.left, 0), (s.a, s.right, left), (s.b, s.left, right),
             (s.left, s.b, right), (s.right, s.a, left), (s.a, s.b, left + right), (s.b, s.a, left + right)]
    return "; ".join(cost_is(*row) for row in table)


def one_hop(s):
    """The stretch counts as one hop: b is three from a, whatever lies between."""
    for gateway, to, wanted in ((s.left, s.right, 1), (s.a, s.b, 3), (s.b, s.left, 2)):
        row = winner(gateway, to)
        expect(row["hops"] == wanted, f"{gateway.name} to {to.name}: {row['hops']} hops, not {wanted}")
    plain = s.r1.wait_path(hash=s.right.lxmf_address(), timeout=5)["hops"]
    expect(plain == 3, f"r1 counts {plain} hops to right, not 3: it was told a way round by left")
    return "left-right 1, a-b 3; for plain nodes still every one"


def messages(s, sender, receiver, size):
    before = s.r2.counters()["interfaces"]
    content = os.urandom(size // 2).hex()
    result = sender.send_message(receiver.lxmf_address(), "t", content)
    expect(result["delivered"], f"not delivered: {result['reason']}")
    got = receiver.received(content)
    expect(got is not None and got["verified"], "not received, or not verified")
    carried = sum(row["rx"] for row in s.r2.counters()["interfaces"]) - sum(row["rx"] for row in before)
    expect(carried > size / 2, f"the plain node in the middle carried only {carried} bytes")
    return f"delivered after {result['took']:.2f} s, {carried} bytes through the plain nodes"


def comes_back(s):
    """One end dies without a word and starts again: the link is there again."""
    s.left.restart(hard=True)
    began = time.time()
    linked([(s.left, 1)], "reticulum")
    took = time.time() - began
    linked([(s.right, 1)], "reticulum")
    s.left.announce()
    cost_is(s.b, s.left, PRICES["right"])
    return f"linked again {took:.1f} s after the restart"


def plain_between(s):
    """one - s1 - two - s2 - three without hop links: announces pass, nobody claims to know a cost."""
    for gateway in (s.one, s.two, s.three):
        gateway.ready(1)
    figure = announces_stay_valid(s, [s.one, s.two, s.three], [s.s1, s.s2])
    expect(s.one.knows_path(s.three.lxmf_address(), PATIENCE) is not None, "one has no path to three")
    row = winner(s.one, s.three)
    expect(row["hops"] == 4, f"{row['hops']} hops, not 4")
    expect(row["cost_umhr_per_mib"] is None, f"a cost through nodes that told none: {row}")
    return figure + "; 4 hops, cost unknown"


def joined(s):
    """The same street with hop links across both plain nodes: now the middle's price is known."""
    for name, peers, allowed in (("one", [], ["two"]), ("two", ["one"], ["three"]), ("three", ["two"], [])):
        gateway = s.street.gateways[name]
        gateway.process.end()
        s.street.begin(name, gateway.interfaces, {"across": s.street.across(peers, allowed)})
    linked([(s.one, 1), (s.two, 2), (s.three, 1)], "reticulum")
    for gateway in (s.one, s.two, s.three):
        gateway.announce()
    figures = [cost_is(s.one, s.three, PRICES["two"]), cost_is(s.three, s.one, PRICES["two"])]
    hops = winner(s.one, s.three)["hops"]
    expect(hops == 2, f"{hops} hops, not 2")
    return "; ".join(figures + [announces_stay_valid(s, [s.one, s.two, s.three], [s.s1, s.s2])])


CHECKS = [
    ("hop link across three plain nodes", link_across),
    ("announces valid for plain nodes between", lambda s: announces_stay_valid(s, [s.a, s.left, s.right, s.b], s.plain)),
    ("packets of plain nodes proved", probes_from_plain),
    ("costs end to end, announced, across a stretch", costs),
    ("a stretch announced is one hop", one_hop),
    ("message across a stretch, a to b", lambda s: messages(s, s.a, s.b, 200)),
    ("message across a stretch, b to a", lambda s: messages(s, s.b, s.a, 200)),
    ("long message across a stretch", lambda s: messages(s, s.a, s.b, 40_000)),
    ("stretch after a crash", comes_back),
    ("announces over mixed plain nodes", plain_between),
    ("announced costs with two stretches", joined),
]
