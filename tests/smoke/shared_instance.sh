#!/usr/bin/env bash
# Do programs on this host find the gateway as their shared instance, hear through it, and get answers when they
# have the key? Played by a program that knows nothing of Reticulum but its framing; conformance plays the real ones.
source "$(dirname "$0")/node.sh"

name="mehr-smoke-$$"
key=00112233445566778899aabbccddeeff
{ printf '[interface.programs]\nkind = "local"\ninstance = "%s"\nrpc_key = "%s"\n' "$name" "$key"; } | configure one
run_node one
wait_until 60 all_up one 1 || fail "the shared instance is not up"
cat >"$place/program.py" <<'PY'
import multiprocessing
import socket
import struct
import subprocess
import sys
from multiprocessing.connection import Client

name, key, *announce = sys.argv[1:]
program = socket.socket(socket.AF_UNIX)
program.settimeout(60)
program.connect(f"\0rns/{name}")
subprocess.run(announce, check=True, stdout=subprocess.DEVNULL)
stream, announces = b"", []
while len(announces) < 2:  # beside whatever else the gateway has to say
    piece = program.recv(4096)
    assert piece, "the gateway closed the connection"
    stream += piece
    frames = stream.split(b"\x7e")[:-1]  # the last one may go on
    packets = [frame.replace(b"\x7d\x5e", b"\x7e").replace(b"\x7d\x5d", b"\x7d") for frame in frames if frame]
    announces = [packet for packet in packets if packet[0] & 0x03 == 1]
assert announces[0][1] == 0, f"no announce that has come no hop: {announces[0][:2].hex()}"


def ask(call, authkey):
    with Client(f"\0rns/{name}/rpc", family="AF_UNIX", authkey=authkey) as connection:
        connection.send_bytes(call)
        return connection.recv_bytes()


links = ask(b"\x81\xa3get\xaalink_count", bytes.fromhex(key))
assert links == b"\x00", links
stats = ask(b"\x81\xa3get\xafinterface_stats", bytes.fromhex(key))
assert b"Shared Instance[programs]" in stats and b"LocalInterface[programs/1]" in stats, stats[:200]
timeout = ask(b"\x82\xa3get\xb1first_hop_timeout\xb0destination_hash\xc4\x10" + bytes(16), bytes.fromhex(key))
assert timeout == b"\xcb" + struct.pack(">d", 6.0), timeout
assert ask(b"nonsense", bytes.fromhex(key)) == b"\xc0"
try:
    ask(b"\x81\xa3get\xaalink_count", bytes(16))
    sys.exit("a program without the key was answered")
except multiprocessing.AuthenticationError:
    pass
PY
python3 "$place/program.py" "$name" "$key" "$MEHR" --socket "$place/one/admin.sock" announce || fail "the program"
refused=$(field one '[c["value"] for c in answer["counters"] if (c["stage"], c["name"]) == ("admin", "refused")][0]' stats)
((refused == 1)) || fail "refused: $refused"
wait_until 60 all_up one 1
end_node one TERM
((code == 0)) || fail "exit code $code"
