# Sourced after node.sh by the tests that need networks of their own: namespaces, wires between them, an
# impairment relay, and nodes with hop links. Skips aloud without root.
((EUID == 0)) || { echo "skipped: network namespaces need root"; exit 77; }
ip netns add "mehr-$$-probe" 2>/dev/null || { echo "skipped: network namespaces are not available here"; exit 77; }
ip netns del "mehr-$$-probe"

# space NAME...: network namespaces, each with a loopback
space() {
  local name
  for name in "$@"; do
    ip netns add "mehr-$$-$name"
    at_end+=("ip netns del mehr-$$-$name")
    within "$name" ip link set lo up
  done
}
within() { ip netns exec "mehr-$$-$1" "${@:2}"; } # SPACE COMMAND...
# wire A ADDRESS B ADDRESS: a cable between two spaces; the device in A is called to-B
wire() {
  ip link add "to-$3" netns "mehr-$$-$1" type veth peer name "to-$1" netns "mehr-$$-$3"
  within "$1" ip address add "$2" dev "to-$3"
  within "$3" ip address add "$4" dev "to-$1"
  within "$1" ip link set "to-$3" up
  within "$3" ip link set "to-$1" up
}

# identity NAME: made once, by a first start without interfaces
identity() {
  if [[ ! -s $place/$1.identity ]]; then
    configure "$1" </dev/null
    run_node "$1"
    field "$1" 'answer["identity_hash"]' identity >"$place/$1.identity"
    end_node "$1" TERM
  fi
  identity=$(<"$place/$1.identity")
}
# hop LINE...: a hop interface with these lines
hop() { printf '[interface.hop]\nkind = "hop"\n' && printf '%s\n' "$@"; }
neighbours() { field "$1" 'sum(1 for i in answer["interfaces"] if i["kind"] == "hop-peer")' interface; }
linked() { [[ $(neighbours "$1") == "$2" ]]; } # NAME COUNT
detail() { field "$1" '[i["detail"] for i in answer["interfaces"] if i["kind"] == "hop-peer"][0]' interface; }
# counter NAME STAGE COUNTER: fails on one that does not exist
counter() { field "$1" "[c['value'] for c in answer['counters'] if (c['stage'], c['name']) == ('$2', '$3')][0]" stats; }
# never SECONDS COMMAND...: whether it stayed false all the time
never() { ! wait_until "$@"; }
# start NAME SPACE: a node in that space
start() { run_node "$1" ip netns exec "mehr-$$-$2"; }
# relay NAME SPACE ARGUMENTS...: see relay.py; its pid is ${pid[NAME]}
relay() {
  ip netns exec "mehr-$$-$2" python3 "$(dirname "$0")/relay.py" "${@:3}" >>"$place/$1.log" 2>&1 </dev/null &
  pid[$1]=$!
  wait_until 60 grep -q ready "$place/$1.log" || fail "the relay does not start"
}
# deliver FROM TO: a message and its proof, over a path learned from an announce
deliver() {
  local there
  there=$(address "$2")
  ask "$2" announce >/dev/null
  wait_until 90 ask "$1" path show "$there" || fail "$1 learns no path to $2"
  ask "$1" message send "$there" "over the hop" --wait 60 >/dev/null || fail "$1's message to $2 is not delivered"
}
