// Poly1305 by 64-bit multiplication, radix 2^44, two packets in turn so that one's products fill
// the other's waits. Only for the vector implementations.
#pragma once

#if defined(__BMI2__) && defined(__SIZEOF_INT128__)
#include <cstring>

#include "core/crypto/batch/plan.h"

namespace mehr::crypto::batch {

__extension__ using Wide = unsigned __int128;

struct Poly {
  std::uint64_t r0, r1, r2, s1, s2;  ///< key, and its upper limbs times 20
  std::uint64_t h0, h1, h2;
};

inline constexpr std::uint64_t kMask44 = (std::uint64_t{1} << 44) - 1;
inline constexpr std::uint64_t kMask42 = (std::uint64_t{1} << 42) - 1;

MEHR_BATCH_INLINE std::uint64_t load64(const std::uint8_t* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// @param key first 16 bytes of the one-time key
MEHR_BATCH_INLINE void begin(Poly& poly, const std::uint8_t* key) {
  const std::uint64_t low = load64(key) & 0x0ffffffc0fffffff;
  const std::uint64_t high = load64(key + 8) & 0x0ffffffc0ffffffc;
  poly.r0 = low & kMask44;
  poly.r1 = (low >> 44 | high << 20) & kMask44;
  poly.r2 = high >> 24;
  poly.s1 = poly.r1 * 20;
  poly.s2 = poly.r2 * 20;
  poly.h0 = poly.h1 = poly.h2 = 0;
}

MEHR_BATCH_INLINE void eat(Poly& poly, std::uint64_t low, std::uint64_t high) {
  const std::uint64_t h0 = poly.h0 + (low & kMask44);
  const std::uint64_t h1 = poly.h1 + ((low >> 44 | high << 20) & kMask44);
  const std::uint64_t h2 = poly.h2 + (high >> 24 | std::uint64_t{1} << 40);
  const Wide d0 = Wide{h0} * poly.r0 + Wide{h1} * poly.s2 + Wide{h2} * poly.s1;
  const Wide d1 = Wide{h0} * poly.r1 + Wide{h1} * poly.r0 + Wide{h2} * poly.s2 +
                  static_cast<std::uint64_t>(d0 >> 44);
  const Wide d2 = Wide{h0} * poly.r2 + Wide{h1} * poly.r1 + Wide{h2} * poly.r0 +
                  static_cast<std::uint64_t>(d1 >> 44);
  const std::uint64_t g0 =
      (static_cast<std::uint64_t>(d0) & kMask44) + static_cast<std::uint64_t>(d2 >> 42) * 5;
  poly.h0 = g0 & kMask44;
  poly.h1 = (static_cast<std::uint64_t>(d1) & kMask44) + (g0 >> 44);
  poly.h2 = static_cast<std::uint64_t>(d2) & kMask42;
}

MEHR_BATCH_INLINE void eat_block(Poly& poly, const std::uint8_t* block) {
  eat(poly, load64(block), load64(block + 8));
}

/// The last 1 to 15 bytes, zeroes after them.
MEHR_BATCH_INLINE void eat_rest(Poly& poly, const std::uint8_t* from, std::size_t size) {
  std::uint8_t block[16] = {};
  std::memcpy(block, from, size);
  eat_block(poly, block);
}

MEHR_BATCH_INLINE void eat_all(Poly& poly, const std::uint8_t* from, std::size_t size) {
  std::size_t at = 0;
  for (; at + 16 <= size; at += 16)
    eat_block(poly, from + at);
  if (at < size) eat_rest(poly, from + at, size - at);
}

/// @param key all 32 bytes of the one-time key  @param tag 16 bytes to write
MEHR_BATCH_INLINE void finish(const Poly& poly, const std::uint8_t* key, std::uint8_t* tag) {
  std::uint64_t h2 = poly.h2 + (poly.h1 >> 44);
  std::uint64_t h1 = poly.h1 & kMask44;
  std::uint64_t h0 = poly.h0 + (h2 >> 42) * 5;
  h2 &= kMask42;
  h1 += h0 >> 44;
  h0 &= kMask44;
  h2 += h1 >> 44;
  h1 &= kMask44;
  // h + 5 reaches 2^130 exactly when h is not below the prime.
  std::uint64_t g0 = h0 + 5;
  std::uint64_t g1 = h1 + (g0 >> 44);
  const std::uint64_t g2 = h2 + (g1 >> 44);
  const std::uint64_t wraps = 0 - (g2 >> 42 & 1);
  g0 &= kMask44;
  g1 &= kMask44;
  h0 ^= (h0 ^ g0) & wraps;
  h1 ^= (h1 ^ g1) & wraps;
  h2 ^= (h2 ^ (g2 & kMask42)) & wraps;
  const Wide sum = (Wide{h1 >> 20 | h2 << 24} << 64 | (h0 | h1 << 44)) +
                   (Wide{load64(key + 24)} << 64 | load64(key + 16));
  std::memcpy(tag, &sum, 16);
}

/// What Poly1305 eats of a packet, from its text on. Associated data was eaten before.
struct Hashed {
  const AeadJob* job;
  const std::uint8_t* text;  ///< sealed
  const std::uint8_t* key;   ///< one-time key
  std::uint8_t* tag;
};

MEHR_BATCH_INLINE void end(Poly& poly, const Hashed& hashed, std::size_t from) {
  eat_all(poly, hashed.text + from, hashed.job->size - from);
  eat(poly, hashed.job->associated_size, hashed.job->size);
  finish(poly, hashed.key, hashed.tag);
}

MEHR_BATCH_INLINE void hash_one(const Hashed& hashed) {
  Poly poly;
  begin(poly, hashed.key);
  eat_all(poly, hashed.job->associated, hashed.job->associated_size);
  end(poly, hashed, 0);
}

MEHR_BATCH_INLINE void hash_two(const Hashed& first, const Hashed& second) {
  Poly poly[2];
  begin(poly[0], first.key);
  begin(poly[1], second.key);
  eat_all(poly[0], first.job->associated, first.job->associated_size);
  eat_all(poly[1], second.job->associated, second.job->associated_size);
  const std::size_t common =
      (first.job->size < second.job->size ? first.job->size : second.job->size) & ~std::size_t{15};
  for (std::size_t at = 0; at < common; at += 16) {
    eat_block(poly[0], first.text + at);
    eat_block(poly[1], second.text + at);
  }
  end(poly[0], first, common);
  end(poly[1], second, common);
}

}  // namespace mehr::crypto::batch
#endif
