#!/usr/bin/env bash
# The operator's first hour: install the package, doctor, identity, three lines of configuration, check, start,
# status, ping, a reload with a mistake, a radio unplugged and plugged in again, an upgrade that keeps the
# paths. In a root of its own: an overlay over this system's, gone when the test ends. Needs root.
if [[ -z ${MEHR_FIRST_HOUR_INSIDE:-} ]]; then
  ((EUID == 0)) || { echo "skipped: only root can make a root of its own"; exit 77; }
  for tool in unshare dpkg-deb dpkg-shlibdeps systemd-sysusers setpriv; do
    command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
  done
  unshare --mount true 2>/dev/null || { echo "skipped: no mount namespaces here"; exit 77; }
  MEHR_FIRST_HOUR_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi
source "$(dirname "$0")/node.sh"
sources=$(cd "$(dirname "$0")/../.." && pwd)
radio=${MEHR_RADIO:?}
builds=$(cd "$(dirname "$MEHR")/../.." && pwd)
step() { printf '%5.1f s  %s\n' "$(bc -l <<<"($(date +%s%N) - $began) / 1000000000" 2>/dev/null || echo $SECONDS)" "$*"; }
began=$(date +%s%N)

"$sources/deploy/debian/build" --programs "$builds" --output "$place" --revision 1 >"$place/build.log" 2>&1 ||
  { tail -5 "$place/build.log"; fail "the package does not build"; }
"$sources/deploy/debian/build" --programs "$builds" --output "$place" --revision 2 >>"$place/build.log" 2>&1
step "two packages built, $(du -k "$place"/*-1_*.deb | cut -f1) KiB each"

