// SHA-256 with the processor's SHA instructions, two messages at a time: the instructions of one
// message wait for each other, those of two fill the unit. Called through sha256_batch, for few
// messages and for what other implementations leave over; any thread; pure.
#include <immintrin.h>

#include "core/crypto/sha2/blocks.h"

namespace mehr::crypto::sha2 {
namespace {

#define MEHR_INLINE __attribute__((always_inline)) inline

/// The chaining value as the instructions want it: letters abef and cdgh.
struct Letters {
  __m128i abef, cdgh;
};

Letters gather(const std::uint32_t* state) {
  const __m128i abcd = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state));
  const __m128i efgh = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state + 4));
  const __m128i badc = _mm_shuffle_epi32(abcd, 0xB1);
  const __m128i hgfe = _mm_shuffle_epi32(efgh, 0x1B);
  return {_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xF0)};
}

void scatter(const Letters& letters, std::uint8_t* out) {
  const __m128i feba = _mm_shuffle_epi32(letters.abef, 0x1B);
  const __m128i dchg = _mm_shuffle_epi32(letters.cdgh, 0xB1);
  const __m128i abcd = _mm_blend_epi16(feba, dchg, 0xF0);
  const __m128i efgh = _mm_alignr_epi8(dchg, feba, 8);
  const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  auto* to = reinterpret_cast<__m128i*>(out);
  _mm_storeu_si128(to, _mm_shuffle_epi8(abcd, order));
  _mm_storeu_si128(to + 1, _mm_shuffle_epi8(efgh, order));
}

/// Four rounds of `kN` messages, the schedule of their words first.
template <unsigned kN, unsigned kGroup>
MEHR_INLINE void four_rounds(Letters* letters, __m128i (*w)[4]) {
  const __m128i constants = _mm_load_si128(reinterpret_cast<const __m128i*>(kRound) + kGroup);
  for (unsigned i = 0; i < kN; ++i) {
    __m128i& words = w[i][kGroup % 4];
    if constexpr (kGroup >= 4) {
      const __m128i last = w[i][(kGroup + 3) % 4];
      const __m128i seven_back = _mm_alignr_epi8(last, w[i][(kGroup + 2) % 4], 4);
      words = _mm_sha256msg2_epu32(
          _mm_add_epi32(_mm_sha256msg1_epu32(words, w[i][(kGroup + 1) % 4]), seven_back), last);
    }
    const __m128i sum = _mm_add_epi32(words, constants);
    letters[i].cdgh = _mm_sha256rnds2_epu32(letters[i].cdgh, letters[i].abef, sum);
    letters[i].abef =
        _mm_sha256rnds2_epu32(letters[i].abef, letters[i].cdgh, _mm_shuffle_epi32(sum, 0x0E));
  }
}

/// One block of each of `kN` messages.
template <unsigned kN>
MEHR_INLINE void compress(Letters* letters, const std::uint8_t* const* blocks) {
  const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  __m128i w[kN][4];
  Letters before[kN];
  for (unsigned i = 0; i < kN; ++i) {
    for (unsigned j = 0; j < 4; ++j) {
      w[i][j] =
          _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks[i]) + j), order);
    }
    before[i] = letters[i];
  }
  four_rounds<kN, 0>(letters, w);
  four_rounds<kN, 1>(letters, w);
  four_rounds<kN, 2>(letters, w);
  four_rounds<kN, 3>(letters, w);
  four_rounds<kN, 4>(letters, w);
  four_rounds<kN, 5>(letters, w);
  four_rounds<kN, 6>(letters, w);
  four_rounds<kN, 7>(letters, w);
  four_rounds<kN, 8>(letters, w);
  four_rounds<kN, 9>(letters, w);
  four_rounds<kN, 10>(letters, w);
  four_rounds<kN, 11>(letters, w);
  four_rounds<kN, 12>(letters, w);
  four_rounds<kN, 13>(letters, w);
  four_rounds<kN, 14>(letters, w);
  four_rounds<kN, 15>(letters, w);
  for (unsigned i = 0; i < kN; ++i) {
    letters[i].abef = _mm_add_epi32(letters[i].abef, before[i].abef);
    letters[i].cdgh = _mm_add_epi32(letters[i].cdgh, before[i].cdgh);
  }
}

}  // namespace

void finish_sha_ni(Stream* streams, std::size_t count) {
  alignas(64) std::uint8_t stages[2][kBlock];
  const std::uint8_t* blocks[2];
  Letters letters[2];
  Stream* at[2] = {nullptr, nullptr};
  unsigned busy = 0;
  std::size_t next = 0;
  for (;;) {
    while (busy < 2 && next < count) {
      at[busy] = &streams[next++];
      letters[busy] = gather(at[busy]->state);
      ++busy;
    }
    if (busy == 0) return;
    for (unsigned i = 0; i < busy; ++i)
      blocks[i] = next_block(at[i]->cursor, stages[i]);
    if (busy == 2) {
      compress<2>(letters, blocks);
    } else {
      compress<1>(letters, blocks);
    }
    for (unsigned i = busy; i-- > 0;) {
      if (at[i]->cursor.blocks > 0) continue;
      scatter(letters[i], at[i]->out);
      --busy;
      at[i] = at[busy];
      letters[i] = letters[busy];
    }
  }
}

}  // namespace mehr::crypto::sha2
