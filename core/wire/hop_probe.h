// Body of the control records kProbe and kProbeReply: a number the neighbour sends back at once.
// Measures the round trip; in a padded frame, whether a frame of that size arrives. Any thread;
// pure. Source: issue "path MTU found and followed", spec/02 §13.
//
//   0..3 number, little endian   4.. zeroes, as many as the probe needs to have its size
#pragma once

#include <optional>

#include "core/base/bytes.h"

namespace mehr::wire {

inline constexpr std::size_t kHopProbeSize = 4;  ///< the smallest
std::optional<std::uint32_t> decode_hop_probe(ByteView body);
/// @param size bytes of the whole body, at least kHopProbeSize
Bytes encode_hop_probe(std::uint32_t number, std::size_t size = kHopProbeSize);

}  // namespace mehr::wire
