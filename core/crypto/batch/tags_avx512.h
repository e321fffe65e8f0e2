// Tags of groups of eight packets from their one-time keys and sealed texts. Only for avx512.cc.
#pragma once

#ifdef __AVX512IFMA__
#include "core/crypto/batch/room_avx512.h"

namespace mehr::crypto::batch {

/// What the hashing of a group needs to know of its packets. `text` is the sealed text: in or out.
struct Group {
  const Packet* packets;
  unsigned count;  ///< 1..8
  bool from_out;
};

MEHR_BATCH_INLINE const std::uint8_t* sealed_text(const Group& group, unsigned i) {
  const AeadJob& job = *group.packets[i].job;
  return group.from_out ? job.out : job.in;
}

/// h -> h r^4 + m0 r^4 + m1 r^3 + m2 r^2 + m3 r for one chunk of eight packets.
/// @param v the chunks as words in lanes  @param tops 2^128 for each of the four blocks
MEHR_BATCH_INLINE Limbs eat_chunks(const Limbs& h, const __m512i v[8], const __m512i tops[4],
                                   const FactorRows power[4]) {
  Sum sum = no_sum();
  multiply_add(sum, split(v[2], v[3], tops[1]), load_factor(power[2]));
  multiply_add(sum, split(v[4], v[5], tops[2]), load_factor(power[1]));
  multiply_add(sum, split(v[6], v[7], tops[3]), load_factor(power[0]));
  multiply_add(sum, add(h, split(v[0], v[1], tops[0])), load_factor(power[3]));
  return carry(sum);
}

/// Eight packets of similar length, a lane each. Shorter ones start with zeroes.
static __attribute__((noinline)) Limbs hash_across(const Group& group, const OneTimeKeys& keys,
                                                   Room& room) {
  const Limbs r{load_row(keys.r[0]), load_row(keys.r[1]), load_row(keys.r[2])};
  const Factor factor = factor_of(r);
  store_factor(room.power[0], factor);
  const Limbs r2 = multiply(r, factor);
  const Factor factor2 = factor_of(r2);
  store_factor(room.power[1], factor2);
  store_factor(room.power[2], factor_of(multiply(r, factor2)));
  store_factor(room.power[3], factor_of(multiply(r2, factor2)));

  std::int64_t chunks = 1;
  for (unsigned i = 0; i < group.count; ++i) {
    const std::int64_t own = (std::int64_t{group.packets[i].hash_blocks} + 3) / 4;
    chunks = own > chunks ? own : chunks;
  }
  std::int64_t pad[8];
  const void* text[8];
  std::int64_t smooth = 0;  // first chunk that is all text in every lane
  for (unsigned i = 0; i < kGroup; ++i) {
    const Packet& packet = group.packets[i < group.count ? i : 0];
    pad[i] = 4 * chunks - packet.hash_blocks;
    const std::int64_t before = pad[i] + packet.associated_blocks;
    smooth = (before + 3) / 4 > smooth ? (before + 3) / 4 : smooth;
    text[i] = address(sealed_text(group, i < group.count ? i : 0), -16 * before);
  }
  const __m512i top = top_bit();
  const __m512i all_tops[4] = {top, top, top, top};
  const __m512i zero = _mm512_setzero_si512();
  Limbs h{zero, zero, zero};
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    __m512i v[8];
    if (chunk >= smooth && chunk < chunks - 1) {
      for (unsigned i = 0; i < kGroup; ++i) {
        v[i] = _mm512_loadu_si512(reinterpret_cast<const void*>(
            reinterpret_cast<std::uintptr_t>(text[i]) + static_cast<std::uintptr_t>(64 * chunk)));
      }
      transpose8(v);
      h = eat_chunks(h, v, all_tops, room.power);
      continue;
    }
    const __m512i pads = _mm512_loadu_si512(pad);
    __m512i tops[4];
    for (unsigned i = 0; i < kGroup; ++i) {
      v[i] = i < group.count
                 ? load_chunk(group.packets[i], sealed_text(group, i), chunk, pad[i], chunks)
                 : zero;
    }
    for (unsigned j = 0; j < 4; ++j) {
      const __mmask8 present =
          _mm512_cmple_epi64_mask(pads, _mm512_set1_epi64(4 * chunk + static_cast<int>(j)));
      tops[j] = _mm512_maskz_mov_epi64(present, top);
    }
    transpose8(v);
    h = eat_chunks(h, v, tops, room.power);
  }
  return h;
}

