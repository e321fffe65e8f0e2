// AEAD on libsodium.
#include "core/crypto/aead.h"

#include <sodium.h>

#include "core/base/assert.h"

namespace mehr::crypto {
namespace {

FixedBytes<12> nonce_of(std::uint64_t counter) {
  FixedBytes<12> nonce;
  for (unsigned i = 0; i < 8; ++i) {
    nonce.bytes[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
  }
  return nonce;
}

}  // namespace

Bytes seal_aead(const Hash32& key, std::uint64_t counter, ByteView associated, ByteView plaintext) {
  const FixedBytes<12> nonce = nonce_of(counter);
  Bytes out(plaintext.size() + crypto_aead_chacha20poly1305_IETF_ABYTES);
  unsigned long long written = 0;
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), &written, plaintext.data(),
                                            plaintext.size(), associated.data(), associated.size(),
                                            nullptr, nonce.bytes.data(), key.bytes.data());
  return out;
}

void seal_aead_in_place(const Hash32& key, std::uint64_t counter, ByteView associated,
                        MutableByteView text_and_tag) {
  constexpr std::size_t kTag = crypto_aead_chacha20poly1305_IETF_ABYTES;
  MEHR_ASSERT(text_and_tag.size() >= kTag);
  const FixedBytes<12> nonce = nonce_of(counter);
  const std::size_t text = text_and_tag.size() - kTag;
  crypto_aead_chacha20poly1305_ietf_encrypt_detached(
      text_and_tag.data(), text_and_tag.data() + text, nullptr, text_and_tag.data(), text,
      associated.data(), associated.size(), nullptr, nonce.bytes.data(), key.bytes.data());
}

std::optional<Bytes> open_aead(const Hash32& key, std::uint64_t counter, ByteView associated,
                               ByteView sealed) {
  if (sealed.size() < crypto_aead_chacha20poly1305_IETF_ABYTES) return std::nullopt;
  const FixedBytes<12> nonce = nonce_of(counter);
  Bytes out(sealed.size() - crypto_aead_chacha20poly1305_IETF_ABYTES);
  unsigned long long written = 0;
  if (crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), &written, nullptr, sealed.data(),
                                                sealed.size(), associated.data(), associated.size(),
                                                nonce.bytes.data(), key.bytes.data()) != 0) {
    return std::nullopt;
  }
  return out;
}

}  // namespace mehr::crypto
