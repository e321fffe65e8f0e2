"""The processes a conformance check plays with: live peers (Peer), the gateway under test (Gateway),
the same part played by the reference itself (ReferenceGateway, to test the checks), and the emulated
radio channel (Channel). Everything on loopback, in folders of its own, ended by process id."""
import json
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import time

RPC_KEY = "9f2c41d07be85a3361c4f08d2a6b7e90"
HERE = os.path.dirname(os.path.abspath(__file__))
# Debian's own, which has python3-cryptography and python3-serial; another one in PATH may not.
PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable


class CheckFailed(Exception):
    """The peer or the gateway did not do what the check asks; the text says what."""


def expect(condition, sentence):
    if not condition:
        raise CheckFailed(sentence)


def wait_until(condition, timeout, step=0.05):
    """Seconds until the condition held, or None."""
    began = time.time()
    while True:
        if condition():
            return time.time() - began
        if time.time() - began > timeout:
            return None
        time.sleep(step)


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Skipped(Exception):
    """The scene does not apply here; the text says why."""


class Process:
    """A child with a log file; stop() asks, kill() does not."""

    def __init__(self, name, command, folder, env=None, pipes=False):
        self.name, self.folder = name, folder
        self.log_path = os.path.join(folder, f"{name}.log")
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                command, stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipes else log, stderr=log, env=env)

    def alive(self):
        return self.child.poll() is None

    def end(self, hard=False, patience=10):
        if self.alive():
            self.child.kill() if hard else self.child.terminate()
        try:
            self.child.wait(patience)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe:
                pipe.close()

    def log_tail(self, lines=15):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])


class World:
    """What one run has in common: paths of the peers' packages and of our programs, folders, children."""

    def __init__(self, reticulum, lxmf, build, subject):
        self.reticulum, self.lxmf, self.build, self.subject = reticulum, lxmf, build, subject
        self.top = tempfile.mkdtemp(prefix="mehr-conformance-")
        self.count, self.running = 0, []

    def folder(self, name):
        self.count += 1
        path = os.path.join(self.top, f"{self.count:02d}-{name}")
        os.makedirs(path)
        return path

    def add(self, thing):
        self.running.append(thing)
        return thing

    def end_all(self):
        for thing in reversed(self.running):
            thing.stop()
        self.running.clear()

    def logs(self):
        return "\n".join(f"--- {thing.name}\n{thing.log_tail()}" for thing in self.running)

    def program(self, name):
        for place in (f"tools/{name}/{name}", f"controlplane/{name}", f"gateway/{name}"):
            path = os.path.join(self.build, place)
            if os.access(path, os.X_OK) and os.path.isfile(path):
                return path
        raise CheckFailed(f"{name} is not built in {self.build}")


def reticulum_interfaces(interfaces):
    """The interfaces section of a peer's configuration. Each is a dictionary as in OURS below."""
    lines = []
    for index, wanted in enumerate(interfaces):
        if wanted["kind"] == "local":
            continue
        lines.append(f"  [[i{index}]]\n    enabled = yes")
        kind = wanted["kind"]
        if kind == "tcp_client":
            lines.append(f"    type = TCPClientInterface\n    target_host = 127.0.0.1\n"
                         f"    target_port = {wanted['port']}")
        elif kind == "tcp_server":
            lines.append(f"    type = TCPServerInterface\n    listen_ip = 127.0.0.1\n"
                         f"    listen_port = {wanted['port']}")
        elif kind == "udp":
            lines.append(f"    type = UDPInterface\n    listen_ip = 127.0.0.1\n    listen_port = {wanted['port']}\n"
                         f"    forward_ip = 127.0.0.1\n    forward_port = {wanted['forward']}")
        elif kind == "rnode":
            lines.append(f"    type = RNodeInterface\n    port = {wanted['device']}\n    frequency = 868000000\n"
                         "    bandwidth = 125000\n    txpower = 7\n    spreadingfactor = 7\n    codingrate = 5")
        for key in ("network_name", "passphrase", "mode"):
            if wanted.get(key):
                lines.append(f"    {key} = {wanted[key]}")
        # Fresh peers announce in bursts here; holding them back is tested by vectors, not by waiting.
        lines.append("    ingress_control = no")
    return "\n".join(lines)


def shared_instance(interfaces):
    """Whether a peer shares an instance with others of this host, or uses another's: whoever is first has it."""
    name = next((wanted["instance"] for wanted in interfaces if wanted["kind"] == "local"), None)
    return f"yes\n  instance_name = {name}\n  rpc_key = {RPC_KEY}" if name else "no"


