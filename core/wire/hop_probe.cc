// The layout of hop_probe.h.
#include "core/wire/hop_probe.h"

#include <algorithm>

namespace mehr::wire {

std::optional<std::uint32_t> decode_hop_probe(ByteView body) {
  ByteReader reader(body);
  const std::uint32_t number = reader.u32_le();
  const ByteView filling = reader.rest();
  const bool zeroes =
      std::all_of(filling.begin(), filling.end(), [](std::uint8_t byte) { return byte == 0; });
  if (reader.failed() || !zeroes) return std::nullopt;
  return number;
}

Bytes encode_hop_probe(std::uint32_t number, std::size_t size) {
  Bytes out = ByteWriter(size).u32_le(number).take();
  out.resize(std::max(size, kHopProbeSize));
  return out;
}

}  // namespace mehr::wire
