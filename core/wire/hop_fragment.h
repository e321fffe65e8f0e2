// Body of the control record kFragment: a piece of a packet record that is longer than a frame to
// this neighbour. Pieces say where they belong, not how many there are, so that a piece can itself
// be cut when the path carries less than before. Any thread; pure. Source: spec/02 §13, SC-24.
//
//   0..3 number of the record, the sender's   4..5 length of the whole body   6..7 offset
//   8 class   9 price, both of the whole record   10.. piece
//
// All integers little endian. Canonical: a proper part of the whole, not empty, and the record is
// no control record.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/wire/hop_frame.h"

namespace mehr::wire {

inline constexpr std::size_t kHopFragmentHeader = 10;

struct HopFragment {
  std::uint32_t number = 0;
  std::uint16_t total = 0, offset = 0;  ///< bytes
  HopClass hop_class;
  std::uint8_t price = 0;
  ByteView piece;
};
std::optional<HopFragment> decode_hop_fragment(ByteView body);
Bytes encode_hop_fragment(const HopFragment& fragment);

}  // namespace mehr::wire
