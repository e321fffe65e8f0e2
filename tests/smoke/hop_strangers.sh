#!/usr/bin/env bash
# Does nobody link who should not: an identity that is neither listed nor trusted (any more), another
# node at a peer's address, a man in the middle who changes what passes, a replayed handshake?
source "$(dirname "$0")/node.sh"
source "$(dirname "$0")/net.sh"

for name in server client third; do identity "$name" && declare "$name=$identity"; done
space net
hop 'listen_host = "127.0.0.1"' "allowed = [\"$client\"]" | configure server
start server net

hop 'listen = false' "peers = [\"$server@127.0.0.1:4343\"]" | configure third
start third net
never 5 linked server 1 || fail "a third linked that is not listed"
(($(counter server hop unwelcome) > 0)) || fail "the third was not even heard"
linked third 0 || fail "the third believes in a link"
# Trusted, he may; no longer trusted, no more: both by a reload.
by_trust() {
  { echo "trusted_peers = [$1]"; hop 'listen_host = "127.0.0.1"' 'allow = "trusted"' "allowed = [\"$client\"]"; } |
    configure server
  ask server config reload || fail "no reload"
}
by_trust "\"$third\""
wait_until 60 linked server 1 || fail "a trusted node does not link"
by_trust ""
wait_until 60 linked server 0 || fail "the link outlives the trust"
never 5 linked server 1 || fail "the third linked again without trust"
end_node third TERM

hop 'listen = false' "peers = [\"$third@127.0.0.1:4343\"]" | configure client
start client net
never 5 linked client 1 || fail "the client linked with somebody else than it expects"
(($(counter client hop unwelcome) > 0)) || fail "the client heard no answer"
linked server 0 || fail "the server believes in a link with a client that refused it"
end_node client TERM

relay middle net --listen 127.0.0.1:5000 --to 127.0.0.1:4343 --damage 1
hop 'listen = false' "peers = [\"$server@127.0.0.1:5000\"]" | configure client
start client net
never 6 linked client 1 || fail "linked though every message was changed"
linked server 0 || fail "the server linked with somebody who changes messages"
end_node client TERM
end_node middle TERM
echo "changed on the way: $(tail -n 1 "$place/middle.log")"

# A relay that listens and repeats: the link is the two ends' own, and what was heard opens no other.
relay tape net --listen 127.0.0.1:5001 --to 127.0.0.1:4343
hop 'listen = false' "peers = [\"$server@127.0.0.1:5001\"]" | configure client
start client net
wait_until 60 linked server 1 || fail "no link through a faithful relay"
known=$(detail server)
links=$(grep -c "linked with" "$place/server.log")
kill -USR2 "${pid[tape]}"
repeated() { (($(counter server hop replay) > 0)); }
wait_until 60 repeated || fail "nothing was repeated"
anew() { (($(grep -c "linked with" "$place/server.log") > links)); }
never 3 anew || fail "a repeated handshake linked"
[[ $(detail server) == "$known" ]] || fail "repeated frames moved the link to $(detail server)"
# Neither does it when the client is gone and its keys are forgotten.
end_node client TERM
wait_until 60 linked server 0 || fail "the server did not hear the goodbye"
kill -USR2 "${pid[tape]}"
never 3 anew || fail "a repeated handshake linked after the client left"
end_node tape TERM
echo "repeated: $(tail -n 1 "$place/tape.log"), $(counter server hop replay) frames known as replays"
