// Carry-less NH, four pairs of words at a time (VPCLMULQDQ on 512 bits).
#ifdef __x86_64__
// GCC 12 takes the undefined values inside its own intrinsics for ours (its bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "dataplane/tables/digest_key.h"

#define MEHR_CLMUL __attribute__((target("avx512f,avx512bw,pclmul,vpclmulqdq")))

namespace mehr::dataplane {
namespace {

/// The products of the four pairs of words.
MEHR_CLMUL __m512i products(__m512i pairs) {
  return _mm512_clmulepi64_epi128(pairs, pairs, 0x10);
}

}  // namespace

MEHR_CLMUL std::uint64_t PacketDigest::carryless(const Key& key, ByteView packet) {
  constexpr std::size_t kGroup = Key::kGroup;
  const InvariantPart part(packet);
  const std::uint8_t* at = part.at;
  const auto* keys = reinterpret_cast<const __m512i*>(key.body);
  const __m128i head = _mm_xor_si128(_mm_set_epi64x(0, static_cast<long long>(part.head)),
                                     _mm_loadu_si128(reinterpret_cast<const __m128i*>(key.head)));
  __m512i sum = _mm512_zextsi128_si512(_mm_clmulepi64_si128(head, head, 0x10));
  __m512i other = _mm512_setzero_si512();
  std::size_t left = part.size;
  for (; left >= 2 * kGroup; left -= 2 * kGroup, at += 2 * kGroup, keys += 2) {
    const __m512i one = _mm512_xor_si512(_mm512_loadu_si512(at), keys[0]);
    const __m512i two = _mm512_xor_si512(_mm512_loadu_si512(at + kGroup), keys[1]);
    sum = _mm512_xor_si512(sum, products(one));
    other = _mm512_xor_si512(other, products(two));
  }
  if (left >= kGroup) {
    const __m512i one = _mm512_xor_si512(_mm512_loadu_si512(at), keys[0]);
    sum = _mm512_xor_si512(sum, products(one));
    left -= kGroup, at += kGroup, ++keys;
  }
  if (left > 0) {
    // Zeroes to the end of the group: the length before it says where they begin.
    const __m512i rest = _mm512_maskz_loadu_epi8(~std::uint64_t{0} >> (kGroup - left), at);
    other = _mm512_xor_si512(other, products(_mm512_xor_si512(rest, keys[0])));
  }
  sum = _mm512_xor_si512(sum, other);
  const __m256i half =
      _mm256_xor_si256(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
  const __m128i both =
      _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
  const auto lower = static_cast<std::uint64_t>(_mm_cvtsi128_si64(both));
  const auto upper = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(both, both)));
  return key.finish(upper, lower);
}

}  // namespace mehr::dataplane
#endif
