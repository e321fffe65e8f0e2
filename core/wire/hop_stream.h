// Hop frames on a byte stream (TCP): each behind its length. Owns the cutting, not the frames. Any
// thread; one decoder a connection. Source: architecture §3.
//
//   0..1 length of the frame, 1 .. 65535, little endian   2.. frame
#pragma once

#include <functional>

#include "core/base/bytes.h"

namespace mehr::wire {

inline constexpr std::size_t kHopStreamHeader = 2;

class HopStreamDecoder {
 public:
  /// Calls `each` per whole frame; the view lives until the call returns.
  /// @return false once a length of zero came: nothing that follows can be trusted
  bool push(ByteView data, const std::function<void(ByteView)>& each);
  /// Bytes of an unfinished frame kept, at most one frame and its length.
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  /// Moves bytes of `data` to held_ until it has `wanted`.
  bool fill(ByteView& data, std::size_t wanted);

  Bytes held_;
  bool broken_ = false;
};

/// @param frame 1 .. 65535 bytes
Bytes encode_hop_stream(ByteView frame);

}  // namespace mehr::wire
