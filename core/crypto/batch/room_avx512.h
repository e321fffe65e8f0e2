// The scratch of the AVX-512 implementation: one layout over the caller's AeadScratch. Only for
// avx512.cc and its parts.
#pragma once

#ifdef __AVX512IFMA__
#include "core/crypto/batch/chacha20_avx512.h"
#include "core/crypto/batch/poly1305_avx512.h"

namespace mehr::crypto::batch::avx512 {

/// Eight packets that finish their tags together.
constexpr unsigned kGroup = 8;
constexpr unsigned kGroups = kAeadBatchMax / kGroup;
constexpr unsigned kLanes = 16;
/// Up to so many packets share sixteen lanes before transposing their keys is cheaper than
/// spreading them.
constexpr unsigned kRunsKept = 4;

/// Second halves of one-time keys as (low, high), first halves as limbs; a lane for each packet of
/// a group.
struct alignas(64) OneTimeKeys {
  std::uint64_t r[3][8];
  std::uint64_t s[2][8];
};

/// Sixteen lanes: whose they are and where their text goes. Twice as long, so that a run of lanes
/// can be written sixteen at a time.
struct alignas(64) Lanes {
  const AeadJob* job[2 * kLanes];
  const std::uint8_t* in[2 * kLanes];
  std::uint8_t* out[2 * kLanes];
  std::uint64_t mask[2 * kLanes];  ///< bytes of the block that exist
  std::uint32_t counter[2 * kLanes];
  unsigned runs;  ///< neighbouring lanes of one packet; exact up to kRunsKept
  unsigned run_start[kRunsKept];
  bool whole;  ///< sixteen whole blocks of one packet, in order: only entry 0 is set
};

/// What one run of the cipher works on: 16 lanes or twice 16.
struct Pass {
  Blocks state[2];
  Lanes lanes[2];
  OneTimeKeys* keys;      ///< where the key blocks go
  unsigned text_from[2];  ///< first lane of each half that is text
  bool both;
};

/// Takes blocks of text in order, packet after packet.
struct Cursor {
  const Packet* packet;
  const Packet* end;
  std::uint32_t block;  ///< next one of *packet
};

struct Room {
  Pass pass[2];  ///< one runs while the next is prepared
  Blocks words[2];
  OneTimeKeys keys[kGroups];
  FactorRows power[2][4];         ///< of two groups: r .. r^4; or of one: r^8, r^16, r^24, r^32
  std::uint64_t window[3][8][8];  ///< limb, packet: r^8 r^4 r^7 r^3 r^6 r^2 r^5 r^1
  std::uint64_t sums[4][8][8];    ///< column, packet: lanes still to be summed up
  std::uint8_t early[2 * kLanes][64];  ///< key stream made beside the keys, used after the check
  alignas(64) std::uint8_t tags[kAeadBatchMax][kAeadTag];
  // Not secret:
  Packet packets[kAeadBatchMax];
  std::uint8_t nothing[64];  ///< where idle lanes point
  bool within;               ///< window and sums were used
};
static_assert(sizeof(Room) <= AeadScratch::kSize);

MEHR_BATCH_INLINE Room& room_of(AeadScratch& scratch) {
  return *reinterpret_cast<Room*>(&scratch);
}

}  // namespace mehr::crypto::batch::avx512
#endif
