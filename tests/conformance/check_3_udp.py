"""UDP: a live peer on a UDP interface of ours, another on TCP."""
import socket
import time

from check_1_forwarding import announce, link, packet
from peers import Peer, free_port, gateway


class Scene:
    pass


def scene(world):
    s = Scene()
    ours, theirs, tcp = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_DGRAM), free_port()
    s.gateway = gateway(world, [{"kind": "udp", "port": ours, "forward": theirs}, {"kind": "tcp_server", "port": tcp}])
    s.a = Peer(world, "a", [{"kind": "udp", "port": theirs, "forward": ours}]).ready()
    s.b = Peer(world, "b", [{"kind": "tcp_client", "port": tcp}]).ready()
    s.gateway.ready(2)
    time.sleep(1)
    return s


CHECKS = [
    ("udp: announce to tcp", lambda s: announce(s, s.a, s.b, "echo")),
    ("udp: announce from tcp", lambda s: announce(s, s.b, s.a, "echo")),
    ("udp: packet with proof", lambda s: packet(s, s.a, s.b)),
    ("udp: packet with proof, other way", lambda s: packet(s, s.b, s.a)),
    ("udp: link", lambda s: link(s, s.a, s.b)),
]
