// Tags of groups of eight packets from their one-time keys and sealed texts. Only for avx512.cc.
#pragma once

#ifdef __AVX512IFMA__
#include "core/crypto/batch/poly1305_scalar.h"
#include "core/crypto/batch/room_avx512.h"

namespace mehr::crypto::batch::avx512 {

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

/// How a lane takes its packet's chunks when a group goes side by side.
struct Lane {
  const std::uint8_t* text;        ///< chunk c is at text + 64 c
  const std::uint8_t* associated;  ///< likewise for the first chunk
  std::uint64_t text_mask;         ///< of the first chunk
  std::uint64_t associated_mask;   ///< of the first chunk
  std::uint64_t last_mask;         ///< of text in the last chunk, where that is not the first
  std::int64_t first;              ///< chunk
};

/// A group on its way through hash_across.
struct Across {
  Lane lane[8];
  alignas(64) std::int64_t pad[8];
  alignas(64) std::int64_t associated_size[8];
  alignas(64) std::int64_t size[8];
  std::int64_t smooth;  ///< first chunk that is all text in every lane
  bool plain;           ///< no lane has associated data in two chunks
};

MEHR_BATCH_INLINE std::int64_t chunks_of(const Group& group) {
  std::int64_t most = 1;
  for (unsigned i = 0; i < group.count; ++i) {
    const std::int64_t own = (std::int64_t{group.packets[i].hash_blocks} + 3) / 4;
    most = own > most ? own : most;
  }
  return most;
}

MEHR_BATCH_INLINE std::uint64_t low_bits(std::int64_t n) {
  return _bzhi_u64(~0ULL, static_cast<unsigned>(n < 64 ? n : 64));
}

/// @param chunks of the longest packet; shorter ones start with zeroes
MEHR_BATCH_INLINE void set_up(const Group& group, std::int64_t chunks, Across& across) {
  across.smooth = 0;
  across.plain = true;
  for (unsigned i = 0; i < kGroup; ++i) {
    const unsigned from = i < group.count ? i : 0;
    const Packet& packet = group.packets[from];
    const std::int64_t pad = 4 * chunks - packet.hash_blocks;
    const std::int64_t before = pad + packet.associated_blocks;
    const std::int64_t first = pad / 4;
    const std::int64_t own_pad = 16 * (pad % 4);
    const std::int64_t own_before = own_pad + 16 * std::int64_t{packet.associated_blocks};
    const std::int64_t size = packet.job->size;
    Lane& lane = across.lane[i];
    lane.text = static_cast<const std::uint8_t*>(address(sealed_text(group, from), -16 * before));
    lane.associated = static_cast<const std::uint8_t*>(address(packet.job->associated, -16 * pad));
    lane.text_mask = low_bits(own_before + size) & ~low_bits(own_before);
    lane.associated_mask =
        low_bits(own_pad + std::int64_t{packet.job->associated_size}) & ~low_bits(own_pad);
    const std::int64_t last = size - (64 * (chunks - 1) - 16 * before);
    lane.last_mask = low_bits(last < 0 ? 0 : last);
    lane.first = first;
    across.pad[i] = pad;
    across.associated_size[i] = packet.job->associated_size;
    across.size[i] = size;
    across.smooth = first + 1 > across.smooth ? first + 1 : across.smooth;
    across.plain = across.plain && own_before <= 64;
  }
}

MEHR_BATCH_INLINE __m512i masked(std::uint64_t mask, const std::uint8_t* base, std::int64_t chunk) {
  return _mm512_maskz_loadu_epi8(_cvtu64_mask64(mask), address(base, 64 * chunk));
}

MEHR_BATCH_INLINE __m512i load_lane(const Lane& lane, std::int64_t chunk, std::int64_t chunks) {
  if (chunk < lane.first) return _mm512_setzero_si512();
  if (chunk == lane.first) {
    return _mm512_or_si512(masked(lane.text_mask, lane.text, chunk),
                           masked(lane.associated_mask, lane.associated, chunk));
  }
  if (chunk == chunks - 1) return masked(lane.last_mask, lane.text, chunk);
  return _mm512_loadu_si512(address(lane.text, 64 * chunk));
}

/// One chunk of a group, whatever is in it.
MEHR_BATCH_INLINE Limbs eat_rough(const Limbs& h, const Group& group, const Across& across,
                                  std::int64_t chunk, std::int64_t chunks,
                                  const FactorRows power[4]) {
  __m512i v[8];
  if (across.plain) {
    for (unsigned i = 0; i < kGroup; ++i)
      v[i] = load_lane(across.lane[i], chunk, chunks);
  } else {
    for (unsigned i = 0; i < kGroup; ++i) {
      const unsigned from = i < group.count ? i : 0;
      v[i] =
          load_chunk(group.packets[from], sealed_text(group, from), chunk, across.pad[i], chunks);
    }
  }
  transpose8(v);
  if (chunk == chunks - 1) {
    v[6] = _mm512_or_si512(v[6], _mm512_load_si512(across.associated_size));
    v[7] = _mm512_or_si512(v[7], _mm512_load_si512(across.size));
  }
  const __m512i pads = _mm512_load_si512(across.pad);
  __m512i tops[4];
  for (unsigned j = 0; j < 4; ++j) {
    const __mmask8 present =
        _mm512_cmple_epi64_mask(pads, _mm512_set1_epi64(4 * chunk + static_cast<int>(j)));
    tops[j] = _mm512_maskz_mov_epi64(present, top_bit());
  }
  return eat_chunks(h, v, tops, power);
}

MEHR_BATCH_INLINE Limbs eat_smooth(const Limbs& h, const Across& across, std::int64_t chunk,
                                   const FactorRows power[4]) {
  const __m512i top = top_bit();
  const __m512i tops[4] = {top, top, top, top};
  __m512i v[8];
  for (unsigned i = 0; i < kGroup; ++i) {
    v[i] = _mm512_loadu_si512(address(across.lane[i].text, 64 * chunk));
  }
  transpose8(v);
  return eat_chunks(h, v, tops, power);
}

MEHR_BATCH_INLINE void four_powers(const OneTimeKeys& keys, FactorRows power[4]) {
  const Limbs r{load_row(keys.r[0]), load_row(keys.r[1]), load_row(keys.r[2])};
  const Factor factor = factor_of(r);
  store_factor(power[0], factor);
  const Limbs r2 = multiply(r, factor);
  const Factor factor2 = factor_of(r2);
  store_factor(power[1], factor2);
  store_factor(power[2], factor_of(multiply(r, factor2)));
  store_factor(power[3], factor_of(multiply(r2, factor2)));
}

/// Eight packets of similar length, a lane each; two such groups at once, since one alone waits for
/// its own products. @param chunks of the longest packet
template <unsigned kCount>
static __attribute__((noinline)) void hash_across(const Group* groups, const OneTimeKeys* keys,
                                                  std::int64_t chunks, Limbs* out, Room& room) {
  Across across[kCount];
  const __m512i zero = _mm512_setzero_si512();
  Limbs h[kCount];
  std::int64_t smooth = 0;
  for (unsigned g = 0; g < kCount; ++g) {
    four_powers(keys[g], room.power[g]);
    set_up(groups[g], chunks, across[g]);
    smooth = across[g].smooth > smooth ? across[g].smooth : smooth;
    smooth = across[g].plain ? smooth : smooth + 1;
    h[g] = {zero, zero, zero};
  }
  std::int64_t chunk = 0;
  for (; chunk < chunks && chunk < smooth; ++chunk) {
    for (unsigned g = 0; g < kCount; ++g) {
      h[g] = eat_rough(h[g], groups[g], across[g], chunk, chunks, room.power[g]);
    }
  }
  for (; chunk < chunks - 1; ++chunk) {
    for (unsigned g = 0; g < kCount; ++g)
      h[g] = eat_smooth(h[g], across[g], chunk, room.power[g]);
  }
  if (chunk < chunks) {
    for (unsigned g = 0; g < kCount; ++g) {
      h[g] = eat_rough(h[g], groups[g], across[g], chunk, chunks, room.power[g]);
    }
  }
  for (unsigned g = 0; g < kCount; ++g)
    out[g] = h[g];
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
  store_factor(room.power[0][0], factor8);
  Limbs above = p[8];
  for (unsigned i = 1; i < most; ++i) {
    above = multiply(above, factor8);
    store_factor(room.power[0][i], factor_of(above));
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
    h = multiply(h, spread_factor(room.power[0][0], lane));
  }
  const auto* smooth = static_cast<const std::uint8_t*>(address(text, 16 * (8 * row - before)));
  std::int64_t left = rows - 1 - row;
  for (; left >= 4; left -= 4, smooth += 512)
    h = eat_rows<4>(h, smooth, lane, room.power[0]);
  if (left == 3) h = eat_rows<3>(h, smooth, lane, room.power[0]);
  if (left == 2) h = eat_rows<2>(h, smooth, lane, room.power[0]);
  if (left == 1) h = eat_rows<1>(h, smooth, lane, room.power[0]);
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
MEHR_BATCH_INLINE bool better_across(const Group& group, std::int64_t chunks) {
  std::uint32_t rows = 0;
  for (unsigned i = 0; i < group.count; ++i)
    rows += (group.packets[i].hash_blocks + 7) / 8;
  return 10 * chunks <= 25 + 14 * group.count + 3 * rows;
}

/// Tags from sums: for the group whose first packet is at `at`.
MEHR_BATCH_INLINE void put_tags(const Limbs& h, const OneTimeKeys& keys, unsigned at, Room& room) {
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

MEHR_BATCH_INLINE Limbs hash_group_within(const Group& group, const OneTimeKeys& keys,
                                          std::int64_t chunks, Room& room) {
  const std::int64_t rows = (chunks + 1) / 2;
  room.within = true;
  spread_powers(keys, rows > 4 ? 4 : rows > 1 ? static_cast<unsigned>(rows - 1) : 1, room);
  for (unsigned i = 0; i < group.count; ++i) {
    hash_within(group.packets[i], sealed_text(group, i), i, room);
  }
  return carry(Columns{sum_rows(room.sums[0]), sum_rows(room.sums[1]), sum_rows(room.sums[2]),
                       sum_rows(room.sums[3])});
}

/// Whether so little is to be hashed that vectors would only wait (measured).
MEHR_BATCH_INLINE bool better_scalar(const Packet* packets, std::size_t count) {
  constexpr std::uint32_t kFew = 32;
  if (count >= kGroup) return false;
  std::uint32_t blocks = 0;
  for (std::size_t i = 0; i < count; ++i)
    blocks += packets[i].hash_blocks;
  return blocks <= kFew;
}

MEHR_BATCH_INLINE void hash_scalar(Room& room, std::size_t count, bool from_out) {
  const auto hashed = [&](std::size_t i) __attribute__((always_inline)) {
    const AeadJob* job = room.packets[i].job;
    const OneTimeKeys& keys = room.keys[0];
    const OneTimeKey key{keys.r[0][i] | keys.r[1][i] << 44, keys.r[1][i] >> 20 | keys.r[2][i] << 24,
                         keys.s[0][i], keys.s[1][i]};
    return Hashed{job, from_out ? job->out : job->in, key, room.tags[i]};
  };
  std::size_t i = 0;
  for (; i + 2 <= count; i += 2)
    hash_two(hashed(i), hashed(i + 1));
  if (i < count) hash_one(hashed(i));
}

/// Tags of `count` packets, which are in order of length, into room.tags.
MEHR_BATCH_INLINE void make_tags(Room& room, std::size_t count, bool from_out) {
  if (better_scalar(room.packets, count)) {
    hash_scalar(room, count, from_out);
    return;
  }
  const auto group_at = [&](std::size_t at) __attribute__((always_inline)) {
    return Group{room.packets + at,
                 static_cast<unsigned>(count - at < kGroup ? count - at : kGroup), from_out};
  };
  for (std::size_t at = 0; at < count; at += kGroup) {
    const OneTimeKeys* keys = room.keys + at / kGroup;
    const Group groups[2] = {group_at(at), group_at(at + kGroup < count ? at + kGroup : at)};
    const std::int64_t chunks = chunks_of(groups[0]);
    Limbs h[2];
    if (!better_across(groups[0], chunks)) {
      h[0] = hash_group_within(groups[0], keys[0], chunks, room);
    } else if (const std::int64_t second = chunks_of(groups[1]);
               at + kGroup < count && second <= chunks + 1 + chunks / 4 &&
               better_across(groups[1], second)) {
      hash_across<2>(groups, keys, second > chunks ? second : chunks, h, room);
      put_tags(h[0], keys[0], static_cast<unsigned>(at), room);
      at += kGroup;
      h[0] = h[1];
      ++keys;
    } else {
      hash_across<1>(groups, keys, chunks, h, room);
    }
    put_tags(h[0], *keys, static_cast<unsigned>(at), room);
  }
}

}  // namespace mehr::crypto::batch::avx512
#endif
