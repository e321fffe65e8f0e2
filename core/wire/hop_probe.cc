// The four bytes of hop_probe.h.
#include "core/wire/hop_probe.h"

namespace mehr::wire {

std::optional<std::uint32_t> decode_hop_probe(ByteView body) {
  ByteReader reader(body);
  const std::uint32_t number = reader.u32_le();
  if (!reader.finished()) return std::nullopt;
  return number;
}

Bytes encode_hop_probe(std::uint32_t number) {
  return ByteWriter(kHopProbeSize).u32_le(number).take();
}

}  // namespace mehr::wire
