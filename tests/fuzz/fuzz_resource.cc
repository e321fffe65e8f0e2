// Resource control messages, chosen by the first byte: whatever decodes must survive encoding
// again.
#include <cstdlib>

#include "core/wire/resource.h"

using namespace mehr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input{data + 1, size - 1};
  switch (data[0] % 4) {
    case 0:
      if (const auto decoded = wire::decode_resource_advertisement(input)) {
        const auto again =
            wire::decode_resource_advertisement(wire::encode_resource_advertisement(*decoded));
        if (!again || again->hash != decoded->hash || again->map != decoded->map) std::abort();
      }
      break;
    case 1:
      if (const auto decoded = wire::decode_resource_request(input)) {
        const auto again = wire::decode_resource_request(wire::encode_resource_request(*decoded));
        if (!again || again->wanted != decoded->wanted) std::abort();
      }
      break;
    case 2:
      if (const auto decoded = wire::decode_resource_map_update(input)) {
        const auto again =
            wire::decode_resource_map_update(wire::encode_resource_map_update(*decoded));
        if (!again || again->map != decoded->map) std::abort();
      }
      break;
    default:
      if (const auto decoded = wire::decode_resource_proof(input)) {
        if (wire::encode_resource_proof(*decoded) != to_bytes(input)) std::abort();
      }
      break;
  }
  return 0;
}
