// Poly1305 in eight 64-bit lanes, radix 2^44, on IFMA. Two shapes: eight packets side by side, a
// lane each (hash_across), and one packet over all eight lanes by powers of its key (hash_within).
// Only for avx512.cc.
//
// A number is three limbs of 44, 44 and 42 bits. A product of limbs is split by IFMA at bit 52, so
// its high part counts 2^8 of the next limb; what passes limb 2 wraps with factor 20 (2^132 = 20
// mod 2^130 - 5).
#pragma once

#ifdef __AVX512IFMA__
#include <immintrin.h>

#include "core/crypto/batch/plan.h"

namespace mehr::crypto::batch::avx512 {

struct Limbs {
  __m512i a, b, c;
};

/// Sums of products, not yet carried.
struct Sum {
  __m512i low0, low1, low2, high0, high1, high2;
};

/// A multiplier: limbs, and the upper two times 20.
struct Factor {
  __m512i r0, r1, r2, s1, s2;
};
/// Where one is kept: a row of eight lanes for each of its parts.
struct alignas(64) FactorRows {
  std::uint64_t part[5][8];
};

MEHR_BATCH_INLINE __m512i load_row(const std::uint64_t* row) {
  return _mm512_load_si512(row);
}

MEHR_BATCH_INLINE __m512i times20(__m512i x) {
  return _mm512_add_epi64(_mm512_slli_epi64(x, 4), _mm512_slli_epi64(x, 2));
}

MEHR_BATCH_INLINE Factor factor_of(const Limbs& x) {
  return {x.a, x.b, x.c, times20(x.b), times20(x.c)};
}

MEHR_BATCH_INLINE void store_factor(FactorRows& to, const Factor& f) {
  _mm512_store_si512(to.part[0], f.r0);
  _mm512_store_si512(to.part[1], f.r1);
  _mm512_store_si512(to.part[2], f.r2);
  _mm512_store_si512(to.part[3], f.s1);
  _mm512_store_si512(to.part[4], f.s2);
}

MEHR_BATCH_INLINE Factor load_factor(const FactorRows& from) {
  return {load_row(from.part[0]), load_row(from.part[1]), load_row(from.part[2]),
          load_row(from.part[3]), load_row(from.part[4])};
}

/// One lane's multiplier in all lanes.
MEHR_BATCH_INLINE Factor spread_factor(const FactorRows& from, unsigned lane) {
  const auto spread = [&](unsigned part) __attribute__((always_inline)) {
    return _mm512_set1_epi64(static_cast<long long>(from.part[part][lane]));
  };
  return {spread(0), spread(1), spread(2), spread(3), spread(4)};
}

MEHR_BATCH_INLINE Sum no_sum() {
  const __m512i zero = _mm512_setzero_si512();
  return {zero, zero, zero, zero, zero, zero};
}

MEHR_BATCH_INLINE void multiply_add(Sum& sum, const Limbs& x, const Factor& f) {
  sum.low0 = _mm512_madd52lo_epu64(sum.low0, x.a, f.r0);
  sum.low1 = _mm512_madd52lo_epu64(sum.low1, x.a, f.r1);
  sum.low2 = _mm512_madd52lo_epu64(sum.low2, x.a, f.r2);
  sum.high0 = _mm512_madd52hi_epu64(sum.high0, x.a, f.r0);
  sum.high1 = _mm512_madd52hi_epu64(sum.high1, x.a, f.r1);
  sum.high2 = _mm512_madd52hi_epu64(sum.high2, x.a, f.r2);
  sum.low0 = _mm512_madd52lo_epu64(sum.low0, x.b, f.s2);
  sum.low1 = _mm512_madd52lo_epu64(sum.low1, x.b, f.r0);
  sum.low2 = _mm512_madd52lo_epu64(sum.low2, x.b, f.r1);
  sum.high0 = _mm512_madd52hi_epu64(sum.high0, x.b, f.s2);
  sum.high1 = _mm512_madd52hi_epu64(sum.high1, x.b, f.r0);
  sum.high2 = _mm512_madd52hi_epu64(sum.high2, x.b, f.r1);
  sum.low0 = _mm512_madd52lo_epu64(sum.low0, x.c, f.s1);
  sum.low1 = _mm512_madd52lo_epu64(sum.low1, x.c, f.s2);
  sum.low2 = _mm512_madd52lo_epu64(sum.low2, x.c, f.r0);
  sum.high0 = _mm512_madd52hi_epu64(sum.high0, x.c, f.s1);
  sum.high1 = _mm512_madd52hi_epu64(sum.high1, x.c, f.s2);
  sum.high2 = _mm512_madd52hi_epu64(sum.high2, x.c, f.r0);
}

/// Columns of a number and what passes its top, before carrying; each below 2^58.
struct Columns {
  __m512i d0, d1, d2, over;
};

MEHR_BATCH_INLINE Columns columns_of(const Sum& sum) {
  return {sum.low0, _mm512_add_epi64(sum.low1, _mm512_slli_epi64(sum.high0, 8)),
          _mm512_add_epi64(sum.low2, _mm512_slli_epi64(sum.high1, 8)), sum.high2};
}

MEHR_BATCH_INLINE Limbs carry(const Columns& in) {
  const __m512i mask44 = _mm512_set1_epi64((1LL << 44) - 1);
  const __m512i mask42 = _mm512_set1_epi64((1LL << 42) - 1);
  const __m512i d1 = _mm512_add_epi64(in.d1, _mm512_srli_epi64(in.d0, 44));
  const __m512i d2 = _mm512_add_epi64(in.d2, _mm512_srli_epi64(d1, 44));
  const __m512i over = _mm512_add_epi64(_mm512_slli_epi64(in.over, 10), _mm512_srli_epi64(d2, 42));
  const __m512i d0 = _mm512_add_epi64(_mm512_add_epi64(_mm512_and_si512(in.d0, mask44), over),
                                      _mm512_slli_epi64(over, 2));
  return {_mm512_and_si512(d0, mask44),
          _mm512_add_epi64(_mm512_and_si512(d1, mask44), _mm512_srli_epi64(d0, 44)),
          _mm512_and_si512(d2, mask42)};
}

MEHR_BATCH_INLINE Limbs carry(const Sum& sum) {
  return carry(columns_of(sum));
}

MEHR_BATCH_INLINE Limbs multiply(const Limbs& x, const Factor& f) {
  Sum sum = no_sum();
  multiply_add(sum, x, f);
  return carry(sum);
}

MEHR_BATCH_INLINE Limbs add(const Limbs& x, const Limbs& y) {
  return {_mm512_add_epi64(x.a, y.a), _mm512_add_epi64(x.b, y.b), _mm512_add_epi64(x.c, y.c)};
}

/// Blocks as numbers. @param top 2^128 in limb 2 where a block is present, else 0
MEHR_BATCH_INLINE Limbs split(__m512i low, __m512i high, __m512i top) {
  const __m512i mask44 = _mm512_set1_epi64((1LL << 44) - 1);
  // (low >> 44 | high << 20) & mask44
  const __m512i b = _mm512_ternarylogic_epi64(_mm512_srli_epi64(low, 44),
                                              _mm512_slli_epi64(high, 20), mask44, 0xa8);
  return {_mm512_and_si512(low, mask44), b, _mm512_or_si512(_mm512_srli_epi64(high, 24), top)};
}

MEHR_BATCH_INLINE __m512i top_bit() {
  return _mm512_set1_epi64(1LL << 40);
}

/// Rows of eight 64-bit words to columns, in place.
MEHR_BATCH_INLINE void transpose8(__m512i v[8]) {
  __m512i t[8];
  for (unsigned i = 0; i < 4; ++i) {
    t[i] = _mm512_unpacklo_epi64(v[2 * i], v[2 * i + 1]);
    t[4 + i] = _mm512_unpackhi_epi64(v[2 * i], v[2 * i + 1]);
  }
  for (unsigned odd = 0; odd < 2; ++odd) {
    const __m512i* u = t + 4 * odd;
    const __m512i p = _mm512_shuffle_i64x2(u[0], u[1], 0x88);
    const __m512i q = _mm512_shuffle_i64x2(u[0], u[1], 0xdd);
    const __m512i x = _mm512_shuffle_i64x2(u[2], u[3], 0x88);
    const __m512i y = _mm512_shuffle_i64x2(u[2], u[3], 0xdd);
    v[0 + odd] = _mm512_shuffle_i64x2(p, x, 0x88);
    v[2 + odd] = _mm512_shuffle_i64x2(q, y, 0x88);
    v[4 + odd] = _mm512_shuffle_i64x2(p, x, 0xdd);
    v[6 + odd] = _mm512_shuffle_i64x2(q, y, 0xdd);
  }
}

/// The sums of eight rows, one a lane.
MEHR_BATCH_INLINE __m512i sum_rows(const std::uint64_t rows[8][8]) {
  __m512i v[8];
  for (unsigned i = 0; i < 8; ++i)
    v[i] = load_row(rows[i]);
  transpose8(v);
  const __m512i p = _mm512_add_epi64(_mm512_add_epi64(v[0], v[1]), _mm512_add_epi64(v[2], v[3]));
  const __m512i q = _mm512_add_epi64(_mm512_add_epi64(v[4], v[5]), _mm512_add_epi64(v[6], v[7]));
  return _mm512_add_epi64(p, q);
}

/// Bits [from, to) of 64, either clamped.
MEHR_BATCH_INLINE __mmask64 bits_between(std::int64_t from, std::int64_t to) {
  const auto below = [](std::int64_t n) __attribute__((always_inline)) {
    return _bzhi_u64(~0ULL, static_cast<unsigned>(n < 0 ? 0 : n > 64 ? 64 : n));
  };
  return _cvtu64_mask64(below(to) & ~below(from));
}

MEHR_BATCH_INLINE const void* address(const std::uint8_t* base, std::int64_t offset) {
  return reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(base) +
                                       static_cast<std::uintptr_t>(offset));
}

