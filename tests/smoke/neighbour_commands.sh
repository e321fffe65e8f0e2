#!/usr/bin/env bash
# Does the operator see peers, links and the ways to a destination, and do rekey and drop do what they say?
source "$(dirname "$0")/node.sh"

identity() { field "$1" 'answer["identity_hash"]' identity; }
hop() { printf '[interface.hop]\nkind = "hop"\nlisten_host = "127.0.0.1"\n'; }
peer_is() { # NAME PLACE STATE
  [[ $(field "$1" "[p[\"state\"] for p in answer[\"peers\"] if p[\"peer\"].endswith(\"$2\")]" peer) == "['$3']" ]]
}
epoch() { field "$1" 'answer["links"][0]["epoch"]' link; }
epoch_is() { (($(epoch "$1") == $2)); }
events() { field "$1" '[(e["event"], e["reason"]) for e in answer["events"] if e["identity"] == "'"$2"'"]' link history; }
tells() { [[ $(events "$1" "$2") == *"$3"* ]]; }
exits() { # CODE NAME COMMAND...
  local want=$1 code=0
  shift
  ask "$@" >"$place/answer" 2>&1 || code=$?
  ((code == want)) || fail "mehr ${*:2} exits with $code, not $want: $(cat "$place/answer")"
}

for name in alice bob; do # identities are made at the first start
  configure "$name" </dev/null
  run_node "$name"
  declare "$name=$(identity "$name")"
  end_node "$name" TERM
done
port=$(free_port)
empty=$(free_port)
{ hop; printf 'listen_port = %s\nallowed = ["%s"]\n' "$port" "$alice"; } | configure bob
{ hop; printf 'listen = false\npeers = ["%s@127.0.0.1:%s", "127.0.0.1:%s"]\n' "$bob" "$port" "$empty"; } | configure alice
run_node bob
run_node alice

wait_until 60 peer_is alice ":$port" linked || fail "alice's peer is not linked"
ask alice link | grep -q "^${bob:0:8} " || fail "the table of links has no bob"
ask bob link show "${alice:0:6}" | grep -q "neighbour: *$alice" || fail "bob does not show alice"
wait_until 60 exits 0 alice link show "<$bob>"

before=$(epoch alice)
ask alice link rekey "${bob:0:4}" || fail "no new keys"
epoch_is alice $((before + 1)) || fail "alice's epoch did not rise"
wait_until 60 epoch_is bob $((before + 1)) || fail "bob's epoch did not rise"

there=$(address bob)
ask bob announce
wait_until 90 ask alice path show "$there" || fail "alice learns no path to bob"
for policy in balanced cheapest fastest reliable mtu greedy; do
  told=$(field alice '[(c["neighbour"], c["winner"], c["usable"], len(c["terms"])) for c in answer["candidates"]]' path explain "$there" --policy "$policy")
  [[ $told == "[('$bob', True, True, 5)]" ]] || fail "$policy: the ways to bob are $told"
done
ask alice path explain "$there"

ask alice link drop "$bob" || fail "the link is not dropped"
tells alice "$bob" "('down', 'dropped by the operator')" || fail "alice's history: $(events alice "$bob")"
wait_until 60 tells bob "$alice" "('down', 'closed by the neighbour')" || fail "bob's history: $(events bob "$alice")"
wait_until 60 tells alice "$bob" "dropped by the operator'), ('up', '')" || fail "alice does not dial again"
ask alice link history "${bob:0:4}"
ask alice link
ask alice link show "$bob"

exits 4 alice link show "$alice"
exits 4 alice link history "$alice"
exits 2 alice link drop xyz
exits 4 alice path explain "$alice"
exits 2 alice path explain "$there" --policy prettiest

advised() { ask alice peer | grep -A1 "^127.0.0.1:$empty: no answer" | grep -q "what to do: check that mehrd runs there"; }
wait_until 60 advised || fail "no advice on the peer that does not answer"
ask alice peer
