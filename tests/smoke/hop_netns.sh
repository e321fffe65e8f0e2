#!/usr/bin/env bash
# Do two gateways on different hosts link over UDP and TCP, over IPv4 and IPv6, and is a client that
# changes its address followed?
source "$(dirname "$0")/node.sh"
source "$(dirname "$0")/net.sh"

identity server && server=$identity
identity client && client=$identity
space server client
wire server 10.77.0.1/24 client 10.77.0.2/24
within server ip address add fd77::1/64 dev to-client nodad
within client ip address add fd77::2/64 dev to-server nodad

for try in "udp 10.77.0.1:4343" "udp [fd77::1]:4343" "tcp 10.77.0.1:4343" "tcp [fd77::1]:4343"; do
  read -r transport at <<<"$try"
  rm -f "$place"/*.log
  hop "transport = \"$transport\"" 'listen_host = "::"' "allowed = [\"$client\"]" | configure server
  hop "transport = \"$transport\"" 'listen = false' "peers = [\"$server@$at\"]" | configure client
  start server server
  begin=$(date +%s%N)
  start client client
  for name in server client; do wait_until 60 linked "$name" 1 || fail "$name has no neighbour over $try"; done
  echo "$try: linked $((($(date +%s%N) - begin) / 1000000)) ms after the start of the client"
  deliver server client
  if [[ $try == "udp 10"* ]]; then
    before=$(detail server)
    within client ip address add 10.77.0.3/32 dev to-server
    within client ip address del 10.77.0.2/24 dev to-server
    within client ip route add 10.77.0.0/24 dev to-server src 10.77.0.3
    moved() { [[ $(detail server) == 10.77.0.3:* ]]; }
    wait_until 60 moved || fail "the server still sends to $before"
    deliver server client
    [[ $(grep -c "linked with" "$place/server.log") == 1 ]] || fail "the link came anew instead of moving"
    echo "moved from $before to $(detail server) under the same link"
    within client ip address del 10.77.0.3/32 dev to-server
    within client ip address add 10.77.0.2/24 dev to-server
  fi
  for name in client server; do end_node "$name" TERM; done
done