class Peer:
    """A live Reticulum and LXMF instance. Commands of peer.py are methods: peer.announce(which="lxmf")."""

    def __init__(self, world, name, interfaces, transport=False, folder=None):
        self.world, self.name = world, name
        self.folder = folder or world.folder(name)
        self.interfaces, self.transport = interfaces, transport
        self.start()
        world.add(self)

    def start(self):
        with open(os.path.join(self.folder, "config"), "w", encoding="utf-8") as config:
            config.write(
                f"[reticulum]\n  enable_transport = {'yes' if self.transport else 'no'}\n  "
                f"share_instance = {shared_instance(self.interfaces)}\n"
                "  panic_on_interface_error = no\n  respond_to_probes = yes\n"
                f"[logging]\n  loglevel = 4\n[interfaces]\n{reticulum_interfaces(self.interfaces)}\n")
        env = dict(os.environ, PYTHONPATH=f"{self.world.reticulum}:{self.world.lxmf}",
                   PYTHONDONTWRITEBYTECODE="1", HOME=self.folder)
        self.process = Process(self.name, [PYTHON, os.path.join(HERE, "peer.py"), self.folder],
                               self.folder, env, pipes=True)
        hashes = self.read(30)
        self.echo, self.lxmf, self.private = hashes["echo"], hashes["lxmf"], hashes["private"]

    def read(self, timeout):
        readable, _, _ = select.select([self.process.child.stdout], [], [], timeout)
        line = self.process.child.stdout.readline() if readable else b""
        expect(line, f"peer {self.name} does not answer: {self.process.log_tail(5)}")
        return json.loads(line)

    def __getattr__(self, command):
        if command.startswith("_"):
            raise AttributeError(command)

        def run(**arguments):
            request = json.dumps({"do": command, **arguments}).encode() + b"\n"
            self.process.child.stdin.write(request)
            self.process.child.stdin.flush()
            answer = self.read(float(arguments.get("timeout", 15)) + 30)
            expect("error" not in answer, f"{self.name} {command}: {answer.get('error')}")
            return answer
        return run

    def ready(self, count=1, timeout=20):
        """Waits until that many interfaces of the peer are online."""
        expect(self.wait_online(count=count, timeout=timeout)["took"] is not None,
               f"{self.name}: interfaces do not come online")
        return self

    def stop(self):
        if self.process.child.stdin and not self.process.child.stdin.closed:
            self.process.child.stdin.close()
        try:
            self.process.child.wait(5)
        except subprocess.TimeoutExpired:
            pass
        self.process.end()

    def log_tail(self):
        return self.process.log_tail()


class ReferenceGateway:
    """The reference in the gateway's place, behind the same methods: shows that the checks are fair."""

    def __init__(self, world, interfaces):
        self.peer = Peer(world, "gateway", interfaces, transport=True)
        self.name = "gateway"

    def ready(self, count):
        self.peer.ready(count)

    def lxmf_address(self):
        return self.peer.lxmf

    def announce(self):
        self.peer.announce(which="lxmf")

    def knows_path(self, hash, timeout=15):
        return self.peer.wait_path(hash=hash, timeout=timeout)["took"]

    def request_path(self, hash, timeout=15):
        self.peer.drop_path(hash=hash)
        return self.peer.wait_path(hash=hash, timeout=timeout, request=True)["took"]

    def send_message(self, hash, title, content, timeout=30):
        method = "opportunistic" if len(content) < 250 else "direct"
        result = self.peer.lxmf_send(hash=hash, title=title, content=content, method=method, timeout=timeout)
        return {"delivered": result["delivered"], "took": result["took"], "method": method}

    def received(self, content, timeout=30):
        found = self.peer.lxmf_received(content=content, timeout=timeout)["messages"]
        return found[0] if found else None

    def interfaces_up(self):
        return sum(self.peer.online()["interfaces"].values())

    def restart(self, hard):
        """Always in order: the reference saves its tables only then."""
        self.peer.stop()
        self.peer.start()

    def stop(self):
        self.peer.stop()

    def log_tail(self):
        return self.peer.log_tail()


def gateway(world, interfaces):
    return (ReferenceGateway if world.subject == "reference" else Gateway)(world, interfaces)


def toml_interfaces(interfaces):
    """The same for our configuration file."""
    lines = []
    for index, wanted in enumerate(interfaces):
        kind = wanted["kind"].replace("_", "-")
        lines.append(f"[interface.i{index}]\nkind = \"{kind}\"")
        if kind != "rnode":
            lines.append("ingress_control = false")
        if kind == "tcp-server":
            lines.append(f"listen_host = \"127.0.0.1\"\nlisten_port = {wanted['port']}")
        elif kind == "tcp-client":
            lines.append(f"connect_host = \"127.0.0.1\"\nconnect_port = {wanted['port']}")
        elif kind == "udp":
            lines.append(f"listen_host = \"127.0.0.1\"\nlisten_port = {wanted['port']}\n"
                         f"connect_host = \"127.0.0.1\"\nconnect_port = {wanted['forward']}")
        elif kind == "local":
            lines.append(f"instance = \"{wanted['instance']}\"\nrpc_key = \"{RPC_KEY}\"")
        elif kind == "rnode":
            lines.append(f"device = \"{wanted['device']}\"\nfrequency_hz = 868000000\nbandwidth_hz = 125000\n"
                         "spreading_factor = 7\ncoding_rate = 5\ntx_power_dbm = 7")
        for key in ("network_name", "passphrase", "mode"):
            if wanted.get(key):
                lines.append(f"{key} = \"{wanted[key]}\"")
    return "\n".join(lines) + "\n"


