#!/usr/bin/env bash
# Does a gateway with a dataplane carry what one without does, faster, and through the death of either
# plane? near -- middle -- far over veth, hop links over UDP; the middle has mehrd and mehr-dataplane.
# DEVICE=net_af_packet tries packet sockets instead of AF_XDP.
source "$(dirname "$0")/node.sh"
source "$(dirname "$0")/net.sh"
device=${DEVICE:-net_af_xdp}
rate_us=${INTERVAL_US:-200} fewer=${FEWER:-1}

identity near && near=$identity
identity middle && middle=$identity
identity far && far=$identity
space near middle far
wire near 10.79.1.1/24 middle 10.79.1.2/24
wire middle 10.79.2.1/24 far 10.79.2.2/24
export XDG_RUNTIME_DIR=$place
plain() { printf '[interface.plain]\nkind = "udp"\nlisten_host = "127.0.0.1"\nlisten_port = 5001\nconnect_host = "127.0.0.1"\nconnect_port = 5002\n'; }
{ hop 'listen_host = "10.79.1.1"' "peers = [\"$middle@10.79.1.2:4343\"]"; plain; } | configure near
{ hop 'listen_host = "10.79.2.2"' "peers = [\"$middle@10.79.2.1:4343\"]"; plain; } | configure far
{ hop "allowed = [\"$near\", \"$far\"]"; printf '[dataplane]\nsocket = "%s"\n' "$place/dataplane.sock"; } | configure middle

dataplane() {
  ip netns exec "mehr-$$-middle" "$MEHR_DATAPLANE" --socket "$place/dataplane.sock" --huge no --memory 128 --buffers 8192 \
    --port "${device}0,iface=to-near" --port "${device}1,iface=to-far" >>"$place/dataplane.log" 2>&1 </dev/null &
  pid[dataplane]=$!
}
lent() { [[ $(field middle '"%s %d" % (answer["state"], answer["neighbours"])' dataplane) == "running 2" ]]; }
forwarded() { field middle 'answer["forwarded_packets"]' dataplane; }
# flow COUNT: sends and waits for the end; its last line is in $last
flow() {
  within near "$MESH_FLOW" send 5002 5001 "$near" "$destination" "$(($1 / fewer))" 300 "$rate_us" >"$place/send.log" 2>&1 &
  pid[send]=$!
}
flow_end() {
  wait "${pid[send]}" || fail "the sender"
  unset 'pid[send]'
  last=$(tail -n 1 "$place/send.log")
  echo "$1: $last"
  [[ $last =~ sent=([0-9]+)\ proved=([0-9]+)\ gap_ms=([0-9]+) ]] || fail "no figures"
  sent=${BASH_REMATCH[1]} proved=${BASH_REMATCH[2]} gap_ms=${BASH_REMATCH[3]}
}
downs() { grep -c "the link .* is down" "$place/$1.log" || true; }

for name in near middle far; do start "$name" "$name"; done
for name in near far; do wait_until 30 linked "$name" 1 || fail "$name has no neighbour"; done
grep -q "no dataplane answers" "$place/middle.log" || fail "nobody says that there is no dataplane"

ip netns exec "mehr-$$-far" "$MESH_FLOW" owner 5002 5001 >"$place/owner.log" 2>&1 &
pid[owner]=$!
wait_until 20 test -s "$place/owner.log"
destination=$(head -n 1 "$place/owner.log")
wait_until 60 ask near path show "$destination" || fail "near learns no path"

flow 5000
flow_end "by mehrd alone"
((proved >= sent * 99 / 100)) || fail "lost without a dataplane"

dataplane
wait_until 30 test -S "$place/dataplane.sock" || { [[ $device == net_af_packet ]] || { cat "$place/dataplane.log"; echo "skipped: AF_XDP is not available here"; exit 77; }; fail "no dataplane"; }
wait_until 20 lent || fail "the neighbours are not handed over: $(ask middle dataplane)"
[[ $(downs near) == 0 && $(downs far) == 0 ]] || fail "a link was lost when the dataplane came"
before=$(forwarded)
flow 20000
for ((i = 0; i < 4; ++i)); do
  sleep 0.5
  for peer in near far; do ask "$peer" link rekey "${middle:0:8}" >/dev/null; done
done
flow_end "by the dataplane, keys changing"
((proved == sent)) || fail "lost by the dataplane: $((sent - proved))"
carried=$(($(forwarded) - before))
echo "the dataplane forwarded $carried packets of $((2 * sent)), epoch $(field near 'answer["links"][0]["epoch"]' link show "${middle:0:8}")"
((carried >= 2 * sent * 9 / 10)) || fail "the bulk was not forwarded by the dataplane"
ask middle dataplane

flow 30000
sleep 2
kill -KILL "${pid[dataplane]}"
wait "${pid[dataplane]}" 2>/dev/null || true
unset 'pid[dataplane]'
sleep 1.5
dataplane
wait_until 20 lent || fail "not handed over again"
flow_end "the dataplane killed after 2 s, started again after 3.5 s"
((gap_ms < 2000)) || fail "traffic stood still for $gap_ms ms"
((proved >= sent * 8 / 10)) || fail "too much was lost"
for name in near middle far; do [[ $(downs "$name") == 0 ]] || fail "$name lost a link"; done
before=$(forwarded)
flow 5000
flow_end "by the new dataplane"
((proved == sent && $(forwarded) - before >= sent)) || fail "not accelerated again"

# mehrd dies: the dataplane goes on headless.
flow 15000
sleep 1
end_node middle KILL
flow_end "without mehrd after 1 s"
# What only mehrd could decide is lost meanwhile.
((proved >= sent * 97 / 100)) || fail "the dataplane does not go on without mehrd"
start middle middle
wait_until 60 lent || fail "the new mehrd does not take the dataplane over"
# Its links are new ones, and paths over the old ones went with them.
wait_until 60 ask near path request "$destination" || fail "no path through the new mehrd"
flow 5000
flow_end "with a new mehrd"
((proved >= sent * 99 / 100)) || fail "lost after the new mehrd"
for name in near middle far; do end_node "$name" TERM; done
end_node dataplane TERM
exit 0
