// The batch AEAD for AVX-512 with IFMA. Owns the order of work: lanes filled by block (keys of all
// packets first, then text, packet after packet), tags by groups of eight. Called by AeadBatch; any
// thread.
//
// Sealing: keys and text in one stream of blocks, then tags. Opening: keys (with as much text as
// fits beside them, its key stream put aside), tags, comparison, then the text of those that were
// genuine.
#include <immintrin.h>

#include "core/crypto/batch/kernel.h"
#include "core/crypto/batch/tags_avx512.h"

namespace mehr::crypto::batch::avx512 {
namespace {

MEHR_BATCH_INLINE void begin_run(Lanes& lanes, unsigned lane) {
  if (lanes.runs < kRunsKept) lanes.run_start[lanes.runs] = lane;
  ++lanes.runs;
}

/// Lanes from `lane` on: consecutive blocks of one packet, written sixteen at a time where that
/// pays.
MEHR_BATCH_INLINE void fill_run(Lanes& lanes, unsigned lane, const AeadJob* job,
                                std::uint32_t block, std::uint32_t count) {
  const std::uint8_t* in = job->in + 64 * std::size_t{block};
  std::uint8_t* out = job->out + 64 * std::size_t{block};
  if (count < 3) {
    for (std::uint32_t i = 0; i < count; ++i) {
      lanes.job[lane + i] = job;
      lanes.in[lane + i] = in + 64 * i;
      lanes.out[lane + i] = out + 64 * i;
      lanes.mask[lane + i] = ~0ULL;
      lanes.counter[lane + i] = block + 1 + i;
    }
    return;
  }
  const __m512i steps = _mm512_set_epi64(448, 384, 320, 256, 192, 128, 64, 0);
  const __m512i count16 = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  _mm512_storeu_si512(lanes.counter + lane,
                      _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(block + 1)), count16));
  const auto spread = [](const void* p) __attribute__((always_inline)) {
    return _mm512_set1_epi64(reinterpret_cast<long long>(p));
  };
  for (unsigned i = 0; i < kLanes && i < count; i += 8) {
    _mm512_storeu_si512(lanes.job + lane + i, spread(job));
    _mm512_storeu_si512(lanes.in + lane + i, _mm512_add_epi64(spread(in + 64 * i), steps));
    _mm512_storeu_si512(lanes.out + lane + i, _mm512_add_epi64(spread(out + 64 * i), steps));
    _mm512_storeu_si512(lanes.mask + lane + i, _mm512_set1_epi64(-1));
  }
}

/// Lanes from `lane` to the last: nobody's.
MEHR_BATCH_INLINE void fill_idle(Lanes& lanes, unsigned lane, Room& room) {
  const __m512i job = _mm512_set1_epi64(reinterpret_cast<long long>(lanes.job[0]));
  const __m512i nothing = _mm512_set1_epi64(reinterpret_cast<long long>(room.nothing));
  for (; lane < kLanes; lane += 8) {
    _mm512_storeu_si512(lanes.job + lane, job);
    _mm512_storeu_si512(lanes.in + lane, nothing);
    _mm512_storeu_si512(lanes.out + lane, nothing);
    _mm512_storeu_si512(lanes.mask + lane, _mm512_setzero_si512());
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes.counter + lane), _mm256_setzero_si256());
  }
}

/// Takes the next sixteen blocks: `keys` lanes of key blocks, the rest text. @param all_text the
/// whole pass is
MEHR_BATCH_INLINE void fill_lanes(Lanes& lanes, const Packet*& key, unsigned keys, Cursor& at,
                                  bool all_text, Room& room) {
  lanes.whole = false;
  if (all_text && at.packet != at.end && at.packet->job->size >= 64 * (at.block + kLanes)) {
    const AeadJob* job = at.packet->job;
    lanes.whole = true;
    lanes.job[0] = job;
    lanes.in[0] = job->in + 64 * at.block;
    lanes.out[0] = job->out + 64 * at.block;
    lanes.counter[0] = at.block + 1;
    at.block += kLanes;
    return;
  }
  lanes.runs = 0;
  unsigned lane = 0;
  for (; lane < keys; ++lane, ++key) {
    begin_run(lanes, lane);
    lanes.job[lane] = key->job;
    lanes.in[lane] = lanes.out[lane] = room.nothing;
    lanes.mask[lane] = 0;
    lanes.counter[lane] = 0;
  }
  for (; at.packet != at.end; ++at.packet, at.block = 0) {
    const AeadJob* job = at.packet->job;
    const std::uint32_t blocks = at.packet->text_blocks;
    const std::uint32_t left = blocks - at.block;
    if (left == 0) continue;
    const std::uint32_t count = left < kLanes - lane ? left : kLanes - lane;
    if (count == 0) return;
    begin_run(lanes, lane);
    fill_run(lanes, lane, job, at.block, count);
    lane += count;
    at.block += count;
    if (count < left) return;
    lanes.mask[lane - 1] = _bzhi_u64(~0ULL, job->size - 64 * (blocks - 1));
  }
  if (lane < kLanes) fill_idle(lanes, lane, room);
}

