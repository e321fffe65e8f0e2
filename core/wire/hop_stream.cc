// Whole frames are handed over where they lie; only what is cut off at the end is kept.
#include "core/wire/hop_stream.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/wire/hop_frame.h"

namespace mehr::wire {

bool HopStreamDecoder::fill(ByteView& data, std::size_t wanted) {
  const std::size_t part = std::min(wanted - std::min(wanted, held_.size()), data.size());
  append(held_, data.first(part));
  data = data.subspan(part);
  return held_.size() >= wanted;
}

bool HopStreamDecoder::push(ByteView data, const std::function<void(ByteView)>& each) {
  while (!broken_) {
    if (!held_.empty()) {
      if (!fill(data, kHopStreamHeader)) return true;
      const std::size_t size = ByteReader(held_).u16_le();
      broken_ = size == 0;
      if (broken_ || !fill(data, kHopStreamHeader + size)) return !broken_;
      const Bytes frame = std::exchange(held_, {});
      each(ByteView(frame).subspan(kHopStreamHeader));
      continue;
    }
    const std::size_t size = data.size() < kHopStreamHeader ? 1 : ByteReader(data).u16_le();
    broken_ = size == 0;
    if (broken_) break;
    if (data.size() < kHopStreamHeader + size) {
      held_ = to_bytes(data);
      return true;
    }
    each(data.subspan(kHopStreamHeader, size));
    data = data.subspan(kHopStreamHeader + size);
  }
  return false;
}

Bytes encode_hop_stream(ByteView frame) {
  MEHR_ASSERT(!frame.empty() && frame.size() <= kHopFrameMax);
  ByteWriter out(kHopStreamHeader + frame.size());
  out.u16_le(static_cast<std::uint16_t>(frame.size()));
  return out.bytes(frame).take();
}

}  // namespace mehr::wire
