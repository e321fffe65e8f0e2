// The batch AEAD for AVX2: eight blocks of ChaCha20 side by side, the key blocks of all packets
// first, then text packet after packet; tags by 64-bit multiplication, two packets in turn. Called
// by AeadBatch; any thread.
#include "core/crypto/batch/chacha20_avx2.h"
#include "core/crypto/batch/kernel.h"
#include "core/crypto/batch/poly1305_scalar.h"

namespace mehr::crypto::batch::avx2 {
namespace {

struct Room {
  Blocks state;
  alignas(32) std::uint8_t stream[kLanes][64];
  alignas(32) std::uint8_t keys[kAeadBatchMax][32];  ///< one-time keys in order of packets
  alignas(32) std::uint8_t tags[kAeadBatchMax][kAeadTag];
  // Not secret:
  Packet packets[kAeadBatchMax];
  const AeadJob* job[kLanes];
  std::uint32_t counter[kLanes];  ///< 0 for a key block
};
static_assert(sizeof(Room) <= AeadScratch::kSize);

/// Next block of the stream.
struct Cursor {
  const Packet* packet;
  const Packet* end;
  std::uint32_t block;
};

/// Starting state of the lanes.
MEHR_BATCH_INLINE void make_state(Room& room) {
  __m256i key[8];
  for (unsigned i = 0; i < kLanes; ++i)
    key[i] = load_words(room.job[i]->key);
  transpose8(key);
  const int constants[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  for (unsigned i = 0; i < 4; ++i)
    store_any(room.state.word[i], _mm256_set1_epi32(constants[i]));
  for (unsigned i = 0; i < 8; ++i)
    store_any(room.state.word[4 + i], key[i]);
  for (unsigned i = 0; i < kLanes; ++i) {
    std::uint32_t nonce[3];
    std::memcpy(nonce,
                reinterpret_cast<const std::uint8_t*>(room.job[i]) + offsetof(AeadJob, nonce),
                sizeof nonce);
    room.state.word[12][i] = room.counter[i];
    for (unsigned j = 0; j < 3; ++j)
      room.state.word[13 + j][i] = nonce[j];
  }
}

/// One block of text, or what is left of it.
MEHR_BATCH_INLINE void put_text(const AeadJob& job, std::uint32_t block,
                                const std::uint8_t* stream) {
  const std::size_t offset = std::size_t{64} * block;
  const std::size_t left = job.size - offset;
  const std::uint8_t* in = job.in + offset;
  std::uint8_t* out = job.out + offset;
  if (left >= 64) {
    store_any(out, _mm256_xor_si256(load_any(in), load_any(stream)));
    store_any(out + 32, _mm256_xor_si256(load_any(in + 32), load_any(stream + 32)));
    return;
  }
  std::size_t i = 0;
  for (; i + 8 <= left; i += 8) {
    const std::uint64_t word = load64(in + i) ^ load64(stream + i);
    std::memcpy(out + i, &word, sizeof word);
  }
  for (; i < left; ++i)
    out[i] = static_cast<std::uint8_t>(in[i] ^ stream[i]);
}

/// Runs the cipher over `keys` key blocks from `key` on, then over text until `all` blocks are
/// done.
MEHR_BATCH_INLINE void run(Room& room, std::size_t keys, Cursor& at, std::uint64_t all) {
  std::size_t key = 0;
  for (std::uint64_t done = 0; done < all; done += kLanes) {
    const std::size_t first_key = key;
    unsigned lanes = 0;
    for (; lanes < kLanes && key < keys; ++lanes, ++key) {
      room.job[lanes] = room.packets[key].job;
      room.counter[lanes] = 0;
    }
    while (lanes < kLanes && at.packet != at.end && done + lanes < all) {
      if (at.block == at.packet->text_blocks) {
        ++at.packet;
        at.block = 0;
        continue;
      }
      room.job[lanes] = at.packet->job;
      room.counter[lanes] = ++at.block;
      ++lanes;
    }
    for (unsigned i = lanes; i < kLanes; ++i) {
      room.job[i] = room.job[0];
      room.counter[i] = 0;
    }
    make_state(room);
    chacha20_8(room.state, room.stream);
    for (unsigned i = 0; i < lanes; ++i) {
      if (room.counter[i] != 0) {
        put_text(*room.job[i], room.counter[i] - 1, room.stream[i]);
      } else {
        store_any(room.keys[first_key + i], load_any(room.stream[i]));
      }
    }
  }
}

MEHR_BATCH_INLINE void make_tags(Room& room, std::size_t count, bool from_out) {
  const auto hashed = [&](std::size_t i) __attribute__((always_inline)) {
    const AeadJob* job = room.packets[i].job;
    const std::uint8_t* key = room.keys[i];
    return Hashed{job,
                  from_out ? job->out : job->in,
                  {load64(key), load64(key + 8), load64(key + 16), load64(key + 24)},
                  room.tags[i]};
  };
  std::size_t i = 0;
  for (; i + 2 <= count; i += 2)
    hash_two(hashed(i), hashed(i + 1));
  if (i < count) hash_one(hashed(i));
}

MEHR_BATCH_INLINE void wipe_bytes(void* from, std::size_t size) {
  auto* at = static_cast<std::uint8_t*>(from);
  for (std::size_t i = 0; i < size; i += 32)
    store_any(at + i, _mm256_setzero_si256());
  __asm__ volatile("" : : "r"(at) : "memory");
}

MEHR_BATCH_INLINE void wipe_room(Room& room, std::size_t count) {
  wipe_bytes(&room.state, sizeof room.state);
  wipe_bytes(room.stream, sizeof room.stream);
  wipe_bytes(room.keys, count * 32);
  wipe_bytes(room.tags, (count + 1) / 2 * 32);
}

MEHR_BATCH_INLINE Room& start(AeadScratch& scratch, const AeadJob* jobs, std::size_t count) {
  Room& room = *reinterpret_cast<Room*>(&scratch);
  plan(jobs, static_cast<std::uint32_t>(count), room.packets);
  return room;
}

}  // namespace

void seal(AeadScratch& scratch, const AeadJob* jobs, std::size_t count) {
  Room& room = start(scratch, jobs, count);
  std::uint64_t blocks = count;
  for (std::size_t i = 0; i < count; ++i)
    blocks += room.packets[i].text_blocks;
  Cursor text{room.packets, room.packets + count, 0};
  run(room, count, text, blocks);
  make_tags(room, count, true);
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(room.packets[i].job->tag, room.tags[i], kAeadTag);
  wipe_room(room, count);
}

std::uint64_t open(AeadScratch& scratch, const AeadJob* jobs, std::size_t count) {
  Room& room = start(scratch, jobs, count);
  Cursor none{room.packets, room.packets, 0};
  run(room, count, none, count);
  make_tags(room, count, false);
  std::uint64_t genuine = 0;
  std::uint64_t blocks = 0;
  Packet* end = room.packets;
  for (std::size_t i = 0; i < count; ++i) {
    const Packet packet = room.packets[i];
    const std::uint8_t* tag = packet.job->tag;
    const std::uint64_t difference =
        (load64(tag) ^ load64(room.tags[i])) | (load64(tag + 8) ^ load64(room.tags[i] + 8));
    if (difference != 0) continue;
    genuine |= std::uint64_t{1} << packet.index;
    blocks += packet.text_blocks;
    *end++ = packet;
  }
  Cursor text{room.packets, end, 0};
  run(room, 0, text, blocks);
  wipe_room(room, count);
  return genuine;
}

}  // namespace mehr::crypto::batch::avx2
