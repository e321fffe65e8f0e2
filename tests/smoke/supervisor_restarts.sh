#!/usr/bin/env bash
# Does mehr-gateway bring mehrd back after kill -9, pass a stop on, and leave nothing behind when it dies?
source "$(dirname "$0")/node.sh"

child() { cat "/proc/${pid[gateway]}/task/${pid[gateway]}/children" 2>/dev/null; }
start_gateway() {
  "$MEHR_GATEWAY" --mehrd "$MEHRD" --config "$place/one.toml" >>"$place/gateway.log" 2>&1 </dev/null &
  pid[gateway]=$!
  wait_until 60 ask one status || fail "mehrd does not answer"
}
restarted() { [[ -n $(child) && $(child) != "$1" ]] && ask one status; }

configure one </dev/null
start_gateway
identity=$(field one 'answer["identity_hash"]' identity)
for turn in 1 2 3; do
  first=$(child)
  begin=$(date +%s%N)
  kill -KILL $first
  wait_until 60 restarted "$first" || fail "mehrd is not started again ($turn)"
  echo "back after $((($(date +%s%N) - begin) / 1000000)) ms"
done
[[ $(field one 'answer["identity_hash"]' identity) == "$identity" ]] || fail "another identity"

kill -HUP "${pid[gateway]}"
wait_until 60 grep -q "configuration applied" "$place/gateway.log" || fail "SIGHUP does not reach mehrd"
ask one status >/dev/null || fail "SIGHUP ended it"

last=$(child)
end_node gateway TERM
((code == 0)) || fail "exit code $code after SIGTERM"
wait_until 60 gone $last || fail "mehrd survived its supervisor's stop"

# When the supervisor dies without a word, mehrd stops in order.
start_gateway
last=$(child)
end_node gateway KILL
wait_until 60 gone $last || { kill -KILL $last; fail "mehrd survived its supervisor"; }