MEHR_BATCH_INLINE __m256i load_key(const AeadJob* job) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(job->key));
}
/// 4 bytes of no use || nonce.
MEHR_BATCH_INLINE __m128i load_nonce(const AeadJob* job) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(&job->associated_size));
}

/// Starting state of sixteen blocks of one packet.
MEHR_BATCH_INLINE void state_of_one(const Lanes& lanes, Blocks& state) {
  const auto* key = reinterpret_cast<const std::uint32_t*>(lanes.job[0]->key);
  const auto* nonce = reinterpret_cast<const std::uint32_t*>(&lanes.job[0]->associated_size) + 1;
  for (unsigned i = 0; i < 8; ++i) {
    _mm512_store_si512(state.word[4 + i], _mm512_set1_epi32(static_cast<int>(key[i])));
  }
  _mm512_store_si512(
      state.word[12],
      _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(lanes.counter[0])),
                       _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)));
  for (unsigned i = 0; i < 3; ++i) {
    _mm512_store_si512(state.word[13 + i], _mm512_set1_epi32(static_cast<int>(nonce[i])));
  }
}

/// Starting state of sixteen blocks of any packets: keys and nonces transposed.
MEHR_BATCH_INLINE void state_of_many(const Lanes& lanes, Blocks& state) {
  // Row i holds lanes i and i + 4 (i < 4) or i + 4 and i + 8: shuffles then end in lane order.
  __m512i z[8];
  for (unsigned i = 0; i < 8; ++i) {
    const unsigned lane = i < 4 ? i : i + 4;
    z[i] = _mm512_inserti64x4(_mm512_castsi256_si512(load_key(lanes.job[lane])),
                              load_key(lanes.job[lane + 4]), 1);
  }
  __m512i t[8];
  for (unsigned i = 0; i < 8; i += 4) {
    const __m512i p = _mm512_unpacklo_epi32(z[i], z[i + 1]);
    const __m512i q = _mm512_unpackhi_epi32(z[i], z[i + 1]);
    const __m512i x = _mm512_unpacklo_epi32(z[i + 2], z[i + 3]);
    const __m512i y = _mm512_unpackhi_epi32(z[i + 2], z[i + 3]);
    t[i] = _mm512_unpacklo_epi64(p, x);
    t[i + 1] = _mm512_unpackhi_epi64(p, x);
    t[i + 2] = _mm512_unpacklo_epi64(q, y);
    t[i + 3] = _mm512_unpackhi_epi64(q, y);
  }
  for (unsigned i = 0; i < 4; ++i) {
    _mm512_store_si512(state.word[4 + i], _mm512_shuffle_i32x4(t[i], t[4 + i], 0x88));
    _mm512_store_si512(state.word[8 + i], _mm512_shuffle_i32x4(t[i], t[4 + i], 0xdd));
  }
  for (unsigned i = 0; i < 4; ++i) {
    __m512i n = _mm512_castsi128_si512(load_nonce(lanes.job[i]));
    n = _mm512_inserti32x4(n, load_nonce(lanes.job[4 + i]), 1);
    n = _mm512_inserti32x4(n, load_nonce(lanes.job[8 + i]), 2);
    z[i] = _mm512_inserti32x4(n, load_nonce(lanes.job[12 + i]), 3);
  }
  const __m512i p = _mm512_unpacklo_epi32(z[0], z[1]);
  const __m512i q = _mm512_unpackhi_epi32(z[0], z[1]);
  const __m512i x = _mm512_unpacklo_epi32(z[2], z[3]);
  const __m512i y = _mm512_unpackhi_epi32(z[2], z[3]);
  _mm512_store_si512(state.word[12], _mm512_load_si512(lanes.counter));
  _mm512_store_si512(state.word[13], _mm512_unpackhi_epi64(p, x));
  _mm512_store_si512(state.word[14], _mm512_unpacklo_epi64(q, y));
  _mm512_store_si512(state.word[15], _mm512_unpackhi_epi64(q, y));
}