/// Four blocks of what Poly1305 eats of a packet, lengths included.
/// @param pad blocks of zeroes in front, so that the last chunk is full  @param text its sealed
/// text
MEHR_BATCH_INLINE __m512i load_chunk(const Packet& packet, const std::uint8_t* text,
                                     std::int64_t chunk, std::int64_t pad, std::int64_t chunks) {
  const AeadJob& job = *packet.job;
  const std::int64_t associated_at = 64 * chunk - 16 * pad;
  const std::int64_t text_at = associated_at - 16 * std::int64_t{packet.associated_blocks};
  __m512i z = _mm512_maskz_loadu_epi8(bits_between(-text_at, std::int64_t{job.size} - text_at),
                                      address(text, text_at));
  if (associated_at < std::int64_t{job.associated_size}) {
    z = _mm512_or_si512(
        z, _mm512_maskz_loadu_epi8(
               bits_between(-associated_at, std::int64_t{job.associated_size} - associated_at),
               address(job.associated, associated_at)));
  }
  if (chunk == chunks - 1) {
    z = _mm512_mask_set1_epi64(z, 0x40, job.associated_size);
    z = _mm512_mask_set1_epi64(z, 0x80, job.size);
  }
  return z;
}

/// The value mod 2^130 - 5, plus the second half of the key: tags as (low, high) in lanes.
MEHR_BATCH_INLINE void finish(const Limbs& h, __m512i s_low, __m512i s_high, __m512i& low,
                              __m512i& high) {
  const __m512i mask44 = _mm512_set1_epi64((1LL << 44) - 1);
  const __m512i mask42 = _mm512_set1_epi64((1LL << 42) - 1);
  const __m512i five = _mm512_set1_epi64(5);
  // Twice around leaves every limb in range; carry() left at most one bit too many in b.
  __m512i b = h.b;
  __m512i c = _mm512_add_epi64(h.c, _mm512_srli_epi64(b, 44));
  b = _mm512_and_si512(b, mask44);
  const __m512i over = _mm512_srli_epi64(c, 42);
  c = _mm512_and_si512(c, mask42);
  __m512i a = _mm512_add_epi64(h.a, _mm512_add_epi64(over, _mm512_slli_epi64(over, 2)));
  b = _mm512_add_epi64(b, _mm512_srli_epi64(a, 44));
  a = _mm512_and_si512(a, mask44);
  c = _mm512_add_epi64(c, _mm512_srli_epi64(b, 44));
  b = _mm512_and_si512(b, mask44);
  // h + 5 reaches 2^130 exactly when h is not below the prime.
  const __m512i ga = _mm512_add_epi64(a, five);
  const __m512i gb = _mm512_add_epi64(b, _mm512_srli_epi64(ga, 44));
  const __m512i gc = _mm512_add_epi64(c, _mm512_srli_epi64(gb, 44));
  const __mmask8 wraps = _mm512_test_epi64_mask(gc, _mm512_set1_epi64(1LL << 42));
  a = _mm512_mask_and_epi64(a, wraps, ga, mask44);
  b = _mm512_mask_and_epi64(b, wraps, gb, mask44);
  c = _mm512_mask_and_epi64(c, wraps, gc, mask42);
  const __m512i h_low = _mm512_or_si512(a, _mm512_slli_epi64(b, 44));
  const __m512i h_high = _mm512_or_si512(_mm512_srli_epi64(b, 20), _mm512_slli_epi64(c, 24));
  low = _mm512_add_epi64(h_low, s_low);
  high = _mm512_add_epi64(h_high, s_high);
  const __mmask8 carried = _mm512_cmplt_epu64_mask(low, s_low);
  high = _mm512_mask_add_epi64(high, carried, high, _mm512_set1_epi64(1));
}

}  // namespace mehr::crypto::batch::avx512
#endif
