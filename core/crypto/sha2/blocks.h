// A message cut into blocks: most are read where they lie; those that hold the seam of the two
// pieces or the padding are put together in a stage. Owns nothing. Static functions only, so that
// each implementation has its own copy, compiled for its processor. Any thread; pure.
#pragma once

#ifdef __AVX512BW__
#include <immintrin.h>
#endif

#include <cstring>

#include "core/crypto/sha2/kernel.h"

namespace mehr::crypto::sha2 {
namespace {

/// Bytes of padding at least: one bit and the length in 8 bytes.
constexpr std::uint32_t kPadding = 9;

[[maybe_unused]] Cursor cursor_of(const Message& message) {
  const std::uint32_t total = message.first_size + message.second_size;
  return {message.first,
          reinterpret_cast<std::uintptr_t>(message.second) - message.first_size,
          message.first_size,
          total,
          0,
          (total + kPadding - 1) / kBlock + 1};
}

[[maybe_unused]] Stream stream_of(const Message& message, std::uint8_t* out) {
  Stream stream;
  stream.cursor = cursor_of(message);
  stream.out = out;
  std::memcpy(stream.state, kInitial, sizeof stream.state);
  return stream;
}

/// Bytes of this block before the message's byte `end`.
std::uint32_t before(const Cursor& cursor, std::uint32_t end) {
  if (end <= cursor.offset) return 0;
  return end - cursor.offset < kBlock ? end - cursor.offset : kBlock;
}

#ifdef __AVX512BW__

// Masks instead of branches and byte copies; masked bytes are not touched, beyond a page neither.
void put_together(const Cursor& cursor, std::uint8_t* stage) {
  const std::uint32_t seam = before(cursor, cursor.first_size);
  const std::uint32_t end = before(cursor, cursor.total);
  const __mmask64 first = _bzhi_u64(~0ULL, seam);
  const __mmask64 both = _bzhi_u64(~0ULL, end);
  __m512i block = _mm512_maskz_loadu_epi8(
      first, reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(cursor.first) +
                                           cursor.offset));
  block = _mm512_mask_loadu_epi8(block, both & ~first,
                                 reinterpret_cast<const void*>(cursor.body + cursor.offset));
  const std::uint32_t bit = cursor.total - cursor.offset;
  const __mmask64 here = static_cast<__mmask64>(cursor.offset <= cursor.total && bit < kBlock)
                         << (bit % kBlock);
  block = _mm512_mask_mov_epi8(block, here, _mm512_set1_epi8(static_cast<char>(0x80)));
  const std::uint64_t bits = std::uint64_t{cursor.total} * 8;
  block = _mm512_mask_set1_epi64(block, static_cast<__mmask8>(cursor.blocks == 1 ? 0x80 : 0),
                                 static_cast<long long>(__builtin_bswap64(bits)));
  _mm512_store_si512(stage, block);
}

#else

void put_together(const Cursor& cursor, std::uint8_t* stage) {
  const std::uint32_t seam = before(cursor, cursor.first_size);
  const std::uint32_t end = before(cursor, cursor.total);
  std::memset(stage, 0, kBlock);
  if (seam > 0) std::memcpy(stage, cursor.first + cursor.offset, seam);
  if (end > seam) {
    std::memcpy(stage + seam, reinterpret_cast<const void*>(cursor.body + cursor.offset + seam),
                end - seam);
  }
  if (cursor.offset <= cursor.total && cursor.total - cursor.offset < kBlock)
    stage[cursor.total - cursor.offset] = 0x80;
  if (cursor.blocks == 1) {
    const std::uint64_t bits = __builtin_bswap64(std::uint64_t{cursor.total} * 8);
    std::memcpy(stage + kBlock - sizeof bits, &bits, sizeof bits);
  }
}

#endif

/// The next block, where it lies or in `stage` (kBlock bytes, aligned to as many).
[[maybe_unused]] const std::uint8_t* next_block(Cursor& cursor, std::uint8_t* stage) {
  const std::uint8_t* block = stage;
  if (cursor.offset >= cursor.first_size && cursor.offset + kBlock <= cursor.total) {
    block = reinterpret_cast<const std::uint8_t*>(cursor.body + cursor.offset);
  } else {
    put_together(cursor, stage);
  }
  cursor.offset += kBlock;
  --cursor.blocks;
  return block;
}

}  // namespace
}  // namespace mehr::crypto::sha2
