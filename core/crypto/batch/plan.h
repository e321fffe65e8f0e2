// What a call of the batch AEAD has to do, from sizes alone (nothing secret): the packets in order
// of length and how many blocks each has. Used by the vector implementations. Plain values in the
// caller's scratch.
//
// Poly1305 eats blocks of 16 bytes: the associated data padded, the sealed text padded, the
// lengths.
#pragma once

#include "core/crypto/aead_batch.h"

#define MEHR_BATCH_INLINE static inline __attribute__((always_inline))

namespace mehr::crypto::batch {

/// Vector code takes this much associated data at most.
inline constexpr std::uint32_t kAssociatedMax = 32;

struct Packet {
  const AeadJob* job;
  std::uint32_t text_blocks;        ///< ChaCha20 blocks of 64 bytes after the key block
  std::uint32_t associated_blocks;  ///< of 16 bytes
  std::uint32_t hash_blocks;        ///< of 16 bytes, all that Poly1305 eats
  std::uint32_t index;              ///< of the job in the call
};

MEHR_BATCH_INLINE Packet packet_of(const AeadJob* jobs, std::uint32_t index) {
  const AeadJob* job = jobs + index;
  const std::uint32_t associated_blocks = (job->associated_size + 15) / 16;
  return {job, (job->size + 63) / 64, associated_blocks,
          associated_blocks + (job->size + 15) / 16 + 1, index};
}

/// Similar lengths fall into the same of 64 bins, longer ones into later bins.
MEHR_BATCH_INLINE std::uint32_t bin_of(std::uint32_t hash_blocks) {
  const std::uint32_t chunks = (hash_blocks + 3) / 4;
  if (chunks < 32) return chunks;
  const std::uint32_t bits = 32 - static_cast<std::uint32_t>(__builtin_clz(chunks));
  return 8 + bits * 4 + ((chunks >> (bits - 3)) & 3);  // 32 (5 more bits than 1) begins at bin 32
}

/// Writes the packets in order of length, shortest first.
MEHR_BATCH_INLINE void plan(const AeadJob* jobs, std::uint32_t count, Packet* packets) {
  std::uint32_t low = ~0U;
  std::uint32_t high = 0;
  std::uint8_t bins[kAeadBatchMax];
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t bin =
        bin_of((jobs[i].associated_size + 15) / 16 + (jobs[i].size + 15) / 16 + 1);
    bins[i] = static_cast<std::uint8_t>(bin);
    low = bin < low ? bin : low;
    high = bin > high ? bin : high;
  }
  if (low == high) {
    for (std::uint32_t i = 0; i < count; ++i)
      packets[i] = packet_of(jobs, i);
    return;
  }
  std::uint8_t start[128] = {};
  for (std::uint32_t i = 0; i < count; ++i)
    ++start[bins[i] + 1];
  for (std::uint32_t bin = low; bin < high; ++bin) {
    start[bin + 1] = static_cast<std::uint8_t>(start[bin + 1] + start[bin]);
  }
  for (std::uint32_t i = 0; i < count; ++i)
    packets[start[bins[i]]++] = packet_of(jobs, i);
}

}  // namespace mehr::crypto::batch