# A clean root: this system below, nothing of ours in it, everything written goes to memory. Its mounts end with
# this namespace; they lie outside the folder that is removed at the end, which must never reach into them.
layers=$(mktemp -d "${TMPDIR:-/tmp}/mehr-root.XXXXXX")
leave_root() {
  local code=$?
  umount --recursive --lazy "$layers" 2>/dev/null || true
  rmdir "$layers" 2>/dev/null || true
  set +e
  (exit "$code")
  finish
}
trap leave_root EXIT
mount -t tmpfs tmpfs "$layers"
mkdir "$layers"/{upper,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$layers/upper,workdir=$layers/work" "$layers/root" 2>/dev/null ||
  { echo "skipped: no overlay file systems here"; exit 77; }
clean=$layers/root
for folder in proc sys dev; do mount --rbind /$folder "$clean/$folder"; done
mount -t tmpfs tmpfs "$clean/run"
mkdir -p "$clean$place"
mount --bind "$place" "$clean$place"
there() { chroot "$clean" "$@"; }
! there sh -c 'command -v mehr || getent passwd mehr' >/dev/null || { echo "skipped: the gateway is installed on this host"; exit 77; }

there dpkg -i "$place"/mehr-gateway_*-1_*.deb >"$place/dpkg.log" 2>&1 || fail "dpkg: $(tail -3 "$place/dpkg.log")"
there getent passwd mehr >/dev/null || fail "there is no user mehr"
[[ $(there stat -c '%a %U %G' /var/lib/mehr /etc/mehr /etc/mehr/mehr.toml | tr '\n' ' ') == "700 mehr mehr 750 root mehr 640 root mehr " ]] ||
  fail "folders: $(there stat -c '%a %U %G %n' /var/lib/mehr /etc/mehr /etc/mehr/mehr.toml)"
there id -nG mehr | grep -qw dialout || fail "mehr may not use serial lines"
there man -w mehr >/dev/null 2>&1 || [[ -e $clean/usr/share/man/man1/mehr.1.gz ]] || fail "no manual page"
step "installed"

doctor() { code=0; there mehr doctor "$@" >"$place/doctor" 2>&1 || code=$?; }
doctor
((code == 1)) || fail "doctor: exit code $code: $(cat "$place/doctor")"
grep -q "no interface" "$place/doctor" || fail "doctor does not miss the interface: $(cat "$place/doctor")"
grep -q "systemctl start mehr-gateway" "$place/doctor" || fail "doctor does not say how to start"
step "doctor names $(grep -c '^problem' "$place/doctor") problems"

# Limits first, as systemd does: the user alone may not raise them.
limits=(prlimit --memlock=67108864 --core=0)
"${limits[@]}" true 2>/dev/null || { limits=(prlimit --core=0) && echo "the limit of locked memory cannot be set here: it stays $(ulimit -l) KiB"; }
as_mehr=(chroot "$clean" "${limits[@]}" setpriv --reuid mehr --regid mehr --init-groups --no-new-privs --bounding-set=-all)
"${as_mehr[@]}" mehr identity new --state-directory /var/lib/mehr >"$place/identity" || fail "no identity"
identity=$(awk '/^identity:/ {print $2}' "$place/identity")
step "identity $identity"

# The radio: an emulated one, which lives outside; its port is a link to a pty, as /dev/serial/by-id has them.
"$radio" --link "$place/radio" --node home --node peer --control "$place/radio.sock" >"$place/radio.log" 2>&1 &
pid[radio]=$!
wait_until 60 test -e "$place/radio/home" || fail "no emulated radio"
chmod 666 "$(readlink -f "$place/radio/home")"
port=$(free_port)
cat >"$clean/etc/mehr/mehr.d/10-mine.toml" <<TOML
interface.radio = { kind = "rnode", device = "$place/radio/home", frequency_hz = 868200000, airtime_limit_long_percent = 1 }
interface.uplink = { kind = "tcp-client", connect_host = "127.0.0.1", connect_port = $port }
operator = { metrics = "/run/mehr/metrics.sock", readers = "@mehr" }
TOML
chmod 755 "$place"
chroot "$clean" chgrp mehr /etc/mehr/mehr.d/10-mine.toml
there mehr config check >"$place/check" || fail "check: $(cat "$place/check")"
step "$(cat "$place/check")"

# As the unit starts it: the same user, folders and limits; systemd itself does not run in here.
start() {
  there install -d -o mehr -g mehr -m 755 /run/mehr
  "${as_mehr[@]}" env RUNTIME_DIRECTORY=/run/mehr STATE_DIRECTORY=/var/lib/mehr \
    mehr-gateway --config /etc/mehr/mehr.toml >>"$place/gateway.log" 2>&1 </dev/null &
  pid[gateway]=$!
  wait_until 60 there mehr status || fail "the gateway does not answer: $(tail -3 "$place/gateway.log")"
}
# Somebody to talk to, over the network.
server lan "$port" | configure alice
run_node alice
start
up() { there mehr --json status | grep -q "\"interfaces_up\": $1"; }
wait_until 60 up 2 || fail "not up: $(there mehr interface)"
there mehr status >"$place/status"
grep -q "$identity" "$place/status" || fail "another identity: $(cat "$place/status")"
doctor --json
((code == 0)) || fail "doctor is not content: $(cat "$place/doctor")"
grep -q '"well": true' "$place/doctor" || fail "doctor --json: $(cat "$place/doctor")"
step "started, two interfaces up, the doctor is content"

ask alice announce >/dev/null
alice=$(address alice)
wait_until 90 there mehr path show "$alice" || fail "no path to alice"
there mehr ping "$alice" --timeout 20 >"$place/ping" || fail "no reply: $(cat "$place/ping")"
step "$(cat "$place/ping")"

# A reload with a mistake: refused, nothing changed.
before=$(there mehr --json interface | grep -E '"(name|detail|state)"')
printf 'interface.uplink = { connect_port = 1, modee = "full" }\n' >"$clean/etc/mehr/mehr.d/20-wrong.toml"
chroot "$clean" chgrp mehr /etc/mehr/mehr.d/20-wrong.toml
code=0
there mehr config reload >"$place/reload" 2>&1 || code=$?
((code == 2)) || fail "reload: exit code $code"
grep -q '20-wrong.toml:1: interface.uplink.modee: unknown key' "$place/reload" || fail "reload says: $(cat "$place/reload")"
[[ $(there mehr --json interface | grep -E '"(name|detail|state)"') == "$before" ]] || fail "something changed"
rm "$clean/etc/mehr/mehr.d/20-wrong.toml"
there mehr config reload | grep -q "nothing to apply" || fail "the old configuration does not apply"
step "a reload with a mistake was refused"

# The radio is pulled out: event, log, metric and doctor say so. It comes back by itself.
there mehr events --follow --json --kind interface >"$place/events" 2>/dev/null &
pid[events]=$!
control() { python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall((sys.argv[2] + "\n").encode()); print(s.recv(100).decode())' "$place/radio.sock" "$1"; }
metric() { python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
text = b""
while piece := s.recv(65536): text += piece
print([line.split()[-1] for line in text.decode().splitlines() if line.startswith(sys.argv[2])][0])' "$clean/run/mehr/metrics.sock" "$1"; }
radio_up() { [[ $(metric 'mehr_interface_up{interface="radio"') == "$1" ]]; }
wait_until 60 radio_up 1 || fail "the metrics do not know the radio"
control "unplug home" >/dev/null
wait_until 60 radio_up 0 || fail "nobody notices that the radio is gone"
wait_until 60 grep -q '"subject":"radio","state":"down"' "$place/events" || fail "no event: $(cat "$place/events")"
there mehr log --level warn --lines 20 | grep -q "interface radio is down" || fail "the log does not say it"
# The alert rule that fires is the one over this metric.
grep -q 'expr: "mehr_interface_up == 0"' "$clean/usr/share/mehr/alerts.yaml" || fail "no alert for it"
doctor
((code == 1)) || fail "doctor does not mind: $(cat "$place/doctor")"
grep -A1 "radio" "$place/doctor" | grep -q -- "->" || fail "doctor does not say what to do: $(cat "$place/doctor")"
up 1 || fail "the other interface suffers"
step "radio unplugged: event, log, metric (alert MehrInterfaceDown) and doctor say so"
control "replug home" >/dev/null
wait_until 60 test -e "$place/radio/home" || fail "the port does not come back"
chmod 666 "$(readlink -f "$place/radio/home")"
wait_until 60 radio_up 1 || fail "the radio does not come back: $(there mehr interface)"
step "plugged in again: up by itself"
kill "${pid[events]}" 2>/dev/null || true
unset "pid[events]"

# The upgrade: configuration, identity and paths stay.
there dpkg -i "$place"/mehr-gateway_*-2_*.deb >"$place/dpkg.log" 2>&1 || fail "upgrade: $(tail -3 "$place/dpkg.log")"
end_node gateway TERM
((code == 0)) || fail "exit code $code at the stop"
# What the gateway knows of alice now, it remembers: she says nothing new.
end_node alice TERM
start
there dpkg-query -W -f '${Version}' mehr-gateway | grep -q -- '-2$' || fail "not the new version"
wait_until 60 up 1 || fail "the radio is not up after the upgrade"
there mehr status | grep -q "$identity" || fail "another identity after the upgrade"
grep -q " 1 paths remembered\| [2-9] paths remembered" <(tail -40 "$place/gateway.log") || fail "the path is lost: $(grep remembered "$place/gateway.log")"
run_node alice
wait_until 60 up 2 || fail "no connection after the upgrade"
wait_until 90 there mehr path show "$alice" || fail "the path is not used again"
step "upgraded: identity, configuration and paths are there"

# Removing keeps the state, purging takes it.
end_node gateway TERM
there dpkg -r mehr-gateway >/dev/null 2>&1 || fail "does not go"
[[ -e $clean/var/lib/mehr/identity.db && -e $clean/etc/mehr/mehr.toml ]] || fail "removing took the state"
there dpkg -P mehr-gateway >/dev/null 2>&1 || fail "does not purge"
[[ ! -e $clean/var/lib/mehr && ! -e $clean/etc/mehr ]] || fail "purging leaves things behind"
step "removed and purged"
