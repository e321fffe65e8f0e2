// SHA-256 in eight lanes of AVX2, for processors that have neither AVX-512 nor SHA instructions.
// Called through sha256_batch; any thread; pure.
#include <immintrin.h>

#include "core/crypto/sha2/lanes.h"

namespace mehr::crypto::sha2 {
namespace {

using Vector = __m256i;

#define MEHR_INLINE __attribute__((always_inline)) inline

MEHR_INLINE Vector add(Vector a, Vector b) {
  return _mm256_add_epi32(a, b);
}
MEHR_INLINE Vector exclusive_or(Vector a, Vector b) {
  return _mm256_xor_si256(a, b);
}
template <int kBits>
MEHR_INLINE Vector rotate(Vector x) {
  return exclusive_or(_mm256_srli_epi32(x, kBits), _mm256_slli_epi32(x, 32 - kBits));
}
template <int kA, int kB, int kC>
MEHR_INLINE Vector big_sigma(Vector x) {
  return exclusive_or(exclusive_or(rotate<kA>(x), rotate<kB>(x)), rotate<kC>(x));
}
template <int kA, int kB, int kShift>
MEHR_INLINE Vector small_sigma(Vector x) {
  return exclusive_or(exclusive_or(rotate<kA>(x), rotate<kB>(x)), _mm256_srli_epi32(x, kShift));
}

MEHR_INLINE Vector swap_bytes(Vector x) {
  const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  return _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(order));
}

/// One round of which the letters have moved `t` places; the schedule of round t + 16 follows. The
/// sums are in the order that keeps the way from letter to letter short.
template <int kT>
MEHR_INLINE void round(Vector* s, Vector* w, const std::uint32_t* constants) {
  Vector& a = s[(64 - kT) % 8];
  Vector& b = s[(65 - kT) % 8];
  Vector& c = s[(66 - kT) % 8];
  Vector& d = s[(67 - kT) % 8];
  Vector& e = s[(68 - kT) % 8];
  Vector& f = s[(69 - kT) % 8];
  Vector& g = s[(70 - kT) % 8];
  Vector& h = s[(71 - kT) % 8];
  h = add(h, add(w[kT % 16], _mm256_set1_epi32(static_cast<int>(constants[kT]))));
  h = add(h, exclusive_or(g, _mm256_and_si256(e, exclusive_or(f, g))));
  h = add(h, big_sigma<6, 11, 25>(e));
  d = add(d, h);
  h = add(h, exclusive_or(b, _mm256_and_si256(exclusive_or(a, b), exclusive_or(b, c))));
  h = add(h, big_sigma<2, 13, 22>(a));
  if constexpr (kT < 48) {
    w[kT % 16] = add(
        add(w[kT % 16], w[(kT + 9) % 16]),
        add(small_sigma<7, 18, 3>(w[(kT + 1) % 16]), small_sigma<17, 19, 10>(w[(kT + 14) % 16])));
  }
}

template <int kT>
MEHR_INLINE void eight_rounds(Vector* s, Vector* w, const std::uint32_t* constants) {
  round<kT>(s, w, constants);
  round<kT + 1>(s, w, constants);
  round<kT + 2>(s, w, constants);
  round<kT + 3>(s, w, constants);
  round<kT + 4>(s, w, constants);
  round<kT + 5>(s, w, constants);
  round<kT + 6>(s, w, constants);
  round<kT + 7>(s, w, constants);
}

/// Eight rows of eight words to eight columns.
MEHR_INLINE void turn(Vector* v) {
  Vector pairs[8], fours[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_epi32(v[i], v[i + 1]);
    pairs[i + 1] = _mm256_unpackhi_epi32(v[i], v[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    fours[i] = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
    fours[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
    fours[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    fours[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    v[i] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x20);
    v[i + 4] = _mm256_permute2x128_si256(fours[i], fours[i + 4], 0x31);
  }
}

struct Engine {
  static constexpr unsigned kLanes = 8;
  struct State {
    Vector word[8];
  };

  static void reset(State& state, std::uint32_t lanes) {
    const Vector bit = _mm256_set_epi32(128, 64, 32, 16, 8, 4, 2, 1);
    const Vector mask =
        _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(lanes)), bit), bit);
    for (int i = 0; i < 8; ++i) {
      state.word[i] =
          _mm256_blendv_epi8(state.word[i], _mm256_set1_epi32(static_cast<int>(kInitial[i])), mask);
    }
  }

  static void compress(State& state, const std::uint8_t* const* blocks) {
    Vector w[16];
    for (int i = 0; i < 8; ++i) {
      const auto* block = reinterpret_cast<const __m256i*>(blocks[i]);
      w[i] = swap_bytes(_mm256_loadu_si256(block));
      w[i + 8] = swap_bytes(_mm256_loadu_si256(block + 1));
    }
    turn(w);
    turn(w + 8);
    Vector s[8];
    for (int i = 0; i < 8; ++i)
      s[i] = state.word[i];
    // Hidden from the compiler, which would make each constant in a register and spill the letters.
    const std::uint32_t* constants = kRound;
    __asm__("" : "+r"(constants));
    eight_rounds<0>(s, w, constants);
    eight_rounds<8>(s, w, constants);
    eight_rounds<16>(s, w, constants);
    eight_rounds<24>(s, w, constants);
    eight_rounds<32>(s, w, constants);
    eight_rounds<40>(s, w, constants);
    eight_rounds<48>(s, w, constants);
    eight_rounds<56>(s, w, constants);
    for (int i = 0; i < 8; ++i)
      state.word[i] = add(state.word[i], s[i]);
  }

  static void digests(const State& state, std::uint8_t (*out)[32]) {
    Vector rows[8];
    for (int i = 0; i < 8; ++i)
      rows[i] = swap_bytes(state.word[i]);
    turn(rows);
    for (int i = 0; i < 8; ++i)
      _mm256_store_si256(reinterpret_cast<__m256i*>(out[i]), rows[i]);
  }

  static void words(const State& state, unsigned lane, std::uint32_t* out) {
    for (int i = 0; i < 8; ++i)
      std::memcpy(&out[i], reinterpret_cast<const char*>(&state.word[i]) + 4 * lane, 4);
  }
};

}  // namespace

void hash_avx2(const Message* messages, std::uint8_t* out, std::size_t count, Finish finish,
               unsigned few) {
  Lanes<Engine> lanes;
  lanes.run(messages, out, count, finish, few);
}

}  // namespace mehr::crypto::sha2
