#!/usr/bin/env bash
# Does a link come about and last with 30 % loss in both directions, duplicates and reordering?
source "$(dirname "$0")/node.sh"
source "$(dirname "$0")/net.sh"

identity server && server=$identity
identity client && client=$identity
space net
relay rain net --listen 127.0.0.1:5000 --to 127.0.0.1:4343 --loss 0.3 --duplicate 0.1 --reorder 0.2 --seed 7
hop 'listen_host = "127.0.0.1"' "allowed = [\"$client\"]" | configure server
hop 'listen = false' "peers = [\"$server@127.0.0.1:5000\"]" | configure client
start server net
begin=$(date +%s%N)
start client net
for name in server client; do wait_until 120 linked "$name" 1 || fail "$name has no neighbour"; done
echo "linked after $((($(date +%s%N) - begin) / 1000000)) ms"
there=$(address client)
heard() { ask client announce && ask server path show "$there"; }
wait_until 120 heard || fail "no announce passes"
# Message and proof both arrive in half of the tries, and a sender gives up after five.
delivered() { ask server message send "$there" "through the rain" --wait 30; }
wait_until 180 delivered || fail "not delivered"
never 30 linked server 0 || fail "the link did not last"
! grep -q "is down" "$place/server.log" || fail "the link went down"
end_node rain TERM
tail -n 1 "$place/rain.log"
