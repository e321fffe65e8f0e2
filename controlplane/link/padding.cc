// Buckets declared in padding.h.
#include "controlplane/link/padding.h"

#include <algorithm>

namespace mehr::link {
namespace {

bool holds_bulk(ByteView records) {
  for (ByteReader reader(records); reader.remaining() > 0;) {
    const std::uint16_t length = reader.u16_le();
    const auto hop_class = wire::HopClass::unpack(reader.u8());
    reader.u8();
    reader.take(length);
    if (!hop_class.control && hop_class.priority == wire::HopPriority::kP3) return true;
  }
  return false;
}

}  // namespace

std::size_t padding_for(Padding padding, const CarrierTraits& traits, ByteView records,
                        std::size_t room) {
  const bool affordable =
      traits.padded && !traits.compact && traits.bitrate_bps >= kPaddedBitrateLeast;
  const std::size_t size = records.size();
  if (padding == Padding::kNone || !affordable || size >= kPaddedMost || holds_bulk(records)) {
    return 0;
  }
  std::size_t bucket = (size + kPaddingBucket - 1) / kPaddingBucket * kPaddingBucket;
  // A padding record has a header of its own: a gap smaller than that leads to the next size.
  if (bucket != size && bucket - size < wire::kHopRecordHeader) bucket += kPaddingBucket;
  bucket = std::min(bucket, room);
  const bool fits = bucket >= size + wire::kHopRecordHeader && bucket <= kPaddedMost;
  return fits ? bucket - size : 0;
}

}  // namespace mehr::link
