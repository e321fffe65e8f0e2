#!/usr/bin/env bash
# Does a client behind a NAT (nftables masquerade) link with a gateway outside, over UDP and TCP, and
# does the gateway reach it?
source "$(dirname "$0")/node.sh"
source "$(dirname "$0")/net.sh"
command -v nft >/dev/null || { echo "skipped: nftables is not installed"; exit 77; }

identity server && server=$identity
identity client && client=$identity
space server nat client
wire server 10.78.0.1/24 nat 10.78.0.254/24
wire client 192.168.78.2/24 nat 192.168.78.1/24
within client ip route add default via 192.168.78.1
within nat sysctl -qw net.ipv4.ip_forward=1
# Only a kernel without NAT is a reason to skip; rules it refuses for anything else are a failure.
within nat nft 'add table ip nat'
if ! refused=$(within nat nft 'add chain ip nat out { type nat hook postrouting priority 100 ; }' 2>&1); then
  grep -qE "No such file|not supported" <<<"$refused" || fail "nft: $refused"
  echo "skipped: this kernel has no nftables NAT: $refused"
  exit 77
fi
within nat nft 'add rule ip nat out oifname "to-server" masquerade random'

for transport in udp tcp; do
  hop "transport = \"$transport\"" "allowed = [\"$client\"]" | configure server
  hop "transport = \"$transport\"" 'listen = false' "peers = [\"$server@10.78.0.1:4343\"]" | configure client
  start server server
  start client client
  for name in server client; do wait_until 60 linked "$name" 1 || fail "$name has no neighbour over $transport"; done
  [[ $(detail server) == *10.78.0.254:* ]] || fail "not through the NAT: $(detail server)"
  deliver server client
  deliver client server
  echo "$transport: the server knows the client as $(detail server)"
  for name in client server; do end_node "$name" TERM; done
done
