#!/usr/bin/env bash
# Does a flow lose packets when its keys change again and again?
source "$(dirname "$0")/node.sh"
source "$(dirname "$0")/net.sh"

space net
ip netns exec "mehr-$$-net" "$HOP_FLOW" receive 127.0.0.1 4343 >"$place/receive.log" 2>&1 &
pid[receive]=$!
wait_until 60 grep -q ready "$place/receive.log" || fail "the receiver does not start"
ip netns exec "mehr-$$-net" "$HOP_FLOW" send 127.0.0.1:4343 10000 500 500 200 >"$place/send.log" 2>&1 || fail "the sender"
end_node receive TERM
sender=$(tail -n 1 "$place/send.log") receiver=$(tail -n 1 "$place/receive.log")
echo "$sender; $receiver"
[[ $sender == *"refused=0 "*"downs=0 "* && $receiver == *"received=10000 distinct=10000 downs=0"* ]] || fail "packets were lost"
[[ $sender =~ epoch=([0-9]+) ]] && ((BASH_REMATCH[1] >= 40)) || fail "keys did not change often enough: $sender"
