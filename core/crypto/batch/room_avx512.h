// The scratch of the AVX-512 implementation: one layout over the caller's AeadScratch. Only for
// avx512.cc and its parts.
#pragma once

#ifdef __AVX512IFMA__
#include "core/crypto/batch/chacha20_avx512.h"
#include "core/crypto/batch/poly1305_avx512.h"

namespace mehr::crypto::batch {

/// Eight packets that finish their tags together.
inline constexpr unsigned kGroup = 8;
inline constexpr unsigned kGroups = kAeadBatchMax / kGroup;
inline constexpr unsigned kLanes = 16;

/// Second halves of one-time keys as (low, high), first halves as limbs; a lane for each packet of
/// a group.
struct alignas(64) OneTimeKeys {
  std::uint64_t r[3][8];
  std::uint64_t s[2][8];
};

/// Where the text of sixteen lanes goes.
struct alignas(64) Lanes {
  const AeadJob* job[kLanes];
  const std::uint8_t* in[kLanes];
  std::uint8_t* out[kLanes];
  std::uint64_t mask[kLanes];  ///< bytes of the block that exist
  std::uint32_t counter[kLanes];
  bool whole;  ///< sixteen whole blocks of one packet, in order: only entry 0 is set
};

/// Takes blocks of text in order, packet after packet.
struct Cursor {
  const Packet* packet;
  const Packet* end;
  std::uint32_t block;  ///< next one of *packet
};

struct Room {
  Blocks state[2];
  Blocks words[2];
  OneTimeKeys keys[kGroups];
  FactorRows power[4];            ///< r, r^2, r^3, r^4 of eight packets, or r^8, r^16, r^24, r^32
  std::uint64_t window[3][8][8];  ///< limb, packet: r^8 r^4 r^7 r^3 r^6 r^2 r^5 r^1
  std::uint64_t sums[4][8][8];    ///< column, packet: lanes still to be summed up
  std::uint8_t early[2 * kLanes]
                    [64];  ///< key stream made together with the keys, used after the check
  alignas(64) std::uint8_t tags[kAeadBatchMax][kAeadTag];
  // Not secret:
  Lanes lanes[2];
  Packet packets[kAeadBatchMax];
  std::uint8_t nothing[64];  ///< where idle lanes point
  bool within;               ///< window and sums were used
};
static_assert(sizeof(Room) <= AeadScratch::kSize);

MEHR_BATCH_INLINE Room& room_of(AeadScratch& scratch) {
  return *reinterpret_cast<Room*>(&scratch);
}

}  // namespace mehr::crypto::batch
#endif
