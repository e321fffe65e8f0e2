#!/usr/bin/env bash
# What does a node still know after kill -9 and after an orderly stop?
source "$(dirname "$0")/node.sh"

# cached NAME ADDRESS: whether the address is in the cache's files; rows are written half a second late
cached() {
  python3 -c 'import glob, sys; sys.exit(not any(bytes.fromhex(sys.argv[2]) in open(f, "rb").read() for f in glob.glob(sys.argv[1] + "/cache.db*")))' "$place/$1" "$2"
}

port=$(free_port)
server lan "$port" | configure bob
client up "$port" | configure alice
run_node bob
run_node alice
wait_until 60 all_up alice 1 || fail "alice has no connection"
before=$(field bob 'answer["identity_hash"]' identity)
alice=$(address alice)
bob=$(address bob)
ask alice announce
wait_until 90 ask bob path show "$alice" || fail "bob learns no path"
ask bob message send "$alice" "before" --wait 90 || fail "not delivered"
# A message nobody can take yet must survive, too.
ask bob message send 00112233445566778899aabbccddeeff "to nobody" --wait 0

wait_until 60 cached bob "$alice" || fail "the path is not written"
end_node bob KILL
run_node bob
[[ $(field bob 'answer["identity_hash"]' identity) == "$before" ]] || fail "another identity after kill -9"
[[ $(address bob) == "$bob" ]] || fail "another address after kill -9"
contents=$(field bob 'sorted((m["content"], m["state"] == "delivered") for m in answer["messages"])' message list)
[[ $contents == "[('before', True), ('to nobody', False)]" ]] || fail "messages after kill -9: $contents"
paths=$(field bob 'answer["known_identities"]' status)
((paths > 0)) || fail "no identity is remembered after kill -9"

wait_until 60 all_up alice 1 || fail "alice does not come back"
# By the tunnel, or when bob says where he is: whichever alice hears first.
ask bob announce
wait_until 90 ask alice path show "$bob" || fail "alice finds bob no more"
ask alice message send "$bob" "after" --wait 90 || fail "not delivered after the restart"

end_node bob TERM
((code == 0)) || fail "exit code $code after SIGTERM"
run_node bob
count=$(field bob 'len(answer["messages"])' message list)
((count == 3)) || fail "$count messages after an orderly stop"

# A mehrd that was killed may hold its lock and its socket a moment longer than its process id.
end_node bob TERM
python3 -c 'import fcntl, socket, sys, time
lock = open(sys.argv[1] + "/lock", "r+")
fcntl.flock(lock, fcntl.LOCK_EX)
at = socket.socket(socket.AF_UNIX)
at.bind(sys.argv[1] + "/admin.sock")
at.listen()
print("held", flush=True)
time.sleep(1)' "$place/bob" >"$place/holder" &
holder=$!
wait_until 20 grep -q held "$place/holder" || fail "nobody holds the lock"
run_node bob
wait "$holder" || fail "the holder failed"
grep -q "waiting a moment for it to go" "$place/bob.log" || fail "bob did not have to wait"

# A path over an interface that is there again at once is used without a new announce.
client up "$port" | configure dave
run_node dave
wait_until 60 all_up dave 1 || fail "dave has no connection"
ask bob announce
wait_until 90 ask dave path show "$bob" || fail "dave learns no path"
wait_until 60 cached dave "$bob" || fail "the path is not written"
end_node dave KILL
run_node dave
wait_until 60 all_up dave 1 || fail "dave has no connection after kill -9"
wait_until 60 ask dave path show "$bob" || fail "dave forgot the path"
ask dave message send "$bob" "from memory" --wait 90 || fail "the remembered path does not carry"
