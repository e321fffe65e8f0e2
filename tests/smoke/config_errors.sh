#!/usr/bin/env bash
# Does every wrong argument, configuration and place end with its exit code and a sentence?
source "$(dirname "$0")/node.sh"

# expect CODE TEXT COMMAND...: the exit code, and TEXT somewhere in what it says
expect() {
  local wanted=$1 text=$2 said code=0
  shift 2
  said=$(timeout 20 "$@" 2>&1 </dev/null) || code=$?
  ((code == wanted)) || fail "$*: exit code $code instead of $wanted: $said"
  [[ $said == *"$text"* ]] || fail "$*: does not say \"$text\": $said"
}

printf '[node]\nnome = "x"\n[interface.a]\nkind = "tcp-servr"\n' >"$place/wrong.toml"
printf '[node]\nstate_directory = "%s/state"\n' "$place" >"$place/right.toml"
for program in "$MEHRD" "$MEHR_GATEWAY"; do
  expect 0 "Usage" "$program" --help
  expect 0 "mehr" "$program" --version
  expect 2 "--nonsense" "$program" --nonsense
  expect 2 "$place/missing.toml" "$program" --config "$place/missing.toml"
  expect 2 "wrong.toml:2" "$program" --config "$place/wrong.toml"
  expect 2 "wrong.toml:4" "$program" --config "$place/wrong.toml" --check
  expect 0 "correct" "$program" --config "$place/right.toml" --check
done
expect 1 "--mehrd" "$MEHR_GATEWAY" --config "$place/right.toml" --mehrd "$place/no-such-program"

# The state directory cannot be made, or belongs to another mehrd.
printf '[node]\nstate_directory = "/proc/mehr"\n' >"$place/state.toml"
expect 3 "/proc/mehr" "$MEHRD" --config "$place/state.toml"
expect 3 "cannot mend" "$MEHR_GATEWAY" --mehrd "$MEHRD" --config "$place/state.toml"
configure one </dev/null
run_node one
expect 3 "" "$MEHRD" --config "$place/one.toml"
{ printf '[node]\nstate_directory = "%s/other"\nadmin_socket = "%s/one/admin.sock"\n' "$place" "$place"; } >"$place/socket.toml"
expect 5 "admin.sock" "$MEHRD" --config "$place/socket.toml"
printf '[node]\nstate_directory = "%s/p"\npassphrase_file = "%s/no-file"\n' "$place" "$place" >"$place/pass.toml"
expect 3 "no-file" "$MEHRD" --config "$place/pass.toml"

# The command line tool: usage 2, unreachable 3, not found 4, timeout 5.
one=(--socket "$place/one/admin.sock")
nobody=00112233445566778899aabbccddeeff
expect 2 "Subcommands" "$MEHR"
expect 2 "nonsense" "$MEHR" nonsense
expect 2 "32 hexadecimal digits" "$MEHR" "${one[@]}" path show 1234
expect 2 "--timeout" "$MEHR" "${one[@]}" ping "$nobody" --timeout never
expect 3 "systemctl start mehr-gateway" "$MEHR" --socket "$place/none.sock" status
expect 3 '"exit_code": 3' "$MEHR" --json --socket "$place/none.sock" status
expect 4 "no path" "$MEHR" "${one[@]}" path show "$nobody"
expect 4 "no path" "$MEHR" "${one[@]}" path drop "$nobody"
expect 5 "no path" "$MEHR" "${one[@]}" path request "$nobody" --timeout 0.2
expect 5 "stays queued" "$MEHR" "${one[@]}" message send "$nobody" text --wait 0.2
expect 0 "queued" "$MEHR" "${one[@]}" message send "<$nobody>" text --wait 0
expect 2 "--wait" "$MEHR" "${one[@]}" message send "$nobody" text --wait nonsense
head -c 2000000 /dev/zero | tr '\0' x >"$place/long"
expect 2 "too long" bash -c '"$@" <"$0"' "$place/long" "$MEHR" "${one[@]}" message send "$nobody" -
head -c 1048570 /dev/zero | tr '\0' x >"$place/long"
expect 2 "" bash -c '"$@" <"$0"' "$place/long" "$MEHR" "${one[@]}" message send "$nobody" - --title "longer than max_message_bytes"
expect 2 "wrong.toml" "$MEHR" config check "$place/wrong.toml"
expect 0 "correct" "$MEHR" config check "$place/right.toml"
expect 0 "[node]" "$MEHR" config default

# Identities, with and without the daemon.
expect 0 "identity" "$MEHR" "${one[@]}" identity
expect 1 "" "$MEHR" identity new --state-directory "$place/one" --replace
hex=$(printf 'ab%.0s' {1..64})
expect 0 "identity" "$MEHR" identity import "$hex" --state-directory "$place/fresh"
expect 0 "public key" "$MEHR" identity show --state-directory "$place/fresh"
expect 1 "" "$MEHR" identity new --state-directory "$place/fresh"
expect 0 "private key in" "$MEHR" identity export "$place/key" --state-directory "$place/fresh"
[[ $(stat -c '%a %s' "$place/key") == "600 64" ]] || fail "the exported key is $(stat -c '%a %s' "$place/key")"
[[ $(od -An -tx1 -v "$place/key" | tr -d ' \n') == "$hex" ]] || fail "the exported key is another one"
expect 1 "exists" "$MEHR" identity export "$place/key" --state-directory "$place/fresh"
expect 0 "identity" "$MEHR" identity import "$place/key" --state-directory "$place/again"
expect 2 "128 hexadecimal digits" "$MEHR" identity import 1234 --state-directory "$place/fresh" --replace
end_node one TERM
((code == 0)) || fail "exit code $code after SIGTERM"