/// Starting state of sixteen blocks of a few packets: each key spread from its first lane on.
MEHR_BATCH_INLINE void state_of_few(const Lanes& lanes, Blocks& state) {
  __m512i v[11];
  for (unsigned i = 0; i < 11; ++i)
    v[i] = _mm512_setzero_si512();
  for (unsigned run = 0; run < lanes.runs; ++run) {
    const AeadJob* job = lanes.job[lanes.run_start[run]];
    const auto mask = static_cast<__mmask16>(0xffffU << lanes.run_start[run]);
    const auto* key = reinterpret_cast<const std::uint32_t*>(job->key);
    const auto* nonce = reinterpret_cast<const std::uint32_t*>(&job->associated_size) + 1;
    for (unsigned i = 0; i < 11; ++i) {
      v[i] = _mm512_mask_set1_epi32(v[i], mask, static_cast<int>(i < 8 ? key[i] : nonce[i - 8]));
    }
  }
  for (unsigned i = 0; i < 8; ++i)
    _mm512_store_si512(state.word[4 + i], v[i]);
  _mm512_store_si512(state.word[12], _mm512_load_si512(lanes.counter));
  for (unsigned i = 0; i < 3; ++i)
    _mm512_store_si512(state.word[13 + i], v[8 + i]);
}

MEHR_BATCH_INLINE void make_state(const Lanes& lanes, Blocks& state) {
  if (lanes.whole) {
    state_of_one(lanes, state);
  } else if (lanes.runs <= kRunsKept) {
    state_of_few(lanes, state);
  } else {
    state_of_many(lanes, state);
  }
}

MEHR_BATCH_INLINE void set_constants(Blocks& state) {
  _mm512_store_si512(state.word[0], _mm512_set1_epi32(0x61707865));
  _mm512_store_si512(state.word[1], _mm512_set1_epi32(0x3320646e));
  _mm512_store_si512(state.word[2], _mm512_set1_epi32(0x79622d32));
  _mm512_store_si512(state.word[3], _mm512_set1_epi32(0x6b206574));
}

/// Text of sixteen lanes, or its key stream (where `in` is all zeroes).
static __attribute__((noinline)) void put_text(const Lanes& lanes, const Blocks& words) {
  __m512i v[16];
  for (unsigned i = 0; i < 16; ++i)
    v[i] = _mm512_load_si512(words.word[i]);
  transpose16(v);
  if (lanes.whole) {
    for (unsigned i = 0; i < 16; ++i) {
      _mm512_storeu_si512(lanes.out[0] + 64 * i,
                          _mm512_xor_si512(v[i], _mm512_loadu_si512(lanes.in[0] + 64 * i)));
    }
    return;
  }
  for (unsigned i = 0; i < 16; ++i) {
    const __mmask64 mask = _cvtu64_mask64(lanes.mask[i]);
    _mm512_mask_storeu_epi8(lanes.out[i], mask,
                            _mm512_xor_si512(v[i], _mm512_maskz_loadu_epi8(mask, lanes.in[i])));
  }
}

/// Words 0..7 of eight key blocks as one-time keys of a group.
MEHR_BATCH_INLINE void take_keys(const Blocks& words, unsigned half, OneTimeKeys& keys) {
  const auto wide = [&](unsigned word) __attribute__((always_inline)) {
    return _mm512_cvtepu32_epi64(
        _mm256_load_si256(reinterpret_cast<const __m256i*>(words.word[word] + 8 * half)));
  };
  const auto pair = [&](unsigned word) __attribute__((always_inline)) {
    return _mm512_or_si512(wide(word), _mm512_slli_epi64(wide(word + 1), 32));
  };
  const __m512i low = _mm512_and_si512(pair(0), _mm512_set1_epi64(0x0ffffffc0fffffff));
  const __m512i high = _mm512_and_si512(pair(2), _mm512_set1_epi64(0x0ffffffc0ffffffc));
  const Limbs r = split(low, high, _mm512_setzero_si512());
  _mm512_store_si512(keys.r[0], r.a);
  _mm512_store_si512(keys.r[1], r.b);
  _mm512_store_si512(keys.r[2], r.c);
  _mm512_store_si512(keys.s[0], pair(4));
  _mm512_store_si512(keys.s[1], pair(6));
}

