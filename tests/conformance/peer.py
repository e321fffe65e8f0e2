#!/usr/bin/env python3
"""One live Reticulum and LXMF peer, steered by lines of JSON on stdin: {"do": name, ...} in, one line
of JSON out per command. Uses only the public interface of the RNS and LXMF packages, which must be on
PYTHONPATH. Started by peers.py; the only argument is the configuration folder."""
import json
import os
import sys
import threading
import time

ANSWERS = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

import LXMF  # noqa: E402
import RNS  # noqa: E402

APP, ASPECT = "conformance", "echo"


class Peer:
    def __init__(self, folder):
        self.reticulum = RNS.Reticulum(folder, loglevel=int(os.environ.get("PEER_LOGLEVEL", "4")))
        identity_path = os.path.join(folder, "peer_identity")
        if os.path.exists(identity_path):
            self.identity = RNS.Identity.from_file(identity_path)
        else:
            self.identity = RNS.Identity()
            self.identity.to_file(identity_path)
        self.echo = RNS.Destination(self.identity, RNS.Destination.IN, RNS.Destination.SINGLE, APP, ASPECT)
        self.echo.set_proof_strategy(RNS.Destination.PROVE_ALL)
        self.echo.set_packet_callback(lambda data, packet: self.packets.append(data))
        self.echo.set_link_established_callback(self.link_in)
        self.router = LXMF.LXMRouter(identity=self.identity, storagepath=os.path.join(folder, "lxmf"))
        self.delivery = self.router.register_delivery_identity(self.identity, display_name="peer")
        self.router.register_delivery_callback(self.messages_in)
        self.packets, self.messages, self.heard = [], [], []
        self.links, self.resources, self.incoming_links = {}, [], []
        RNS.Transport.register_announce_handler(self)

    # announce handler
    aspect_filter = None
    receive_path_responses = True

    def received_announce(self, destination_hash, announced_identity, app_data):
        self.heard.append((destination_hash.hex(), (app_data or b"").hex(), time.time()))

    def messages_in(self, message):
        self.messages.append({
            "source": message.source_hash.hex(), "title": message.title_as_string(),
            "content": message.content_as_string(), "verified": bool(message.signature_validated),
            "fields": len(message.fields or {}), "at": time.time()})

    def link_in(self, link):
        self.incoming_links.append(link)
        link.set_packet_callback(self.link_packet_in)
        link.set_resource_strategy(RNS.Link.ACCEPT_ALL)
        link.set_resource_concluded_callback(self.resource_in)

    def link_packet_in(self, data, packet):
        self.packets.append(data)
        packet.prove()

    def resource_in(self, resource):
        done = resource.status == RNS.Resource.COMPLETE
        data = resource.data.read() if done else b""
        self.resources.append({"complete": done, "size": len(data),
                               "sha256": RNS.Identity.full_hash(data).hex(), "at": time.time()})

    def close(self):
        RNS.exit()


def until(condition, timeout, step=0.02):
    """Waits for a condition of the peer's own threads; seconds it took, or None."""
    began = time.time()
    while time.time() - began < timeout:
        if condition():
            return time.time() - began
        time.sleep(step)
    return None


