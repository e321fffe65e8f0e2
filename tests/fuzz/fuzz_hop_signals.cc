// The bodies of the control records the router takes from a neighbour: whatever decodes encodes to
// the very same bytes.
#include "core/base/assert.h"
#include "core/wire/hop_signals.h"
#include "core/wire/path_cost.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mehr;
  const ByteView body(data, size);
  const Bytes whole = to_bytes(body);
  if (const auto record = wire::decode_path_cost_record(body)) {
    MEHR_ASSERT(wire::encode_path_cost_record(*record) == whole);
  }
  if (const auto message = wire::decode_packet_too_big(body)) {
    MEHR_ASSERT(wire::encode_packet_too_big(*message) == whole);
  }
  if (const auto signal = wire::decode_congestion(body)) {
    MEHR_ASSERT(wire::encode_congestion(*signal) == whole);
  }
  return 0;
}