/// Key stream of sixteen lanes, put aside.
MEHR_BATCH_INLINE void put_aside(std::uint8_t (*early)[64], const Blocks& words) {
  __m512i v[16];
  for (unsigned i = 0; i < 16; ++i)
    v[i] = _mm512_load_si512(words.word[i]);
  transpose16(v);
  for (unsigned i = 0; i < 16; ++i)
    _mm512_store_si512(early[i], v[i]);
}

MEHR_BATCH_INLINE unsigned at_most_16(std::uint64_t n) {
  return n < kLanes ? static_cast<unsigned>(n) : kLanes;
}

/// The stream of blocks of a call.
struct Stream {
  const Packet* key;   ///< whose key block is next
  std::uint64_t keys;  ///< key blocks left
  std::uint64_t left;  ///< all blocks left
  Cursor text;
  OneTimeKeys* to;  ///< of the next key blocks
};

/// Takes the next 16 or 32 blocks.
static __attribute__((noinline)) void prepare(Stream& stream, bool both, Pass& pass, Room& room) {
  const bool all_text = stream.keys == 0;
  pass.both = both;
  pass.keys = stream.to;
  for (unsigned half = 0; half < (both ? 2U : 1U); ++half) {
    const unsigned keys = at_most_16(stream.keys);
    pass.text_from[half] = keys;
    stream.keys -= keys;
    stream.to += (keys + kGroup - 1) / kGroup;
    fill_lanes(pass.lanes[half], stream.key, keys, stream.text, all_text, room);
    make_state(pass.lanes[half], pass.state[half]);
  }
  const std::uint64_t most = both ? 2 * kLanes : kLanes;
  stream.left -= stream.left < most ? stream.left : most;
}

/// Key stream of a pass; one-time keys where they belong.
MEHR_BATCH_INLINE void encipher(const Pass& pass, Room& room) {
  if (pass.both) {
    chacha20_32(pass.state[0], pass.state[1], room.words[0], room.words[1]);
  } else {
    chacha20_16(pass.state[0], room.words[0]);
  }
  OneTimeKeys* keys = pass.keys;
  for (unsigned half = 0; half < (pass.both ? 2U : 1U); ++half) {
    for (unsigned group = 0; kGroup * group < pass.text_from[half]; ++group) {
      take_keys(room.words[half], group, *keys++);
    }
  }
}

/// Encrypts or decrypts until no block is left.
MEHR_BATCH_INLINE void run_text(Stream& stream, Room& room) {
  if (stream.left == 0) return;
  unsigned now = 0;
  prepare(stream, stream.left > kLanes, room.pass[0], room);
  for (bool more = true; more; now ^= 1) {
    more = stream.left > 0;
    if (more) prepare(stream, stream.left > kLanes, room.pass[now ^ 1], room);
    const Pass& pass = room.pass[now];
    encipher(pass, room);
    for (unsigned half = 0; half < (pass.both ? 2U : 1U); ++half) {
      if (pass.text_from[half] < kLanes) put_text(pass.lanes[half], room.words[half]);
    }
  }
}

MEHR_BATCH_INLINE Stream start(Room& room, const AeadJob* jobs, std::size_t count) {
  plan(jobs, static_cast<std::uint32_t>(count), room.packets);
  Stream stream{};
  stream.key = room.packets;
  stream.keys = count;
  stream.left = count;
  for (std::size_t i = 0; i < count; ++i)
    stream.left += room.packets[i].text_blocks;
  stream.text = {room.packets, room.packets + count, 0};
  stream.to = room.keys;
  for (unsigned i = 0; i < (stream.left > 2 * kLanes ? 2U : 1U); ++i) {
    set_constants(room.pass[i].state[0]);
    if (stream.left > kLanes) set_constants(room.pass[i].state[1]);
  }
  room.within = false;
  return stream;
}

MEHR_BATCH_INLINE void wipe_bytes(void* from, std::size_t size) {
  auto* at = static_cast<std::uint8_t*>(from);
  const __m512i zero = _mm512_setzero_si512();
  for (std::size_t i = 0; i < size; i += 64)
    _mm512_store_si512(at + i, zero);
  __asm__ volatile("" : : "r"(at) : "memory");
}

