// RNode messages from a serial line: every frame is understood or carried through, and encoding
// what was understood is stable. The rest of the input goes through the air-frame receiver.
#include <algorithm>
#include <variant>

#include "core/base/assert.h"
#include "core/wire/airtime.h"
#include "core/wire/kiss.h"
#include "core/wire/rnode.h"

using namespace mehr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  wire::KissDecoder decoder(wire::kRnodeMtu);
  wire::RnodeStatus status;
  decoder.push(input, [&](const wire::KissFrame& frame) {
    const wire::RnodeMessage message = wire::decode_rnode(frame.command, frame.payload);
    status.apply(message);
    const Bytes encoded = wire::encode_rnode(message);
    wire::KissDecoder fresh(wire::kRnodeMtu);
    int frames = 0;
    fresh.push(encoded, [&](const wire::KissFrame& same) {
      const wire::RnodeMessage again = wire::decode_rnode(same.command, same.payload);
      MEHR_ASSERT(again.index() == message.index() && same.command == frame.command);
      MEHR_ASSERT(wire::encode_rnode(again) == encoded);
      ++frames;
    });
    MEHR_ASSERT(frames == 1);
  });
  MEHR_ASSERT(status.quality_percent >= 0 && status.quality_percent <= 100);
  MEHR_ASSERT(!wire::rnode_mismatch_name(wire::rnode_mismatch({}, status)).empty());

  wire::RnodeAirReceiver receiver;
  for (ByteView rest = input; !rest.empty();) {
    const ByteView frame = rest.first(std::min<std::size_t>(rest.size(), 1 + rest[0] % 255U));
    MEHR_ASSERT(receiver.receive(frame).size() <= 2 * wire::kRnodeFramePayload);
    rest = rest.subspan(frame.size());
  }
  if (!input.empty() && input.size() <= 2 * wire::kRnodeFramePayload) {
    Bytes joined;
    wire::RnodeAirReceiver fresh;
    for (const Bytes& frame : wire::rnode_air_frames(input, input[0])) {
      joined = fresh.receive(frame);
    }
    MEHR_ASSERT(joined == to_bytes(input));
  }
  return 0;
}