class Gateway:
    """Our mehrd with its configuration and `mehr` as its tongue."""

    def __init__(self, world, interfaces, name="gateway", node=""):
        self.world, self.name, self.node = world, name, node
        self.folder = world.folder(name)
        self.interfaces = interfaces
        self.socket = os.path.join(self.folder, "admin.sock")
        self.config = os.path.join(self.folder, "mehr.toml")
        self.configure()
        self.start()
        world.add(self)

    def configure(self, more=""):
        """Writes the configuration, with `more` behind it; takes effect with the next start."""
        with open(self.config, "w", encoding="utf-8") as config:
            config.write(f"[node]\nname = \"{self.name}\"\nstate_directory = \"{self.folder}/state\"\n"
                         f"admin_socket = \"{self.socket}\"\nlog_level = \"debug\"\n{self.node}\n"
                         f"{toml_interfaces(self.interfaces)}{more}")

    def start(self):
        self.process = Process("mehrd", [self.world.program("mehrd"), "--config", self.config], self.folder)
        began = time.time()
        while time.time() - began < 15:
            if not self.process.alive():
                break
            if self.mehr("status") is not None:
                return
            time.sleep(0.05)
        raise CheckFailed(f"mehrd does not start: {self.process.log_tail(5)}")

    def mehr(self, *words, accept=(0,), timeout=120):
        """Runs `mehr --json WORDS`: what it printed, or None when its exit code is not in `accept`."""
        command = [self.world.program("mehr"), "--socket", self.socket, "--json", *words]
        result = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False,
                                stdin=subprocess.DEVNULL)
        self.complaint = result.stderr.strip()
        return json.loads(result.stdout) if result.returncode in accept and result.stdout else None

    def ask(self, *words):
        answer = self.mehr(*words)
        expect(answer is not None, f"mehr {' '.join(words)}: {self.complaint}")
        return answer

    def ready(self, count, timeout=20):
        expect(wait_until(lambda: self.interfaces_up() >= count, timeout) is not None,
               f"gateway: {self.interfaces_up()} interfaces are up, not {count}")

    def interfaces_up(self):
        return sum(row["state"] == "up" for row in self.ask("interface")["interfaces"])

    def lxmf_address(self):
        return next(row["hash"] for row in self.ask("status")["destinations"] if row["name"] == "lxmf.delivery")

    def announce(self):
        self.ask("announce")

    def knows_path(self, hash, timeout=15):
        return wait_until(lambda: (self.mehr("path", "show", hash) or {}).get("paths"), timeout)

    def request_path(self, hash, timeout=15):
        self.mehr("path", "drop", hash)
        began = time.time()
        answer = self.mehr("path", "request", hash, "--timeout", str(timeout))
        return time.time() - began if answer is not None else None

    def send_message(self, hash, title, content, timeout=45):
        began = time.time()
        answer = self.mehr("message", "send", hash, content, "--title", title, "--wait", str(timeout),
                           accept=(0, 1, 5))
        expect(answer is not None and "message" in answer, f"mehr message send: {self.complaint} {answer}")
        message = answer["message"]
        return {"delivered": message["state"] == "delivered", "took": time.time() - began,
                "method": message["method"], "reason": message["reason"]}

    def received(self, content, timeout=30):
        def matching():
            rows = self.ask("message", "list", "--limit", "100")["messages"]
            return [row for row in rows if row["incoming"] and row["content"] == content]
        if wait_until(matching, timeout, step=0.2) is None:
            return None
        row = matching()[0]
        return {"title": row["title"], "verified": row["signature_verified"]}

    def restart(self, hard):
        self.process.end(hard=hard)
        # The kernel takes the sockets of a killed process down a moment after it is gone.
        expect(wait_until(lambda: not self.listening(), 10) is not None, "the admin socket outlives mehrd")
        self.start()

    def listening(self):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(self.socket)
            except OSError:
                return False
            return True

    def stop(self):
        self.process.end()

    def log_tail(self):
        return self.process.log_tail()


class Channel:
    """mehr-radio: a LoRa channel with one RNode per name, each behind a pty."""

    name = "mehr-radio"

    def __init__(self, world, nodes):
        self.folder = world.folder("radio")
        self.device = {node: os.path.join(self.folder, node) for node in nodes}
        words = [word for node in nodes for word in ("--node", node)]
        self.process = Process("mehr-radio", [world.program("mehr-radio"), "--link", self.folder, *words],
                               self.folder)
        world.add(self)
        began = time.time()
        while not all(os.path.exists(device) for device in self.device.values()):
            expect(self.process.alive() and time.time() - began < 10, f"mehr-radio: {self.process.log_tail(3)}")
            time.sleep(0.05)

    def stop(self):
        self.process.end()

    def log_tail(self):
        return self.process.log_tail()
