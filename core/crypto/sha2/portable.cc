// SHA-256 by libcrypto's block function, one message after the other, from any chaining value.
// Called through sha256_batch where nothing better runs; any thread; pure.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "core/crypto/sha2/blocks.h"

namespace mehr::crypto::sha2 {

void finish_portable(Stream* streams, std::size_t count) {
  alignas(64) std::uint8_t stage[kBlock];
  for (std::size_t i = 0; i < count; ++i) {
    Stream& stream = streams[i];
    SHA256_CTX context = {};
    std::memcpy(context.h, stream.state, sizeof stream.state);
    while (stream.cursor.blocks > 0)
      SHA256_Transform(&context, next_block(stream.cursor, stage));
    for (std::size_t word = 0; word < 8; ++word) {
      const std::uint32_t big_endian = __builtin_bswap32(context.h[word]);
      std::memcpy(stream.out + 4 * word, &big_endian, sizeof big_endian);
    }
  }
}

}  // namespace mehr::crypto::sha2
