// ChaCha20 on AVX2: eight blocks side by side, a lane each. Only for avx2.cc.
#pragma once

#ifdef __AVX2__
#include <immintrin.h>

#include "core/crypto/batch/plan.h"

namespace mehr::crypto::batch::avx2 {

constexpr unsigned kLanes = 8;

/// Word w of eight blocks in row w.
struct alignas(32) Blocks {
  std::uint32_t word[16][kLanes];
};

MEHR_BATCH_INLINE __m256i load_words(const void* from) {
  return _mm256_load_si256(static_cast<const __m256i*>(from));
}
MEHR_BATCH_INLINE __m256i load_any(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
MEHR_BATCH_INLINE void store_any(void* to, __m256i value) {
  _mm256_storeu_si256(static_cast<__m256i*>(to), value);
}

template <int kBits>
MEHR_BATCH_INLINE __m256i rotate(__m256i x) {
  if constexpr (kBits == 16) {
    return _mm256_shuffle_epi8(x, _mm256_set_epi64x(0x0d0c0f0e09080b0a, 0x0504070601000302,
                                                    0x0d0c0f0e09080b0a, 0x0504070601000302));
  } else if constexpr (kBits == 8) {
    return _mm256_shuffle_epi8(x, _mm256_set_epi64x(0x0e0d0c0f0a09080b, 0x0605040702010003,
                                                    0x0e0d0c0f0a09080b, 0x0605040702010003));
  } else {
    return _mm256_or_si256(_mm256_slli_epi32(x, kBits), _mm256_srli_epi32(x, 32 - kBits));
  }
}

template <int kBits>
MEHR_BATCH_INLINE void step(__m256i& a, __m256i b, __m256i& d) {
  a = _mm256_add_epi32(a, b);
  d = rotate<kBits>(_mm256_xor_si256(d, a));
}

/// Four quarter rounds, two at a time: four need more registers than there are. The diagonal ones
/// take b, c and d shifted by 1, 2 and 3.
template <unsigned kShift>
MEHR_BATCH_INLINE void quarter_rounds(__m256i v[16]) {
  for (unsigned pair = 0; pair < 4; pair += 2) {
    const auto two = [&](auto do_step) __attribute__((always_inline)) {
      for (unsigned i = pair; i < pair + 2; ++i) {
        do_step(v[i], v[4 + (i + kShift) % 4], v[8 + (i + 2 * kShift) % 4],
                v[12 + (i + 3 * kShift) % 4]);
      }
    };
    using V = __m256i;
    two([](V & a, V & b, V&, V & d) __attribute__((always_inline)) { step<16>(a, b, d); });
    two([](V&, V & b, V & c, V & d) __attribute__((always_inline)) { step<12>(c, d, b); });
    two([](V & a, V & b, V&, V & d) __attribute__((always_inline)) { step<8>(a, b, d); });
    two([](V&, V & b, V & c, V & d) __attribute__((always_inline)) { step<7>(c, d, b); });
  }
}

/// Rows of eight words to columns, in place.
MEHR_BATCH_INLINE void transpose8(__m256i v[8]) {
  __m256i t[8];
  for (unsigned i = 0; i < 8; i += 4) {
    const __m256i p = _mm256_unpacklo_epi32(v[i], v[i + 1]);
    const __m256i q = _mm256_unpackhi_epi32(v[i], v[i + 1]);
    const __m256i x = _mm256_unpacklo_epi32(v[i + 2], v[i + 3]);
    const __m256i y = _mm256_unpackhi_epi32(v[i + 2], v[i + 3]);
    t[i] = _mm256_unpacklo_epi64(p, x);
    t[i + 1] = _mm256_unpackhi_epi64(p, x);
    t[i + 2] = _mm256_unpacklo_epi64(q, y);
    t[i + 3] = _mm256_unpackhi_epi64(q, y);
  }
  for (unsigned i = 0; i < 4; ++i) {
    v[i] = _mm256_permute2x128_si256(t[i], t[4 + i], 0x20);
    v[4 + i] = _mm256_permute2x128_si256(t[i], t[4 + i], 0x31);
  }
}

/// Key stream of eight blocks, as rows of 64 bytes.
static __attribute__((noinline)) void chacha20_8(const Blocks& state, std::uint8_t (*stream)[64]) {
  __m256i v[16];
  for (unsigned i = 0; i < 16; ++i)
    v[i] = load_words(state.word[i]);
  for (int i = 0; i < 10; ++i) {
    quarter_rounds<0>(v);
    quarter_rounds<1>(v);
  }
  for (unsigned i = 0; i < 16; ++i)
    v[i] = _mm256_add_epi32(v[i], load_words(state.word[i]));
  transpose8(v);
  transpose8(v + 8);
  for (unsigned i = 0; i < kLanes; ++i) {
    store_any(stream[i], v[i]);
    store_any(stream[i] + 32, v[8 + i]);
  }
}

}  // namespace mehr::crypto::batch::avx2
#endif
