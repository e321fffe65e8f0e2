// Host bytes into an emulated radio, cut into writes by the input itself: whatever a host says, the
// device keeps its bounds, everything it answers is a whole KISS frame, and time goes on.
#include <algorithm>
#include <cstdlib>

#include "tools/mehr-radio/emulator.h"

using namespace mehr;
using namespace mehr::mehr_radio;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Emulator emulator(1, nullptr);
  const NodeId alice = emulator.add_node("alice"), bob = emulator.add_node("bob");
  emulator.plug(alice, Time{});
  emulator.plug(bob, Time{});
  Time now{1s};
  ByteView input{data, size};
  // Each write: one byte of length, one of pause in 8 ms.
  while (input.size() > 2) {
    const std::size_t length = std::min<std::size_t>(input[0], input.size() - 2);
    now += input[1] * Duration{8ms};
    const NodeId node = (input[1] & 1) != 0 ? bob : alice;
    emulator.from_host(node, input.subspan(2, length), now);
    input = input.subspan(2 + length);
    const RnodeDevice& device = emulator.device(node);
    if (device.queue().bytes() > kQueueBytes || device.queue().packets() > kQueuePackets)
      std::abort();
    const Bytes said = emulator.take_output(node);
    if (!said.empty() && (said.front() != 0xC0 || said.back() != 0xC0)) std::abort();
  }
  emulator.advance(now + 2s);
  return 0;
}