class Commands:
    """One method per command; arguments by name, bytes as hex, times in seconds."""

    def __init__(self, peer):
        self.peer = peer

    def hashes(self):
        return {"echo": self.peer.echo.hash.hex(), "lxmf": self.peer.delivery.hash.hex(),
                "identity": self.peer.identity.hash.hex(),
                "private": self.peer.identity.get_private_key().hex()}

    def announce(self, which="echo", app_data=None):
        if which == "lxmf":
            self.peer.router.announce(self.peer.delivery.hash)
        else:
            self.peer.echo.announce(app_data=bytes.fromhex(app_data) if app_data else None)
        return {}

    def announce_many(self, count, timeout=0):
        """Announces of `count` fresh destinations, as a busy network would send them. `timeout` is the
        driver's patience."""
        hashes = []
        for index in range(count):
            destination = RNS.Destination(RNS.Identity(), RNS.Destination.IN, RNS.Destination.SINGLE,
                                          APP, f"many{index}")
            destination.announce()
            hashes.append(destination.hash.hex())
        return {"hashes": hashes}

    def online(self):
        return {"interfaces": {str(i): bool(i.online) for i in RNS.Transport.interfaces}}

    def wait_online(self, count=1, timeout=15):
        took = until(lambda: sum(bool(i.online) for i in RNS.Transport.interfaces) >= count, timeout)
        return {"took": took}

    def heard(self, hash):
        return {"times": [entry[2] for entry in self.peer.heard if entry[0] == hash],
                "app_data": next((e[1] for e in reversed(self.peer.heard) if e[0] == hash), None)}

    def wait_heard(self, hash, timeout=15, count=1):
        took = until(lambda: len(self.heard(hash)["times"]) >= count, timeout)
        return {"took": took}

    def wait_path(self, hash, timeout=15, request=False):
        wanted = bytes.fromhex(hash)
        if request and not RNS.Transport.has_path(wanted):
            RNS.Transport.request_path(wanted)
        took = until(lambda: RNS.Transport.has_path(wanted), timeout)
        return {"took": took, "hops": RNS.Transport.hops_to(wanted) if took is not None else None}

    def has_path(self, hash):
        return {"has": RNS.Transport.has_path(bytes.fromhex(hash))}

    def drop_path(self, hash):
        """Forgets a path; the package does so in its next round of housekeeping."""
        wanted = bytes.fromhex(hash)
        dropped = bool(self.peer.reticulum.drop_path(wanted))
        until(lambda: not RNS.Transport.has_path(wanted), 10)
        return {"dropped": dropped}

    def destination(self, hash, app=APP, aspects=(ASPECT,)):
        identity = RNS.Identity.recall(bytes.fromhex(hash))
        if identity is None:
            raise RuntimeError(f"identity of {hash} unknown: no announce heard")
        return RNS.Destination(identity, RNS.Destination.OUT, RNS.Destination.SINGLE, app, *aspects)

    def send_packet(self, hash, size=32, timeout=15, app=APP, aspects=(ASPECT,)):
        packet = RNS.Packet(self.destination(hash, app, aspects), os.urandom(size))
        receipt = packet.send()
        if not receipt:
            raise RuntimeError("the packet was not sent")
        took = until(lambda: receipt.status == RNS.PacketReceipt.DELIVERED, timeout)
        return {"proved": took is not None, "rtt": receipt.get_rtt() if took is not None else None}

    def packet_count(self):
        return {"count": len(self.peer.packets)}

    def lxmf_send(self, hash, title="", content="", method="opportunistic", timeout=30):
        destination = self.destination(hash, "lxmf", ("delivery",))
        message = LXMF.LXMessage(destination, self.peer.delivery, content, title, desired_method={
            "opportunistic": LXMF.LXMessage.OPPORTUNISTIC, "direct": LXMF.LXMessage.DIRECT}[method])
        message.try_propagation_on_fail = False
        began = time.time()
        self.peer.router.handle_outbound(message)
        ended = (LXMF.LXMessage.DELIVERED, LXMF.LXMessage.FAILED, LXMF.LXMessage.REJECTED)
        until(lambda: message.state in ended, timeout)
        return {"delivered": message.state == LXMF.LXMessage.DELIVERED, "state": message.state,
                "took": time.time() - began, "method": message.method,
                "representation": message.representation}

    def lxmf_received(self, content, timeout=30):
        def matching():
            return [m for m in self.peer.messages if m["content"] == content]
        took = until(matching, timeout)
        return {"took": took, "messages": matching()}

    def link_open(self, hash, timeout=20, app=APP, aspects=(ASPECT,)):
        # The callback, not the status: RNS calls a link active before it has sent the packet that makes
        # the other end active, and data sent in between is not proved.
        established = threading.Event()
        link = RNS.Link(self.destination(hash, app, aspects), lambda _: established.set())
        took = until(lambda: established.is_set() or link.status == RNS.Link.CLOSED, timeout)
        if not established.is_set():
            return {"active": False}
        name = str(len(self.peer.links))
        self.peer.links[name] = link
        return {"active": True, "link": name, "took": took, "rtt": link.rtt, "mtu": link.mtu}

    def link_send(self, link, size=100, timeout=15):
        # RNS notes a receipt after it has sent the packet: a proof that is back before that (over
        # loopback it can be) finds none and is lost inside RNS. A new packet then tells the two apart.
        for attempt in range(3):
            receipt = RNS.Packet(self.peer.links[link], os.urandom(size)).send()
            if not receipt:
                raise RuntimeError("the link packet was not sent")
            took = until(lambda: receipt.status == RNS.PacketReceipt.DELIVERED, timeout / 3)
            if took is not None:
                return {"proved": True, "rtt": receipt.get_rtt(), "tries": attempt + 1}
        return {"proved": False, "rtt": None, "tries": 3}

    def link_status(self, link):
        return {"active": self.peer.links[link].status == RNS.Link.ACTIVE}

    def link_close(self, link):
        self.peer.links[link].teardown()
        return {}

    def resource_send(self, link, size, timeout=60):
        data = os.urandom(size)
        ended = (RNS.Resource.COMPLETE, RNS.Resource.FAILED, RNS.Resource.CORRUPT)
        began = time.time()
        resource = RNS.Resource(data, self.peer.links[link], auto_compress=False)
        until(lambda: resource.status in ended, timeout)
        return {"complete": resource.status == RNS.Resource.COMPLETE, "took": time.time() - began,
                "sha256": RNS.Identity.full_hash(data).hex()}

    def resource_received(self, sha256, timeout=20):
        took = until(lambda: any(r["sha256"] == sha256 for r in self.peer.resources), timeout)
        return {"received": took is not None}

    def counters(self):
        return {"interfaces": [{"name": str(i), "rx": i.rxb, "tx": i.txb, "online": bool(i.online)}
                               for i in RNS.Transport.interfaces]}


def answer(commands, request):
    name = request.pop("do")
    began = time.time()
    try:
        result = getattr(commands, name)(**request)
    except Exception as error:  # every failure of a command is an answer, the driver judges it
        result = {"error": f"{type(error).__name__}: {error}"}
    result["elapsed"] = time.time() - began
    return result


def main():
    commands = Commands(Peer(sys.argv[1]))
    ANSWERS.write(json.dumps({"ready": True, **commands.hashes()}) + "\n")
    for line in sys.stdin:
        ANSWERS.write(json.dumps(answer(commands, json.loads(line))) + "\n")
    threading.Timer(3.0, lambda: os._exit(0)).start()
    commands.peer.close()


main()
