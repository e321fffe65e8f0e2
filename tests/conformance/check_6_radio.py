"""Radio: their RNode driver and ours share one emulated LoRa channel; another peer is on our TCP
server. Slow on purpose: this is the speed of the field (SF7, 125 kHz)."""
import time

from check_1_forwarding import announce, message
from peers import Channel, Peer, expect, free_port, gateway


PATIENCE = 70  # relayed announces get 2 % of the radio's bit rate: about 18 s each, waiting for each other


class Scene:
    pass


def scene(world):
    s = Scene()
    tcp = free_port()
    s.channel = Channel(world, ["ours", "theirs"])
    s.gateway = gateway(world, [{"kind": "rnode", "device": s.channel.device["ours"]},
                                {"kind": "tcp_server", "port": tcp}])
    s.radio = Peer(world, "radio", [{"kind": "rnode", "device": s.channel.device["theirs"]}])
    s.radio.ready(timeout=30)
    s.wire = Peer(world, "wire", [{"kind": "tcp_client", "port": tcp}]).ready()
    s.gateway.ready(2)
    time.sleep(3)
    return s


def packet(s, sender, receiver):
    result = sender.send_packet(hash=receiver.echo, timeout=20)
    expect(result["proved"], "no proof for a packet")
    return f"proved, rtt {result['rtt'] * 1000:.0f} ms"


def link(s):
    opened = s.radio.link_open(hash=s.wire.echo, timeout=30)
    expect(opened["active"], "link not established")
    result = s.radio.link_send(link=opened["link"], size=100, timeout=20)
    expect(result["proved"], "link packet not proved")
    s.radio.link_close(link=opened["link"])
    return f"opened in {opened['took']:.2f} s, packet rtt {result['rtt'] * 1000:.0f} ms"


def to_us(s):
    s.gateway.announce()
    expect(s.radio.wait_path(hash=s.gateway.lxmf_address(), timeout=20)["took"] is not None, "our announce did not arrive")
    content = f"over the air {time.time()}"
    result = s.radio.lxmf_send(hash=s.gateway.lxmf_address(), content=content, timeout=45)
    expect(result["delivered"], "not proved")
    expect(s.gateway.received(content) is not None, "proved, but not in the list")
    return f"proved after {result['took']:.2f} s"


def from_us(s):
    expect(s.gateway.knows_path(s.radio.lxmf) is not None, "no path to the radio peer")
    content = f"from the gateway over the air {time.time()}"
    result = s.gateway.send_message(s.radio.lxmf, "Hello", content)
    expect(result["delivered"], f"not delivered: {result}")
    expect(s.radio.lxmf_received(content=content, timeout=10)["messages"], "proved, but not received")
    return f"proved after {result['took']:.2f} s"


CHECKS = [
    ("radio: announce to tcp", lambda s: announce(s, s.radio, s.wire, "lxmf", PATIENCE)),
    ("radio: announce from tcp", lambda s: announce(s, s.wire, s.radio, "lxmf", PATIENCE)),
    ("radio: announce of packets, both ways",
     lambda s: announce(s, s.radio, s.wire, "echo") + "; "
     + announce(s, s.wire, s.radio, "echo", PATIENCE)),
    ("radio: packet with proof", lambda s: packet(s, s.radio, s.wire)),
    ("radio: packet with proof, other way", lambda s: packet(s, s.wire, s.radio)),
    ("radio: link to tcp", link),
    ("radio: message to tcp", lambda s: message(s, s.radio, s.wire, "opportunistic")),
    ("radio: message from tcp", lambda s: message(s, s.wire, s.radio, "opportunistic")),
    ("radio: message to us", to_us),
    ("radio: message from us", from_us),
]
