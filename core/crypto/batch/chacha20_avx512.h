// ChaCha20 on AVX-512: sixteen blocks side by side, a lane each, and twice that in one run, because
// one alone waits for its own results. Only for avx512.cc.
#pragma once

#ifdef __AVX512IFMA__
#include <immintrin.h>

#include "core/crypto/batch/plan.h"

namespace mehr::crypto::batch::avx512 {

/// Word w of sixteen blocks in row w.
struct alignas(64) Blocks {
  std::uint32_t word[16][16];
};

// Tables of registers, laid out by hand.
// clang-format off
// Assembly, because thirty-two values in thirty-two registers leave none for a compiler's own
// ideas.
#define MEHR_STEP(x, a, b, d, n)                                             \
  __asm__("vpaddd %2, %0, %0\n\tvpxord %0, %1, %1\n\tvprold $" #n ", %1, %1" \
          : "+v"(x##a), "+v"(x##d)                                           \
          : "v"(x##b));
#define MEHR_FOUR(x, a0, a1, a2, a3, b0, b1, b2, b3, d0, d1, d2, d3, n) \
  MEHR_STEP(x, a0, b0, d0, n)                                           \
  MEHR_STEP(x, a1, b1, d1, n) MEHR_STEP(x, a2, b2, d2, n) MEHR_STEP(x, a3, b3, d3, n)
#define MEHR_COLUMNS_AB(x, n) MEHR_FOUR(x, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, n)
#define MEHR_COLUMNS_CD(x, n) MEHR_FOUR(x, 8, 9, 10, 11, 12, 13, 14, 15, 4, 5, 6, 7, n)
#define MEHR_DIAGONALS_AB(x, n) MEHR_FOUR(x, 0, 1, 2, 3, 5, 6, 7, 4, 15, 12, 13, 14, n)
#define MEHR_DIAGONALS_CD(x, n) MEHR_FOUR(x, 10, 11, 8, 9, 15, 12, 13, 14, 5, 6, 7, 4, n)
#define MEHR_EACH16(M, x, at)                                                                     \
  M(x, 0, at)                                                                                     \
  M(x, 1, at) M(x, 2, at) M(x, 3, at) M(x, 4, at) M(x, 5, at) M(x, 6, at) M(x, 7, at) M(x, 8, at) \
      M(x, 9, at) M(x, 10, at) M(x, 11, at) M(x, 12, at) M(x, 13, at) M(x, 14, at) M(x, 15, at)
#define MEHR_LOAD(x, i, at) __m512i x##i = _mm512_load_si512((at).word[i]);
#define MEHR_SAVE(x, i, at) \
  _mm512_store_si512((at).word[i], _mm512_add_epi32(x##i, _mm512_load_si512(state_##x.word[i])));

/// Key stream of sixteen blocks.
static __attribute__((noinline)) void chacha20_16(const Blocks& state_x, Blocks& out) {
  MEHR_EACH16(MEHR_LOAD, x, state_x)
  for (int i = 0; i < 10; ++i) {
    MEHR_COLUMNS_AB(x, 16)
    MEHR_COLUMNS_CD(x, 12) MEHR_COLUMNS_AB(x, 8) MEHR_COLUMNS_CD(x, 7) MEHR_DIAGONALS_AB(x, 16)
        MEHR_DIAGONALS_CD(x, 12) MEHR_DIAGONALS_AB(x, 8) MEHR_DIAGONALS_CD(x, 7)
  }
  MEHR_EACH16(MEHR_SAVE, x, out)
}

/// Key stream of thirty-two blocks; uses every vector register.
static __attribute__((noinline)) void chacha20_32(const Blocks& state_x, const Blocks& state_y,
                                                  Blocks& out_x, Blocks& out_y) {
  MEHR_EACH16(MEHR_LOAD, x, state_x)
  MEHR_EACH16(MEHR_LOAD, y, state_y)
  for (int i = 0; i < 10; ++i) {
    MEHR_COLUMNS_AB(x, 16)
    MEHR_COLUMNS_AB(y, 16) MEHR_COLUMNS_CD(x, 12) MEHR_COLUMNS_CD(y, 12) MEHR_COLUMNS_AB(x, 8)
        MEHR_COLUMNS_AB(y, 8) MEHR_COLUMNS_CD(x, 7) MEHR_COLUMNS_CD(y, 7) MEHR_DIAGONALS_AB(x, 16)
            MEHR_DIAGONALS_AB(y, 16) MEHR_DIAGONALS_CD(x, 12) MEHR_DIAGONALS_CD(y, 12)
                MEHR_DIAGONALS_AB(x, 8) MEHR_DIAGONALS_AB(y, 8) MEHR_DIAGONALS_CD(x, 7)
                    MEHR_DIAGONALS_CD(y, 7)
  }
  MEHR_EACH16(MEHR_SAVE, x, out_x)
  MEHR_EACH16(MEHR_SAVE, y, out_y)
}
// clang-format on

/// Words of sixteen blocks to the bytes of each block: row i becomes block i.
MEHR_BATCH_INLINE void transpose16(__m512i v[16]) {
  __m512i t[16];
  for (unsigned i = 0; i < 16; i += 4) {
    const __m512i p = _mm512_unpacklo_epi32(v[i], v[i + 1]);
    const __m512i q = _mm512_unpackhi_epi32(v[i], v[i + 1]);
    const __m512i x = _mm512_unpacklo_epi32(v[i + 2], v[i + 3]);
    const __m512i y = _mm512_unpackhi_epi32(v[i + 2], v[i + 3]);
    t[i] = _mm512_unpacklo_epi64(p, x);
    t[i + 1] = _mm512_unpackhi_epi64(p, x);
    t[i + 2] = _mm512_unpacklo_epi64(q, y);
    t[i + 3] = _mm512_unpackhi_epi64(q, y);
  }
  for (unsigned i = 0; i < 4; ++i) {
    const __m512i p = _mm512_shuffle_i32x4(t[i], t[4 + i], 0x88);
    const __m512i q = _mm512_shuffle_i32x4(t[i], t[4 + i], 0xdd);
    const __m512i x = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0x88);
    const __m512i y = _mm512_shuffle_i32x4(t[8 + i], t[12 + i], 0xdd);
    v[i] = _mm512_shuffle_i32x4(p, x, 0x88);
    v[4 + i] = _mm512_shuffle_i32x4(q, y, 0x88);
    v[8 + i] = _mm512_shuffle_i32x4(p, x, 0xdd);
    v[12 + i] = _mm512_shuffle_i32x4(q, y, 0xdd);
  }
}

#undef MEHR_SAVE
#undef MEHR_LOAD
#undef MEHR_EACH16
#undef MEHR_DIAGONALS_CD
#undef MEHR_DIAGONALS_AB
#undef MEHR_COLUMNS_CD
#undef MEHR_COLUMNS_AB
#undef MEHR_FOUR
#undef MEHR_STEP

}  // namespace mehr::crypto::batch::avx512
#endif
