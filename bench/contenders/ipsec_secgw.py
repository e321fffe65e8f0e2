"""DPDK's ipsec-secgw, built from the example source that Debian ships, on one core: packets a CPU second, encrypting,
decrypting, and both of the same packet (harmonic). ChaCha20-Poly1305 ESP tunnels, 8 of them, 64 flows, librte_ipsec,
ipsec-mb's multi-buffer driver. Input is a capture read round and round, output goes nowhere."""

import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import time

EXAMPLE = pathlib.Path("/usr/share/dpdk/examples/ipsec-secgw")
FLOWS, TUNNELS = 64, 8


def build(folder):
    """Copies, mends and compiles the example. Returns the program."""
    program = folder / "ipsec-secgw" / "build" / "ipsec-secgw"
    if program.exists():
        return program
    source = folder / "ipsec-secgw"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(EXAMPLE, source)
    main = source / "ipsec-secgw.c"
    text = main.read_text()
    wanted = ".offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM"
    if wanted not in text:
        raise SystemExit(f"{main}: not the example this was written for: no '{wanted}'")
    # No virtual device offers that offload.
    main.write_text(text.replace(wanted, ".offloads = 0"))
    subprocess.run(["make", "-s", "shared"], cwd=source, check=True)
    return program


def configuration(path):
    lines = []
    for i in range(TUNNELS):
        key = ":".join(f"{(7 * i + n) % 256:02x}" for n in range(36))
        for way, source, target in (("out", "1", "2"), ("in", "1", "2")):
            lines.append(f"sp ipv4 {way} esp protect {5 + i} pri 1 dst 192.168.{100 + i}.0/24 sport 0:65535 dport 0:65535")
            lines.append(
                f"sa {way} {5 + i} aead_algo chacha20-poly1305 aead_key {key} mode ipv4-tunnel "
                f"src 172.16.{source}.{5 + i} dst 172.16.{target}.{5 + i}"
            )
        lines.append(f"rt ipv4 dst 172.16.2.{5 + i}/32 port 0")
        lines.append(f"rt ipv4 dst 192.168.{100 + i}.0/24 port 1")
    path.write_text("\n".join(lines) + "\n")


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def write_pcap(path, packets):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i, packet in enumerate(packets):
            file.write(struct.pack("<IIII", 0, i, len(packet), len(packet)) + packet)


def read_pcap(path):
    data = path.read_bytes()
    at, packets = 24, []
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        if at + 16 + size > len(data):
            break
        packets.append(data[at + 16 : at + 16 + size])
        at += 16 + size
    return packets


def clear(size):
    """UDP packets of `size` bytes with their IP header, one a flow."""
    packets = []
    for flow in range(FLOWS):
        target = bytes([192, 168, 100 + flow % TUNNELS, 1 + flow // TUNNELS])
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size, flow, 0, 64, 17, 0, bytes([10, 0, 0, 1]), target)
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        udp = struct.pack("!HHHH", 1000 + flow, 2000, size - 20, 0)
        body = bytes((flow * 31 + n) % 256 for n in range(size - 28))
        packets.append(bytes(12) + b"\x08\x00" + ip + udp + body)
    return packets


class Run:
    """One process of it, started with pcap input on the port that `way` arrives at."""

    def __init__(self, program, folder, core, way, size, source, sink, forever):
        prefix = f"mehr-bench-{os.getpid()}"
        pcap = f"net_pcap0,rx_pcap={source}" + (",infinite_rx=1" if forever else "")
        null = f"net_pcap1,rx_pcap={folder}/nothing.pcap,tx_pcap={sink}" if sink else "net_null0,no-rx=1"
        if sink:
            write_pcap(folder / "nothing.pcap", [])
        ports = [null, pcap] if way == "out" else [pcap, null]
        command = [str(program), "-m", "512", "-l", str(core), "--no-pci", "--file-prefix", prefix]
        for port in ports + ["crypto_aesni_mb0"]:
            command += ["--vdev", port]
        command += ["--", "-p", "0x3", "-P", "-u", "0x1", "--config", f"(0,0,{core}),(1,0,{core})"]
        command += ["-f", str(folder / "both.cfg"), "--rxoffload", "0x0", "--txoffload", "0x0", "-l"]
        if size >= 1400:
            command += ["--mtu", "9000", "-j", "9600"]
        self.log = open(folder / f"{way}{size}.log", "w")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        self.out_port = 0 if way == "out" else 1
        self.where = f"/var/run/dpdk/{prefix}/dpdk_telemetry.v2"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def connect(self):
        for _ in range(200):
            if self.process.poll() is not None:
                raise SystemExit(f"ipsec-secgw ended at once; its last lines: see {self.log.name}")
            try:
                self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                self.socket.connect(self.where)
                self.socket.recv(4096)
                if self.sent() > 0:
                    return
            except (FileNotFoundError, ConnectionRefusedError):
                pass
            self.socket.close()
            time.sleep(0.05)
        raise SystemExit(f"ipsec-secgw sends nothing; see {self.log.name}")

    def sent(self):
        self.socket.send(f"/ethdev/stats,{self.out_port}".encode())
        stats = json.loads(self.socket.recv(65536))["/ethdev/stats"]
        return stats["opackets"] if stats else 0

    def cpu_seconds(self):
        """Of the busiest thread: the one that forwards."""
        most = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            spent = int(pathlib.Path(f"/proc/{self.process.pid}/task/{task}/schedstat").read_text().split()[0])
            most = max(most, spent)
        return most / 1e9

    def rate(self, seconds):
        """Packets a CPU second."""
        packets, cpu = self.sent(), self.cpu_seconds()
        time.sleep(seconds)
        return (self.sent() - packets) / (self.cpu_seconds() - cpu)


def prepare(program, folder, core, size):
    """Clear packets, and the same encrypted, as captures."""
    configuration(folder / "both.cfg")
    write_pcap(folder / f"clear{size}.pcap", clear(size))
    sealed = folder / f"sealed{size}.pcap"
    sealed.unlink(missing_ok=True)
    with Run(program, folder, core, "out", size, folder / f"clear{size}.pcap", sealed, False) as run:
        run.connect()
        for _ in range(100):
            if run.sent() >= FLOWS:
                break
            time.sleep(0.02)
    packets = read_pcap(sealed)
    if len(packets) < FLOWS:
        raise SystemExit(f"ipsec-secgw encrypted {len(packets)} of {FLOWS} packets of {size} bytes")
    write_pcap(sealed, packets[:FLOWS])


def measure(program, folder, core, size, seconds):
    """Packets a CPU second: encrypting, decrypting, both of the same packet."""
    rates = []
    for way, source in (("out", f"clear{size}.pcap"), ("in", f"sealed{size}.pcap")):
        with Run(program, folder, core, way, size, folder / source, None, True) as run:
            run.connect()
            rates.append(run.rate(seconds))
    return rates[0], rates[1], 1 / (1 / rates[0] + 1 / rates[1])
