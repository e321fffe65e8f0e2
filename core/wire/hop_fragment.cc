// The layout of hop_fragment.h.
#include "core/wire/hop_fragment.h"

namespace mehr::wire {

std::optional<HopFragment> decode_hop_fragment(ByteView body) {
  ByteReader reader(body);
  HopFragment out;
  out.number = reader.u32_le();
  out.total = reader.u16_le();
  out.offset = reader.u16_le();
  out.hop_class = HopClass::unpack(reader.u8());
  out.price = reader.u8();
  out.piece = reader.rest();
  const std::size_t end = std::size_t{out.offset} + out.piece.size();
  if (reader.failed() || out.piece.empty() || end > out.total || out.hop_class.control ||
      out.piece.size() == out.total) {
    return std::nullopt;
  }
  return out;
}

Bytes encode_hop_fragment(const HopFragment& fragment) {
  return ByteWriter(kHopFragmentHeader + fragment.piece.size())
      .u32_le(fragment.number)
      .u16_le(fragment.total)
      .u16_le(fragment.offset)
      .u8(fragment.hop_class.packed())
      .u8(fragment.price)
      .bytes(fragment.piece)
      .take();
}

}  // namespace mehr::wire
