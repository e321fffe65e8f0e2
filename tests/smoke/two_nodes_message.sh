#!/usr/bin/env bash
# Does a message from one node reach another through a third, and does the proof come back?
source "$(dirname "$0")/node.sh"

port=$(free_port)
server lan "$port" | configure bob
client up "$port" | configure alice
client up "$port" | configure carol
for name in bob alice carol; do run_node "$name"; done
for name in alice carol; do wait_until 60 all_up "$name" 1 || fail "$name has no connection"; done

carol=$(address carol)
alice=$(address alice)
ask alice announce
wait_until 90 ask carol path show "$alice" || fail "carol learns no path to alice"
ask carol announce
wait_until 90 ask alice path show "$carol" || fail "alice learns no path to carol"
wait_until 90 ask bob path show "$carol" || fail "bob learns no path to carol"

begin=$(date +%s%N)
ask alice message send "$carol" "hello over there" --title greeting --wait 90 || fail "not delivered"
echo "delivered after $((($(date +%s%N) - begin) / 1000000)) ms"
received=$(field carol '[(m["source"], m["title"], m["content"], m["signature_verified"]) for m in answer["messages"] if m["incoming"]]' message list)
[[ $received == "[('$alice', 'greeting', 'hello over there', True)]" ]] || fail "carol has: $received"
state=$(field alice '[m["state"] for m in answer["messages"]]' message list)
[[ $state == "['delivered']" ]] || fail "alice's message is $state"

# A message too long for one packet goes over a link as a resource, and back the other way.
long=$(head -c 20000 /dev/zero | tr '\0' 'x')
ask carol message send "$alice" - --wait 120 <<<"$long" || fail "the long message is not delivered"
size=$(field alice '[len(m["content"]) for m in answer["messages"] if m["incoming"]]' message list)
[[ $size == "[20001]" ]] || fail "alice received lengths $size"

ask alice ping "$carol" --timeout 60 || fail "no reply to a ping"
ask bob path
ask bob interface
ask bob status
ask bob stats
