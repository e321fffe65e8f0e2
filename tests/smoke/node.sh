# Sourced by the smoke tests: a folder of its own, nodes with their configuration and log, and an end
# that takes down exactly what was started. Programs come from the environment: MEHRD, MEHR, MEHR_GATEWAY.
set -euo pipefail
export LC_ALL=C.UTF-8
unset MEHR_SOCKET MEHR_CONFIG NOTIFY_SOCKET WATCHDOG_USEC

for program in "${MEHRD:?}" "${MEHR:?}" "${MEHR_GATEWAY:?}"; do
  [[ -x $program ]] || { echo "skipped: $program is not built"; exit 77; }
done
place=$(mktemp -d "${TMPDIR:-/tmp}/mehr-smoke.XXXXXX")
declare -A pid=()
at_end=() # commands that tidy up after the nodes

finish() {
  local code=$? name
  trap - EXIT
  for name in "${!pid[@]}"; do kill "${pid[$name]}" 2>/dev/null || true; done
  for name in "${!pid[@]}"; do
    wait_until 20 gone "${pid[$name]}" || kill -KILL "${pid[$name]}" 2>/dev/null || true
  done
  if ((code != 0 && code != 77)); then
    for log in "$place"/*.log; do
      [[ ! -s $log ]] || { echo "--- $log"; tail -n 15 "$log"; }
    done
  fi
  for name in "${at_end[@]}"; do $name || true; done
  rm -rf "$place"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  echo "failed: $*"
  exit 1
}
gone() { ! kill -0 "$1" 2>/dev/null || [[ $(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null) == Z ]]; }
# wait_until SECONDS COMMAND...: whether it became true in time
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.05
  done
}
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# configure NAME: writes the configuration from standard input behind the [node] every test needs
configure() {
  { printf '[node]\nname = "%s"\nstate_directory = "%s"\n' "$1" "$place/$1"; cat; } >"$place/$1.toml"
}
# run_node NAME [COMMAND...]: starts mehrd, through COMMAND if given, and waits until it answers
run_node() {
  "${@:2}" "$MEHRD" --config "$place/$1.toml" >>"$place/$1.log" 2>&1 </dev/null &
  pid[$1]=$!
  wait_until 60 ask "$1" status || fail "$1 does not answer"
}
end_node() { # NAME SIGNAL
  kill "-$2" "${pid[$1]}"
  wait_until 20 gone "${pid[$1]}" || fail "$1 does not end after $2"
  wait "${pid[$1]}" 2>/dev/null && code=0 || code=$?
  unset "pid[$1]"
}
ask() { "$MEHR" --socket "$place/$1/admin.sock" "${@:2}"; }
# field NAME FILTER COMMAND...: one value of the JSON answer, by a Python expression over `answer`
field() {
  local name=$1 expression=$2
  shift 2
  ask "$name" --json "$@" | python3 -c "import json, sys; answer = json.load(sys.stdin); print($expression)"
}
# The address under which NAME receives messages.
address() { field "$1" '[d["hash"] for d in answer["destinations"] if d["name"] == "lxmf.delivery"][0]' identity; }
# all_up NAME COUNT: exactly COUNT configured interfaces, all up
all_up() { [[ $(field "$1" '"%d/%d" % (answer["interfaces_up"], answer["interfaces_total"])' status) == "$2/$2" ]]; }
server() { printf '[interface.%s]\nkind = "tcp-server"\nlisten_host = "127.0.0.1"\nlisten_port = %s\n' "$1" "$2"; }
client() { printf '[interface.%s]\nkind = "tcp-client"\nconnect_host = "127.0.0.1"\nconnect_port = %s\n' "$1" "$2"; }
