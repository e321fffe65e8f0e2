// The key of PacketDigest, and what its two constructions share: the step from 128 bits to 64.
// Included by digest.cc and digest_clmul.cc alone. Pure.
#pragma once

#include "core/base/assert.h"
#include "dataplane/tables/digest.h"

namespace mehr::dataplane {

__extension__ using Wide = unsigned __int128;

struct PacketDigest::Key {
  static constexpr std::size_t kPair = 16;   ///< bytes
  static constexpr std::size_t kGroup = 64;  ///< bytes, four pairs
  static constexpr std::size_t kPairs = kLongest / kGroup * 4 + 4;

  std::uint64_t head[2];
  Wide high, low, shift;
  std::uint64_t mix[2];  ///< odd
  alignas(64) std::uint64_t body[kPairs][2];

  /// Multiply-add-shift, then the permutation.
  [[nodiscard]] std::uint64_t finish(std::uint64_t upper, std::uint64_t lower) const {
    auto digest = static_cast<std::uint64_t>((high * upper + low * lower + shift) >> 64);
    digest = (digest ^ digest >> 32) * mix[0];
    digest = (digest ^ digest >> 29) * mix[1];
    return digest ^ digest >> 32;
  }
};

/// The bytes behind hop byte and transport id, and the word that goes before them.
struct InvariantPart {
  const std::uint8_t* at;
  std::size_t size;
  std::uint64_t head;

  explicit InvariantPart(ByteView packet) {
    const std::size_t skip = !packet.empty() && (packet[0] & 0x40) != 0 ? 18 : 2;
    // A destination follows, so that there always is a whole pair.
    MEHR_ASSERT(packet.size() >= skip + 16 && packet.size() <= PacketDigest::kLongest);
    at = packet.data() + skip;
    size = packet.size() - skip;
    head = std::uint64_t{size} << 4 | (packet[0] & 0x0Fu);
  }
};

}  // namespace mehr::dataplane
