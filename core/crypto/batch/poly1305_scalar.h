// Poly1305 by 64-bit multiplication, radix 2^64, two packets in turn so that one's products fill
// the other's waits. Only for the vector implementations.
#pragma once

#if defined(__BMI2__) && defined(__SIZEOF_INT128__)
#include <immintrin.h>

#include <cstring>

#include "core/crypto/batch/plan.h"

namespace mehr::crypto::batch {

__extension__ using Wide = unsigned __int128;

/// h = h2 h1 h0, h2 of a few bits; the key r1 r0 is clamped, so that r1 * 5 / 4 is whole.
struct Poly {
  std::uint64_t r0, r1, s1;
  std::uint64_t h0, h1, h2;
};

/// A one-time key: r not yet clamped, s.
struct OneTimeKey {
  std::uint64_t r0, r1, s0, s1;
};

MEHR_BATCH_INLINE std::uint64_t load64(const std::uint8_t* from) {
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

MEHR_BATCH_INLINE void begin(Poly& poly, const OneTimeKey& key) {
  poly.r0 = key.r0 & 0x0ffffffc0fffffff;
  poly.r1 = key.r1 & 0x0ffffffc0ffffffc;
  poly.s1 = poly.r1 + (poly.r1 >> 2);
  poly.h0 = poly.h1 = poly.h2 = 0;
}

MEHR_BATCH_INLINE void eat(Poly& poly, std::uint64_t low, std::uint64_t high) {
  unsigned long long h0, h1, g0, g1;
  unsigned char carry = _addcarry_u64(0, poly.h0, low, &h0);
  carry = _addcarry_u64(carry, poly.h1, high, &h1);
  const std::uint64_t h2 = poly.h2 + carry + 1;
  const Wide d0 = Wide{h0} * poly.r0 + Wide{h1} * poly.s1;
  const Wide d1 =
      Wide{h0} * poly.r1 + Wide{h1} * poly.r0 + h2 * poly.s1 + static_cast<std::uint64_t>(d0 >> 64);
  const std::uint64_t top = h2 * poly.r0 + static_cast<std::uint64_t>(d1 >> 64);
  carry =
      _addcarry_u64(0, static_cast<std::uint64_t>(d0), (top >> 2) + (top & ~std::uint64_t{3}), &g0);
  carry = _addcarry_u64(carry, static_cast<std::uint64_t>(d1), 0, &g1);
  poly.h0 = g0;
  poly.h1 = g1;
  poly.h2 = (top & 3) + carry;
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

/// @param tag 16 bytes to write
MEHR_BATCH_INLINE void finish(const Poly& poly, const OneTimeKey& key, std::uint8_t* tag) {
  // h + 5 reaches 2^130 exactly when h is not below the prime; h is below twice the prime.
  const Wide h = Wide{poly.h1} << 64 | poly.h0;
  const Wide g = h + 5;
  const std::uint64_t g2 = poly.h2 + (g < h);
  const Wide wraps = 0 - Wide{g2 >> 2 & 1};
  const Wide sum = (h ^ ((h ^ g) & wraps)) + (Wide{key.s1} << 64 | key.s0);
  std::memcpy(tag, &sum, 16);
}

/// What Poly1305 eats of a packet, from its text on. Associated data was eaten before.
struct Hashed {
  const AeadJob* job;
  const std::uint8_t* text;  ///< sealed
  OneTimeKey key;
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
