#!/usr/bin/env bash
# Do two gateways become neighbours across a node that knows nothing of hop links, and is it one hop?
# (With stock Reticulum nodes between them: tests/conformance/check_7_stretch.py.)
source "$(dirname "$0")/node.sh"

identity() { field "$1" 'answer["identity_hash"]' identity; }
linked() { [[ $(field "$1" 'sum(1 for l in answer["links"] if l["transport"] == "reticulum")' link) == 1 ]]; }
# winner NAME DESTINATION FIELD: of the path in use
winner() { field "$1" "[c['$3'] for c in answer['candidates'] if c['winner']][0]" path explain "$2"; }
one_hop() { [[ $(winner "$1" "$2" hops) == 1 && $(winner "$1" "$2" cost_umhr_per_mib) == 0.0 ]]; }

west=$(free_port) east=$(free_port)
for name in left right; do # identities are made at the first start
  configure "$name" </dev/null
  run_node "$name"
  declare "$name=$(identity "$name")"
  end_node "$name" TERM
done
{ server west "$west"; server east "$east"; } | configure middle
across() { printf '[interface.across]\nkind = "hop"\ntransport = "reticulum"\n'; }
{ client up "$west"; across; printf 'allowed = ["%s"]\n' "$right"; } | configure left
{ client up "$east"; across; printf 'listen = false\npeers = ["%s"]\n' "$left"; } | configure right
for name in middle left right; do run_node "$name"; done
begin=$(date +%s%N)
for name in left right; do wait_until 60 linked "$name" || fail "$name has no neighbour: $(ask "$name" peer)"; done
echo "linked $((($(date +%s%N) - begin) / 1000000)) ms after the start"

there=$(address right)
ask right announce
wait_until 60 one_hop left "$there" || fail "$(ask left path explain "$there")"
ask left message send "$there" "across" --wait 30 || fail "not delivered"
ask left link

# The node between restarts: the link ends with the connections below it, and comes back by itself.
end_node middle KILL
gone_link() { ! linked "$1"; }
for name in left right; do wait_until 60 gone_link "$name" || fail "$name keeps a link over nothing"; done
wait_until 10 run_node middle || fail "the node between does not start again"
for name in left right; do wait_until 90 linked "$name" || fail "$name is not linked again: $(ask "$name" peer)"; done