/// Everything secret that a call of `count` packets left in its scratch.
MEHR_BATCH_INLINE void wipe_room(Room& room, std::size_t count, std::uint64_t blocks) {
  const std::size_t halves = blocks > kLanes ? 2 : 1;
  wipe_bytes(room.pass[0].state, halves * sizeof(Blocks));
  if (blocks > 2 * kLanes) wipe_bytes(room.pass[1].state, halves * sizeof(Blocks));
  wipe_bytes(room.words, halves * sizeof(Blocks));
  wipe_bytes(room.keys, (count + kGroup - 1) / kGroup * sizeof(OneTimeKeys));
  wipe_bytes(room.power, (count > kGroup ? 2 : 1) * sizeof room.power[0]);
  if (room.within) {
    wipe_bytes(room.window, sizeof room.window);
    wipe_bytes(room.sums, sizeof room.sums);
  }
  wipe_bytes(room.tags, (count + kGroup - 1) / kGroup * kGroup * kAeadTag);
}

/// Compares every tag, looking at all of each. @return a bit for each job
MEHR_BATCH_INLINE std::uint64_t compare_tags(const Room& room, std::size_t count) {
  std::uint64_t genuine = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const __m128i difference =
        _mm_xor_si128(_mm_load_si128(reinterpret_cast<const __m128i*>(room.tags[i])),
                      _mm_loadu_si128(reinterpret_cast<const __m128i*>(room.packets[i].job->tag)));
    genuine |= static_cast<std::uint64_t>(_mm_testz_si128(difference, difference) != 0)
               << room.packets[i].index;
  }
  return genuine;
}

/// Decrypts the lanes that were made together with the last keys.
MEHR_BATCH_INLINE void use_early(const Pass& pass, const Room& room, const AeadJob* jobs,
                                 std::uint64_t genuine) {
  for (unsigned half = 0; half < (pass.both ? 2U : 1U); ++half) {
    const Lanes& lanes = pass.lanes[half];
    for (unsigned lane = pass.text_from[half]; lane < kLanes; ++lane) {
      if ((genuine >> (lanes.job[lane] - jobs) & 1) == 0) continue;
      const __mmask64 mask = _cvtu64_mask64(lanes.mask[lane]);
      _mm512_mask_storeu_epi8(lanes.out[lane], mask,
                              _mm512_xor_si512(_mm512_load_si512(room.early[half * kLanes + lane]),
                                               _mm512_maskz_loadu_epi8(mask, lanes.in[lane])));
    }
  }
}

/// Leaves only genuine packets in what is still to decrypt.
MEHR_BATCH_INLINE void skip_forged(Stream& stream, Room& room, std::uint64_t genuine) {
  Packet* to = room.packets + (stream.text.packet - room.packets);
  const Packet* first = to;
  stream.left = 0;
  for (const Packet* from = first; from != stream.text.end; ++from) {
    const std::uint32_t done = from == first ? stream.text.block : 0;
    if ((genuine >> from->index & 1) == 0) {
      if (from == first) stream.text.block = 0;
      continue;
    }
    stream.left += from->text_blocks - done;
    *to++ = *from;
  }
  stream.text.end = to;
}

}  // namespace

void seal(AeadScratch& scratch, const AeadJob* jobs, std::size_t count) {
  Room& room = room_of(scratch);
  Stream stream = start(room, jobs, count);
  const std::uint64_t blocks = stream.left;
  run_text(stream, room);
  make_tags(room, count, true);
  for (std::size_t i = 0; i < count; ++i) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(room.packets[i].job->tag),
                     _mm_load_si128(reinterpret_cast<const __m128i*>(room.tags[i])));
  }
  wipe_room(room, count, blocks);
}

std::uint64_t open(AeadScratch& scratch, const AeadJob* jobs, std::size_t count) {
  Room& room = room_of(scratch);
  Stream stream = start(room, jobs, count);
  const std::uint64_t blocks = stream.left;
  bool early = false;
  Pass& pass = room.pass[0];
  while (stream.keys > 0) {
    const bool all_fit = stream.left > kLanes && stream.left <= 2 * kLanes;
    prepare(stream, stream.keys > kLanes || all_fit, pass, room);
    encipher(pass, room);
    for (unsigned half = 0; half < (pass.both ? 2U : 1U); ++half) {
      if (pass.text_from[half] == kLanes) continue;
      put_aside(room.early + half * kLanes, room.words[half]);
      early = true;
    }
  }
  make_tags(room, count, false);
  const std::uint64_t genuine = compare_tags(room, count);
  if (early) use_early(pass, room, jobs, genuine);
  skip_forged(stream, room, genuine);
  run_text(stream, room);
  wipe_room(room, count, blocks);
  if (early) wipe_bytes(room.early, sizeof room.early);
  return genuine;
}

}  // namespace mehr::crypto::batch::avx512