/// Powers of eight keys, laid out for one packet after the other. @param most highest multiple of
/// r^8 needed, 1..4
MEHR_BATCH_INLINE void spread_powers(const OneTimeKeys& keys, unsigned most, Room& room) {
  Limbs p[9];
  p[1] = {load_row(keys.r[0]), load_row(keys.r[1]), load_row(keys.r[2])};
  const Factor factor1 = factor_of(p[1]);
  p[2] = multiply(p[1], factor1);
  const Factor factor2 = factor_of(p[2]);
  p[3] = multiply(p[1], factor2);
  p[4] = multiply(p[2], factor2);
  const Factor factor4 = factor_of(p[4]);
  for (unsigned i = 1; i <= 4; ++i)
    p[4 + i] = multiply(p[i], factor4);
  const Factor factor8 = factor_of(p[8]);
  store_factor(room.power[0], factor8);
  Limbs above = p[8];
  for (unsigned i = 1; i < most; ++i) {
    above = multiply(above, factor8);
    store_factor(room.power[i], factor_of(above));
  }
  __m512i a[8] = {p[8].a, p[4].a, p[7].a, p[3].a, p[6].a, p[2].a, p[5].a, p[1].a};
  __m512i b[8] = {p[8].b, p[4].b, p[7].b, p[3].b, p[6].b, p[2].b, p[5].b, p[1].b};
  __m512i c[8] = {p[8].c, p[4].c, p[7].c, p[3].c, p[6].c, p[2].c, p[5].c, p[1].c};
  transpose8(a);
  transpose8(b);
  transpose8(c);
  for (unsigned i = 0; i < 8; ++i) {
    _mm512_store_si512(room.window[0][i], a[i]);
    _mm512_store_si512(room.window[1][i], b[i]);
    _mm512_store_si512(room.window[2][i], c[i]);
  }
}

/// Two neighbouring chunks as eight blocks in lanes: 0 4 1 5 2 6 3 7.
MEHR_BATCH_INLINE Limbs eight_blocks(__m512i first, __m512i second, __m512i top) {
  return split(_mm512_unpacklo_epi64(first, second), _mm512_unpackhi_epi64(first, second), top);
}

/// h -> (h + v0) r^(8 kCount) + v1 r^(8 (kCount - 1)) + ... for kCount times 128 bytes of text.
template <unsigned kCount>
MEHR_BATCH_INLINE Limbs eat_rows(const Limbs& h, const std::uint8_t* text, unsigned lane,
                                 const FactorRows power[4]) {
  Sum sum = no_sum();
  for (unsigned i = kCount; i-- > 0;) {
    Limbs x = eight_blocks(_mm512_loadu_si512(text + 128 * i),
                           _mm512_loadu_si512(text + 128 * i + 64), top_bit());
    if (i == 0) x = add(x, h);
    multiply_add(sum, x, spread_factor(power[kCount - 1 - i], lane));
  }
  return carry(sum);
}

