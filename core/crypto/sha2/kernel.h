// What the implementations of the batch SHA-256 share: messages, where each of them stands, and
// the constants of FIPS 180-4. Owns no algorithm. For core/crypto/sha256_batch.cc and the files
// beside this one; any thread; pure.
//
// The files beside this one are compiled for processors newer than the rest of the tree. So that
// the linker cannot take code of theirs for others, they include nothing but this, their
// neighbours and intrinsics, and use no function with external linkage but the ones declared here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mehr::crypto::sha2 {

inline constexpr std::uint32_t kBlock = 64;  ///< bytes of a block
inline constexpr std::size_t kMost = 64;     ///< messages of a call

/// A message in two pieces, hashed as if they were one. A piece of size 0 may have a null pointer.
struct Message {
  const std::uint8_t* first = nullptr;
  const std::uint8_t* second = nullptr;
  std::uint32_t first_size = 0;
  std::uint32_t second_size = 0;  ///< both together less than 2^32 - 128 bytes
};

/// Where a message stands: the next block and how many are left.
struct Cursor {
  const std::uint8_t* first;
  std::uintptr_t body;  ///< address of the second piece less the size of the first
  std::uint32_t first_size, total;
  std::uint32_t offset;  ///< of the next block
  std::uint32_t blocks;  ///< left, padding included
};

/// A message on its way, with its chaining value.
struct Stream {
  Cursor cursor;
  std::uint8_t* out;  ///< 32 bytes
  std::uint32_t state[8];
};

/// Hashes the rest of `count` streams and writes their digests.
using Finish = void (*)(Stream* streams, std::size_t count);

void finish_portable(Stream* streams, std::size_t count);
void finish_sha_ni(Stream* streams, std::size_t count);

/// Digests of 1 to kMost messages to `out`, 32 bytes each, side by side in vector lanes. When no
/// more than `few` messages are left, `finish` takes them.
using HashInLanes = void (*)(const Message* messages, std::uint8_t* out, std::size_t count,
                             Finish finish, unsigned few);

void hash_avx2(const Message* messages, std::uint8_t* out, std::size_t count, Finish finish,
               unsigned few);
void hash_avx512(const Message* messages, std::uint8_t* out, std::size_t count, Finish finish,
                 unsigned few);

alignas(64) inline constexpr std::uint32_t kInitial[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

alignas(64) inline constexpr std::uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

}  // namespace mehr::crypto::sha2
