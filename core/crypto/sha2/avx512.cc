// SHA-256 in sixteen lanes of AVX-512: rotation and three-input logic are single instructions, and
// schedule and state stay in the 32 registers. Called through sha256_batch; any thread; pure.
#include <immintrin.h>

#include "core/crypto/sha2/lanes.h"

namespace mehr::crypto::sha2 {
namespace {

using Vector = __m512i;

#define MEHR_INLINE __attribute__((always_inline)) inline

MEHR_INLINE Vector add(Vector a, Vector b) {
  return _mm512_add_epi32(a, b);
}
MEHR_INLINE Vector exclusive_or(Vector a, Vector b, Vector c) {
  return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}
template <int kA, int kB, int kC>
MEHR_INLINE Vector big_sigma(Vector x) {
  return exclusive_or(_mm512_ror_epi32(x, kA), _mm512_ror_epi32(x, kB), _mm512_ror_epi32(x, kC));
}
template <int kA, int kB, int kShift>
MEHR_INLINE Vector small_sigma(Vector x) {
  return exclusive_or(_mm512_ror_epi32(x, kA), _mm512_ror_epi32(x, kB),
                      _mm512_srli_epi32(x, kShift));
}

/// Byte order of big-endian words.
MEHR_INLINE Vector swap_bytes(Vector x) {
  const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  return _mm512_shuffle_epi8(x, _mm512_broadcast_i32x4(order));
}

/// One round of which the letters have moved `t` places; the schedule of round t + 16 follows. The
/// sums are in the order that keeps the way from letter to letter short: three instructions.
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
  h = add(h, add(w[kT % 16], _mm512_set1_epi32(static_cast<int>(constants[kT]))));
  const Vector choice = add(h, _mm512_ternarylogic_epi32(e, f, g, 0xCA));
  const Vector sigma = big_sigma<6, 11, 25>(e);
  d = add(add(d, choice), sigma);
  const Vector majority = _mm512_ternarylogic_epi32(a, b, c, 0xE8);
  h = add(add(majority, choice), add(sigma, big_sigma<2, 13, 22>(a)));
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

/// Four rows of words to four columns, within each 128 bits.
MEHR_INLINE void turn_four(Vector& a, Vector& b, Vector& c, Vector& d) {
  const Vector ab_low = _mm512_unpacklo_epi32(a, b);
  const Vector ab_high = _mm512_unpackhi_epi32(a, b);
  const Vector cd_low = _mm512_unpacklo_epi32(c, d);
  const Vector cd_high = _mm512_unpackhi_epi32(c, d);
  a = _mm512_unpacklo_epi64(ab_low, cd_low);
  b = _mm512_unpackhi_epi64(ab_low, cd_low);
  c = _mm512_unpacklo_epi64(ab_high, cd_high);
  d = _mm512_unpackhi_epi64(ab_high, cd_high);
}

/// Four rows of 128 bits to four columns.
MEHR_INLINE void turn_quarters(Vector& a, Vector& b, Vector& c, Vector& d) {
  const Vector ab_even = _mm512_shuffle_i32x4(a, b, 0x88);
  const Vector ab_odd = _mm512_shuffle_i32x4(a, b, 0xDD);
  const Vector cd_even = _mm512_shuffle_i32x4(c, d, 0x88);
  const Vector cd_odd = _mm512_shuffle_i32x4(c, d, 0xDD);
  a = _mm512_shuffle_i32x4(ab_even, cd_even, 0x88);
  b = _mm512_shuffle_i32x4(ab_odd, cd_odd, 0x88);
  c = _mm512_shuffle_i32x4(ab_even, cd_even, 0xDD);
  d = _mm512_shuffle_i32x4(ab_odd, cd_odd, 0xDD);
}

/// Blocks of sixteen lanes to sixteen words of a block each: w[i] holds word i of all lanes.
MEHR_INLINE void turn(Vector* w) {
  for (int i = 0; i < 16; i += 4)
    turn_four(w[i], w[i + 1], w[i + 2], w[i + 3]);
  for (int i = 0; i < 4; ++i)
    turn_quarters(w[i], w[i + 4], w[i + 8], w[i + 12]);
}

/// The four halves of digests in `halves` to lanes `lane`, + 4, + 8 and + 12.
MEHR_INLINE void put(std::uint8_t (*out)[32], Vector halves, int lane, int offset) {
  const auto at = [&](int which) {
    return reinterpret_cast<__m128i*>(out[lane + 4 * which] + offset);
  };
  _mm_store_si128(at(0), _mm512_castsi512_si128(halves));
  _mm_store_si128(at(1), _mm512_extracti32x4_epi32(halves, 1));
  _mm_store_si128(at(2), _mm512_extracti32x4_epi32(halves, 2));
  _mm_store_si128(at(3), _mm512_extracti32x4_epi32(halves, 3));
}

struct Engine {
  static constexpr unsigned kLanes = 16;
  struct State {
    Vector word[8];
  };

  MEHR_INLINE static void reset(State& state, std::uint32_t lanes) {
    for (int i = 0; i < 8; ++i) {
      state.word[i] = _mm512_mask_set1_epi32(state.word[i], static_cast<__mmask16>(lanes),
                                             static_cast<int>(kInitial[i]));
    }
  }

  static void compress(State& state, const std::uint8_t* const* blocks) {
    Vector w[16];
    for (int i = 0; i < 16; ++i)
      w[i] = swap_bytes(_mm512_loadu_si512(blocks[i]));
    turn(w);
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
    Vector low[4], high[4];
    for (int i = 0; i < 4; ++i) {
      low[i] = swap_bytes(state.word[i]);
      high[i] = swap_bytes(state.word[i + 4]);
    }
    turn_four(low[0], low[1], low[2], low[3]);
    turn_four(high[0], high[1], high[2], high[3]);
    // low[i] now holds the first halves of lanes i, i + 4, i + 8, i + 12.
    for (int i = 0; i < 4; ++i) {
      put(out, low[i], i, 0);
      put(out, high[i], i, 16);
    }
  }

  static void words(const State& state, unsigned lane, std::uint32_t* out) {
    for (int i = 0; i < 8; ++i) {
      std::memcpy(&out[i], reinterpret_cast<const char*>(&state.word[i]) + 4 * lane, 4);
    }
  }
};

}  // namespace

void hash_avx512(const Message* messages, std::uint8_t* out, std::size_t count, Finish finish,
                 unsigned few) {
  Lanes<Engine> lanes;
  lanes.run(messages, out, count, finish, few);
}

}  // namespace mehr::crypto::sha2
