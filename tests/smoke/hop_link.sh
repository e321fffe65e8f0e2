#!/usr/bin/env bash
# Do two gateways on this host become neighbours over UDP and over TCP, and does a message pass?
source "$(dirname "$0")/node.sh"

identity() { field "$1" 'answer["identity_hash"]' identity; }
neighbours() { field "$1" 'sum(1 for i in answer["interfaces"] if i["kind"] == "hop-peer")' interface; }
linked() { [[ $(neighbours "$1") == "$2" ]]; }

for transport in udp tcp; do
  port=$(free_port)
  # Identities are made at the first start.
  for name in "server-$transport" "client-$transport"; do
    configure "$name" </dev/null
    run_node "$name"
    declare "${name%%-*}=$(identity "$name")"
    end_node "$name" TERM
  done
  hop() { printf '[interface.hop]\nkind = "hop"\ntransport = "%s"\nlisten_host = "127.0.0.1"\n' "$transport"; }
  { hop; printf 'listen_port = %s\nallowed = ["%s"]\n' "$port" "$client"; } | configure "server-$transport"
  { hop; printf 'listen = false\npeers = ["%s@127.0.0.1:%s"]\n' "$server" "$port"; } | configure "client-$transport"
  begin=$(date +%s%N)
  run_node "server-$transport"
  run_node "client-$transport"
  for name in "server-$transport" "client-$transport"; do
    wait_until 60 linked "$name" 1 || fail "$name has no neighbour"
  done
  echo "$transport: linked $((($(date +%s%N) - begin) / 1000000)) ms after the start"
  ask "client-$transport" announce
  there=$(address "client-$transport")
  wait_until 90 ask "server-$transport" path show "$there" || fail "no path over the hop link"
  ask "server-$transport" message send "$there" "over the hop" --wait 30 || fail "not delivered"
  ask "server-$transport" interface
  for name in "server-$transport" "client-$transport"; do end_node "$name" TERM; done
  grep -q "closed by the neighbour" "$place"/*-"$transport".log || fail "nobody said goodbye"
done
