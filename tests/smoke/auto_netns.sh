#!/usr/bin/env bash
# Do two nodes on one cable find each other without configuration, talk, and notice when the cable is pulled? And does a
# node of another group stay a stranger?
source "$(dirname "$0")/node.sh"
source "$(dirname "$0")/net.sh"

space east west
wire east 10.78.1.1/24 west 10.78.1.2/24
for name in alice bob; do printf '[interface.nearby]\nkind = "auto"\n' | configure "$name"; done
printf '[interface.nearby]\nkind = "auto"\ngroup = "others"\ndiscovery_port = 30716\ndata_port = 43671\n' | configure carol
found() { [[ $(field "$1" 'sum(1 for i in answer["interfaces"] if i["kind"] == "auto-peer" and i["state"] == "up")' interface) == "$2" ]]; }
start alice east
start bob west
for name in alice bob; do
  wait_until 60 all_up "$name" 1 || fail "$name uses no device"
  wait_until 60 found "$name" 1 || fail "$name finds nobody"
done
deliver alice bob
ask alice interface

# Another group on the same cable and the same ports of discovery would be refused by its token.
start carol west
wait_until 60 all_up carol 1 || fail "carol uses no device"
python3 - <<'PY' >"$place/token"
import hashlib, sys
sys.stdout.buffer.write(hashlib.sha256(b"others" + b"fe80::1").digest())
PY
there=$(within east cat /proc/net/if_inet6 | awk '$4 == "20" {print $1; exit}' | sed -E 's/(....)/\1:/g; s/:$//')
within west python3 - "$there" "$place/token" <<'PY'
import socket, sys
device = next(name for _, name in socket.if_nameindex() if name.startswith("to-"))
sender = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sender.sendto(open(sys.argv[2], "rb").read(), (sys.argv[1], 29717, 0, socket.if_nametoindex(device)))
PY
refused() { (($(counter alice access wrong) >= 1)); }
wait_until 60 refused || fail "a wrong token was not refused"
found carol 0 || fail "carol found somebody of another group"
found alice 1 || fail "alice has other neighbours than bob"

# The cable is pulled, and put back.
within west ip link set to-east down
wait_until 60 found bob 0 || fail "bob does not notice"
wait_until 60 found alice 0 || fail "alice does not notice"
within west ip link set to-east up
for name in alice bob; do wait_until 60 found "$name" 1 || fail "$name does not find the other again"; done
deliver bob alice
