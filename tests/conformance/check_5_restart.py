"""What survives: connections break, theirs and ours, and tunnels bring the paths back; then the gateway
is killed without warning and started again while its peers stay."""
import socket
import threading
import time

from check_1_forwarding import message, packet
from peers import Peer, expect, free_port, gateway


class Relay:
    """A TCP relay between a client and a server port that can be cut."""

    name = "relay"

    def __init__(self, target):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.target = self.listener.getsockname()[1], target
        self.connections, self.open = [], True
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while self.open:
            try:
                client, _ = self.listener.accept()
            except OSError:
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            self.connections += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
        self.connections.clear()

    def stop(self):
        self.open = False
        self.listener.close()
        self.cut()

    @staticmethod
    def log_tail():
        return ""


class Scene:
    pass


def scene(world):
    s = Scene()
    ours, theirs = free_port(), free_port()
    s.b = Peer(world, "b", [{"kind": "tcp_server", "port": theirs}])
    s.uplink = world.add(Relay(theirs))
    s.gateway = gateway(world, [{"kind": "tcp_server", "port": ours}, {"kind": "tcp_client", "port": s.uplink.port}])
    s.relay = world.add(Relay(ours))
    s.a = Peer(world, "a", [{"kind": "tcp_client", "port": s.relay.port}]).ready()
    s.gateway.ready(3)
    time.sleep(1)
    for peer, other in ((s.a, s.b), (s.b, s.a)):
        for which in ("echo", "lxmf"):
            peer.announce(which=which)
            hash = peer.echo if which == "echo" else peer.lxmf
            expect(other.wait_path(hash=hash, timeout=20)["took"] is not None, "announce lost")
    return s


def reconnected(s):
    """Both peers hold a connection to the gateway again."""
    s.a.ready(timeout=30)
    s.gateway.ready(3)
    time.sleep(2)


def cut(s):
    """The relay breaks A's connection; A dials again and announces nothing."""
    packet(s, s.b, s.a)
    s.relay.cut()
    time.sleep(2)
    reconnected(s)
    began = time.time()
    figure = packet(s, s.b, s.a)
    return f"{figure}, {time.time() - began:.1f} s"


def cut_ours(s):
    """Our own connection to B breaks: we dial again and B has its paths through us back."""
    packet(s, s.b, s.a)
    s.uplink.cut()
    time.sleep(2)
    reconnected(s)
    return packet(s, s.b, s.a)


def killed(s):
    s.gateway.restart(hard=True)
    began = time.time()
    reconnected(s)
    up = time.time() - began
    figure = packet(s, s.b, s.a)
    return f"connections back after {up:.1f} s; {figure}"


def messages_after(s):
    first = message(s, s.a, s.b, "opportunistic")
    second = message(s, s.b, s.a, "direct")
    return f"{first}; over a link {second}"


CHECKS = [
    ("tunnel: paths come back after a cut", cut),
    ("tunnel of ours: paths come back after a cut", cut_ours),
    ("killed and restarted: paths survive", killed),
    ("killed and restarted: messages deliver", messages_after),
]
