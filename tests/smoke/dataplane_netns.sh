#!/usr/bin/env bash
# Does the dataplane forward sealed packets between network namespaces over veth, on packet sockets and on
# AF_XDP, over IPv4 and IPv6, with next hops from the kernel, while its control plane comes and goes? And does
# the kernel keep the device where AF_XDP has our own filter?
source "$(dirname "$0")/node.sh"
source "$(dirname "$0")/net.sh"
count=${COUNT:-5000}

space near far
wire near 10.78.0.1/24 far 10.78.0.2/24
within near ip address add fd78::1/64 dev to-far nodad
within far ip address add fd78::2/64 dev to-near nodad
export XDG_RUNTIME_DIR=$place
export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 # a process that cannot be traced cannot be searched for leaks

dataplane() { # DEVICE
  ip netns exec "mehr-$$-near" "$MEHR_DATAPLANE" --socket "$place/socket" --huge no --memory 128 --buffers 8192 --port "$1" >"$place/$2.log" 2>&1 </dev/null &
  pid[dataplane]=$!
  wait_until 30 test -S "$place/socket" || { cat "$place/$2.log"; return 1; }
}
end_dataplane() {
  kill -TERM "${pid[dataplane]}"
  local code=0
  wait "${pid[dataplane]}" || code=$?
  unset 'pid[dataplane]'
  ((code == 0)) || fail "mehr-dataplane ended with $code"
}

# What the kernel's own stack answers to: a neighbour on a port that nobody listens on would be told so.
within near nft -f - <<'NFT' || echo "without nft: the kernel answers hop frames with port unreachable"
table inet mehr {
  chain in {
    type filter hook input priority 0
    udp dport 4343 drop
  }
}
NFT

for device in net_af_packet net_af_xdp; do
  dataplane "${device}0,iface=to-far" "$device" || {
    [[ $device == net_af_xdp ]] || fail "no port on packet sockets"
    echo "skipped: AF_XDP is not available here"
    exit 77
  }
  for pair in "10.78.0.2 10.78.0.1" "fd78::2 fd78::1"; do
    read -r far near <<<"$pair"
    within far "$KERNEL_FLOW" "$place/socket" "$far" "$near" "$count" | sed "s/^/$device $near: /"
    ((PIPESTATUS[0] == 0)) || { fail "$device does not carry $near"; }
  done
  if [[ $device == net_af_xdp ]]; then
    ! grep -q "driver's own program" "$place/$device.log" || fail "our filter is not attached: $(cat "$place/$device.log")"
    ip netns exec "mehr-$$-far" python3 -c '
import socket
listener = socket.create_server(("10.78.0.2", 0))
print(listener.getsockname()[1], flush=True)
listener.accept()[0].sendall(b"kernel")' >"$place/port" &
    pid[listener]=$!
    wait_until 20 test -s "$place/port"
    answer=$(within near python3 -c '
import socket, sys
print(socket.create_connection(("10.78.0.2", int(sys.argv[1])), 20).recv(6).decode())' "$(<"$place/port")")
    [[ $answer == kernel ]] || fail "the kernel lost its device to AF_XDP"
    echo "$device: the kernel's TCP goes on over the same device"
  fi
  end_dataplane
  within near ip link show dev to-far | grep -q "prog/xdp" && fail "an XDP program is left on the device"
done
exit 0
