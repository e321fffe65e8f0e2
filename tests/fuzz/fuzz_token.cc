// Tokens: hostile ones are refused or open to what seals back to the same bytes; everything we seal
// opens. The key is the one of the seeds.
#include <array>

#include "core/base/assert.h"
#include "core/base/random.h"
#include "core/crypto/token.h"

using namespace mehr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  static const Bytes kKey(64, 0x11);
  for (const std::size_t key_size : {std::size_t{64}, std::size_t{32}}) {
    const ByteView key = ByteView(kKey).first(key_size);
    if (const auto plaintext = crypto::open_token(key, input)) {
      const auto iv = *FixedBytes<16>::from(input);
      MEHR_ASSERT(crypto::seal_token(key, iv, *plaintext) == to_bytes(input));
    }
    const Bytes token = crypto::seal_token(key, {}, input);
    MEHR_ASSERT(token.size() <= size + crypto::kTokenOverhead + 16);
    MEHR_ASSERT(crypto::open_token(key, token) == to_bytes(input));
  }
  MEHR_ASSERT(!crypto::open_token(ByteView(kKey).first(size % 32), input));
  static const auto kSelf = *crypto::PrivateIdentity::from_bytes(kKey);
  static const std::array<Hash32, 1> kRatchets{Hash32{{3}}};
  if (const auto plaintext = crypto::open_from_identity(kSelf, kRatchets, false, input)) {
    MEHR_ASSERT(plaintext->size() < size);
  }
  return 0;
}
