#!/usr/bin/env bash
# Does a running node take another configuration as a whole or not at all, without touching what stays?
source "$(dirname "$0")/node.sh"

port=$(free_port)
other=$(free_port)
page=$(free_port)
mkdir "$place/bob.d"
{ server lan "$port"; } | configure bob
client up "$port" | configure alice
run_node bob
run_node alice
wait_until 60 all_up alice 1 || fail "alice has no connection"
ask alice announce
alice=$(address alice)
wait_until 90 ask bob path show "$alice" || fail "bob learns no path"
peers() { field bob 'sorted(i["detail"] for i in answer["interfaces"] if i["parent"])' interface; }
before=$(peers)
ask bob events --follow --json >"$place/events" &
pid[events]=$!

# Another interface, a metrics page, a setting that takes a restart: what stays is not touched.
{ server wan "$other"; printf '[operator]\nmetrics = "127.0.0.1:%s"\n[node]\nmax_paths = 5000\n' "$page"; } >"$place/bob.d/10-more.toml"
applied=$(field bob 'answer["applied"], answer["restart_needed"]' config reload)
[[ $applied == "['operator.metrics', 'interface.wan added'] ['node.max_paths']" ]] || fail "applied: $applied"
wait_until 60 all_up bob 2 || fail "the new interface is not up"
[[ $(peers) == "$before" ]] || fail "alice was disconnected"
ask bob path show "$alice" || fail "the path is lost"
ask bob status | grep "restart needed" | grep -q max_paths || fail "status does not say what waits"
fetch() { python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1], timeout=5).read().decode())' "http://127.0.0.1:$page/metrics"; }
fetch >"$place/page" || fail "no metrics page"
grep -q '^mehr_interfaces_up 2$' "$place/page" || fail "the page does not count interfaces"
grep -q '^mehr_interface_clients{interface="lan",kind="tcp-server"} 1$' "$place/page" || fail "the page does not count clients"

# A mistake anywhere, a port for metrics that is taken, a user nobody knows: refused, nothing changed.
refused() { # TEXT WHAT
  printf '%s\n' "$1" >"$place/bob.d/20-wrong.toml"
  code=0
  said=$(ask bob config reload) || code=$?
  ((code == 2)) || fail "$2: exit code $code"
  [[ $said == *"nothing was changed"* ]] || fail "$2: $said"
  all_up bob 2 || fail "$2: something changed"
  [[ $(peers) == "$before" ]] || fail "$2: alice was disconnected"
  fetch >/dev/null || fail "$2: the metrics page is gone"
}
refused $'[interface.lan]\nlisten_port = 1\n[interface.x]\nkind = "nonsense"' "a mistake"
refused $'[interface.lan]\nlisten_port = 1\n[operator]\nmetrics = "127.0.0.1:'"$port"'"' "a taken port"
refused $'[interface.lan]\nlisten_port = 1\n[operator]\nusers = "no-such-user-here"' "an unknown user"
rm "$place/bob.d/20-wrong.toml"

# Removing the interface one is connected by, unconfirmed: it comes back, and so does the path.
printf '[interface.lan]\nenabled = false\n' >"$place/bob.d/20-off.toml"
ask bob config reload --confirm 2s | grep -q "config confirm" || fail "does not ask for confirmation"
told() { grep -q "$1" "$place/events"; }
wait_until 60 told '"kind":"interface","subject":"lan","state":"disabled"' || fail "the interface is still there"
wait_until 60 told '"kind":"configuration".*"state":"undone"' || fail "nothing was undone"
wait_until 60 all_up bob 2 || fail "the interface does not come back"
wait_until 60 all_up alice 1 || fail "alice does not come back"
# By a signal, for good.
kill -HUP "${pid[bob]}"
wait_until 60 all_up bob 1 || fail "SIGHUP did not reload"
kill "${pid[events]}"
unset "pid[events]"
for state in applied refused undone; do
  grep -q "\"kind\":\"configuration\".*\"state\":\"$state\"" "$place/events" || fail "no event: $state"
done
ask bob log --level warn --lines 100 | grep -q "configuration refused" || fail "the log does not say it"
grep -q '"kind":"interface","subject":"wan","state":"up"' "$place/events" || fail "no event of the interface"

# Who may only ask.
[[ $(stat -c %a "$place/bob/read.sock" "$place/bob/admin.sock" | tr '\n' ' ') == "666 600 " ]] || fail "modes of the sockets"
"$MEHR" --socket "$place/bob/read.sock" status >/dev/null || fail "the read-only socket does not answer"
code=0
"$MEHR" --socket "$place/bob/read.sock" config reload 2>/dev/null || code=$?
((code == 6)) || fail "an order on the read-only socket: exit code $code"
if ((EUID == 0)); then
  chmod 755 "$place" "$place/bob"
  as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$MEHR" --socket "$place/bob/read.sock" status; }
  ! as_nobody >/dev/null 2>&1 || fail "a stranger may read"
  printf '[operator]\nreaders = "@65534"\n' >"$place/bob.d/30-readers.toml"
  ask bob config reload >/dev/null
  as_nobody >/dev/null || fail "a reader may not read"
fi