/// One packet over all lanes; leaves its columns in room.sums, its lanes to be summed up.
static __attribute__((noinline)) void hash_within(const Packet& packet, const std::uint8_t* text,
                                                  unsigned lane, Room& room) {
  const std::int64_t rows = (std::int64_t{packet.hash_blocks} + 7) / 8;
  const std::int64_t pad = 8 * rows - packet.hash_blocks;
  const std::int64_t before = pad + packet.associated_blocks;
  const __m512i zero = _mm512_setzero_si512();
  const __m512i top = top_bit();
  const __m512i place = _mm512_set_epi64(7, 3, 6, 2, 5, 1, 4, 0);
  Limbs h{zero, zero, zero};
  const auto rough_row = [&](std::int64_t row) __attribute__((always_inline)) {
    const __mmask8 present = _mm512_cmpge_epi64_mask(
        _mm512_add_epi64(place, _mm512_set1_epi64(8 * row)), _mm512_set1_epi64(pad));
    const Limbs x = eight_blocks(load_chunk(packet, text, 2 * row, pad, 2 * rows),
                                 load_chunk(packet, text, 2 * row + 1, pad, 2 * rows),
                                 _mm512_maskz_mov_epi64(present, top));
    h = add(h, x);
  };
  std::int64_t row = 0;
  for (; row < rows - 1 && 8 * row < before; ++row) {
    rough_row(row);
    h = multiply(h, spread_factor(room.power[0], lane));
  }
  const std::uint8_t* smooth = text + 16 * (8 * row - before);
  std::int64_t left = rows - 1 - row;
  for (; left >= 4; left -= 4, smooth += 512)
    h = eat_rows<4>(h, smooth, lane, room.power);
  if (left == 3) h = eat_rows<3>(h, smooth, lane, room.power);
  if (left == 2) h = eat_rows<2>(h, smooth, lane, room.power);
  if (left == 1) h = eat_rows<1>(h, smooth, lane, room.power);
  rough_row(rows - 1);
  const Limbs window{load_row(room.window[0][lane]), load_row(room.window[1][lane]),
                     load_row(room.window[2][lane])};
  Sum sum = no_sum();
  multiply_add(sum, h, factor_of(window));
  const Columns columns = columns_of(sum);
  _mm512_store_si512(room.sums[0][lane], columns.d0);
  _mm512_store_si512(room.sums[1][lane], columns.d1);
  _mm512_store_si512(room.sums[2][lane], columns.d2);
  _mm512_store_si512(room.sums[3][lane], columns.over);
}

/// Whether eight lanes of packets cost less than each packet over all lanes (measured).
MEHR_BATCH_INLINE bool better_across(const Group& group) {
  std::uint32_t most = 0;
  std::uint32_t rows = 0;
  for (unsigned i = 0; i < group.count; ++i) {
    const std::uint32_t blocks = group.packets[i].hash_blocks;
    most = blocks > most ? blocks : most;
    rows += (blocks + 7) / 8;
  }
  const std::uint32_t across = 10 * ((most + 3) / 4);
  return across <= 25 + 14 * group.count + 3 * rows;
}

/// Tags of a group into room.tags, first packet of the group at `at`.
MEHR_BATCH_INLINE void hash_group(const Group& group, const OneTimeKeys& keys, unsigned at,
                                  Room& room) {
  Limbs h;
  if (better_across(group)) {
    h = hash_across(group, keys, room);
  } else {
    room.within = true;
    std::uint32_t most = 0;
    for (unsigned i = 0; i < group.count; ++i) {
      const std::uint32_t blocks = group.packets[i].hash_blocks;
      most = blocks > most ? blocks : most;
    }
    const std::uint32_t rows = (most + 7) / 8;
    spread_powers(keys, rows > 4 ? 4 : rows > 1 ? rows - 1 : 1, room);
    for (unsigned i = 0; i < group.count; ++i) {
      hash_within(group.packets[i], sealed_text(group, i), i, room);
    }
    h = carry(Columns{sum_rows(room.sums[0]), sum_rows(room.sums[1]), sum_rows(room.sums[2]),
                      sum_rows(room.sums[3])});
  }
  __m512i low;
  __m512i high;
  finish(h, load_row(keys.s[0]), load_row(keys.s[1]), low, high);
  const __m512i even = _mm512_unpacklo_epi64(low, high);
  const __m512i odd = _mm512_unpackhi_epi64(low, high);
  const __m512i order_low = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
  const __m512i order_high = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  _mm512_store_si512(room.tags[at], _mm512_permutex2var_epi64(even, order_low, odd));
  _mm512_store_si512(room.tags[at + 4], _mm512_permutex2var_epi64(even, order_high, odd));
}

}  // namespace mehr::crypto::batch
#endif
