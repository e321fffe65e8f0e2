// Path request payloads: what is understood encodes to a packet that is understood the same.
#include "core/base/assert.h"
#include "core/wire/path_request.h"

using namespace mehr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  const auto request = wire::decode_path_request(input);
  MEHR_ASSERT(request.has_value() == (size > 16));
  if (!request) return 0;
  MEHR_ASSERT(!request->tag.empty() && request->tag.size() <= wire::kPathTagMax);
  const Bytes raw = wire::encode_path_request(*request);
  const auto packet = wire::decode_packet(raw);
  MEHR_ASSERT(packet && packet->destination == wire::kPathRequestDestination);
  const auto again = wire::decode_path_request(packet->data);
  MEHR_ASSERT(again && again->destination == request->destination &&
              again->transport_id == request->transport_id &&
              to_bytes(again->tag) == to_bytes(request->tag));
  return 0;
}
