#!/usr/bin/env bash
# How many packets does a flow lose when its path narrows from 1500 to 1280 bytes, once without a word
# (the relay just drops), once with a router that says so? At most 3 are allowed, and the link stays.
source "$(dirname "$0")/node.sh"
source "$(dirname "$0")/net.sh"

# verdict WAY COUNT: reads what both ends say
verdict() {
  local sender receiver distinct
  sender=$(tail -n 1 "$place/send.log") receiver=$(tail -n 1 "$place/receive.log")
  echo "$1: $(grep flowing "$place/send.log"); $sender; $receiver"
  [[ $(grep flowing "$place/send.log") == *frame=1472* ]] || fail "the flow did not begin with full frames"
  [[ $sender == *"sent=$2 refused=0 "*"downs=0 "* ]] || fail "the sender: $sender"
  distinct=${receiver#*distinct=}
  echo "$1: lost $(($2 - ${distinct%% *})) of $2"
  (($2 - ${distinct%% *} <= 3)) || fail "too many lost"
  [[ $sender =~ frame=([0-9]+) ]] && ((BASH_REMATCH[1] <= 1252)) || fail "frames are still too large: $sender"
}
flow() { # SPACE-OF-RECEIVER HOST SPACE-OF-SENDER TO
  rm -f "$place"/{send,receive}.log
  ip netns exec "mehr-$$-$1" "$HOP_FLOW" receive "$2" 4343 >"$place/receive.log" 2>&1 &
  pid[receive]=$!
  wait_until 60 grep -q ready "$place/receive.log" || fail "the receiver does not start"
  ip netns exec "mehr-$$-$3" "$HOP_FLOW" send "$4" 1500 1400 5000 0 >"$place/send.log" 2>&1 &
  pid[send]=$!
  wait_until 60 grep -q flowing "$place/send.log" || fail "no link"
  wait_until 60 grep -q "well under way" "$place/send.log" || fail "nothing flows"
}
ended() { gone "${pid[send]}"; }

space server router client
wire server 10.79.1.1/24 router 10.79.1.254/24
wire client 10.79.2.1/24 router 10.79.2.254/24
within server ip route add default via 10.79.1.254
within client ip route add default via 10.79.2.254
within router sysctl -qw net.ipv4.ip_forward=1

flow server 10.79.1.1 client 10.79.1.1:4343
within router ip link set to-server mtu 1280
wait_until 60 ended || fail "the sender does not end"
end_node receive TERM
unset 'pid[send]'
verdict "a router tells" 1500
within router ip link set to-server mtu 1500

relay narrow router --listen 10.79.2.254:5000 --to 10.79.1.1:4343 --limit 1252
flow server 10.79.1.1 client 10.79.2.254:5000
kill -USR1 "${pid[narrow]}"
wait_until 60 ended || fail "the sender does not end"
end_node receive TERM
unset 'pid[send]'
end_node narrow TERM
verdict "nobody tells" 1500
echo "relay: $(tail -n 1 "$place/narrow.log")"
[[ $(tail -n 1 "$place/narrow.log") != *too_big=0* ]] || fail "nothing was ever too big: the test tests nothing"
