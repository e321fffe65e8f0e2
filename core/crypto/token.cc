// Tokens and encryption to identities, declared in token.h. AES-CBC comes from libcrypto.
#include "core/crypto/token.h"

#include <openssl/evp.h>

#include <memory>

#include "core/base/assert.h"
#include "core/crypto/hash.h"

namespace mehr::crypto {
namespace {

constexpr std::size_t kBlock = 16;
constexpr std::size_t kMac = 32;
constexpr std::size_t kEphemeral = 32;
constexpr std::size_t kSealKey = 64;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

enum class Direction : int { kDecrypt = 0, kEncrypt = 1 };

/// AES-CBC with PKCS7. @param key 16 or 32 bytes @return nullopt on bad padding or length
std::optional<Bytes> run_cbc(Direction direction, ByteView key, ByteView iv, ByteView input) {
  const Cipher cipher(EVP_CIPHER_CTX_new());
  const EVP_CIPHER* kind = key.size() == 32 ? EVP_aes_256_cbc() : EVP_aes_128_cbc();
  MEHR_ASSERT(cipher != nullptr);
  MEHR_ASSERT(EVP_CipherInit_ex(cipher.get(), kind, nullptr, key.data(), iv.data(),
                                static_cast<int>(direction)) == 1);
  MEHR_ASSERT(input.size() < (std::size_t{1} << 30));
  Bytes out(input.size() + kBlock);
  int body = 0;
  int tail = 0;
  if (EVP_CipherUpdate(cipher.get(), out.data(), &body, input.data(),
                       static_cast<int>(input.size())) != 1 ||
      EVP_CipherFinal_ex(cipher.get(), out.data() + body, &tail) != 1) {
    wipe(out);
    return std::nullopt;
  }
  out.resize(static_cast<std::size_t>(body + tail));
  return out;
}

bool is_token_key(ByteView key) {
  return key.size() == 64 || key.size() == 32;
}

Bytes packet_key(const Hash32& shared, const IdentityHash& recipient) {
  return hkdf(kSealKey, shared.view(), recipient.view());
}

/// Opens with one agreement result; wipes what it derived.
std::optional<Bytes> open_shared(std::optional<Hash32> shared, const IdentityHash& self,
                                 ByteView token) {
  if (!shared) return std::nullopt;
  Bytes key = packet_key(*shared, self);
  auto plaintext = open_token(key, token);
  wipe(key);
  wipe(shared->mutable_view());
  return plaintext;
}

}  // namespace

Bytes seal_token(ByteView key, const FixedBytes<16>& iv, ByteView plaintext) {
  MEHR_ASSERT(is_token_key(key));
  const std::size_t half = key.size() / 2;
  const auto ciphertext = run_cbc(Direction::kEncrypt, key.subspan(half), iv.view(), plaintext);
  MEHR_ASSERT(ciphertext.has_value());
  Bytes out;
  out.reserve(kBlock + ciphertext->size() + kMac);
  append(out, iv.view());
  append(out, *ciphertext);
  append(out, hmac_sha256(key.first(half), out).view());
  return out;
}

std::optional<Bytes> open_token(ByteView key, ByteView token) {
  // IV, one block and the MAC are the least that seal_token makes.
  if (!is_token_key(key) || token.size() < 2 * kBlock + kMac) return std::nullopt;
  const std::size_t half = key.size() / 2;
  const ByteView signed_part = token.first(token.size() - kMac);
  const Hash32 mac = hmac_sha256(key.first(half), signed_part);
  if (!equal_constant_time(mac.view(), token.last(kMac))) return std::nullopt;
  return run_cbc(Direction::kDecrypt, key.subspan(half), signed_part.first(kBlock),
                 signed_part.subspan(kBlock));
}

std::optional<Bytes> seal_to_identity_with(const PublicIdentity& recipient,
                                           const std::optional<Hash32>& ratchet,
                                           ByteView ephemeral_private, const FixedBytes<16>& iv,
                                           ByteView plaintext) {
  auto shared = agree(ephemeral_private, ratchet ? ratchet->view() : agreement_key(recipient));
  if (!shared) return std::nullopt;
  Bytes key = packet_key(*shared, identity_hash(recipient));
  Bytes out = to_bytes(agreement_public(ephemeral_private).view());
  append(out, seal_token(key, iv, plaintext));
  wipe(key);
  wipe(shared->mutable_view());
  return out;
}

std::optional<Bytes> seal_to_identity(const PublicIdentity& recipient,
                                      const std::optional<Hash32>& ratchet, ByteView plaintext,
                                      Random& random) {
  auto ephemeral = random.fixed<kEphemeral>();
  const auto iv = random.fixed<kBlock>();
  auto out = seal_to_identity_with(recipient, ratchet, ephemeral.view(), iv, plaintext);
  wipe(ephemeral.mutable_view());
  return out;
}

std::optional<Bytes> open_from_identity(const PrivateIdentity& self,
                                        std::span<const Hash32> ratchet_private_keys,
                                        bool enforce_ratchets, ByteView ciphertext) {
  if (ciphertext.size() <= kEphemeral) return std::nullopt;
  const ByteView ephemeral = ciphertext.first(kEphemeral);
  const ByteView token = ciphertext.subspan(kEphemeral);
  for (const Hash32& ratchet : ratchet_private_keys) {
    if (auto opened = open_shared(agree(ratchet.view(), ephemeral), self.hash(), token)) {
      return opened;
    }
  }
  if (enforce_ratchets) return std::nullopt;
  return open_shared(self.agree(ephemeral), self.hash(), token);
}

FixedBytes<64> link_key(const Hash32& shared, const LinkId& link) {
  Bytes key = hkdf(kSealKey, shared.view(), link.view());
  const auto out = *FixedBytes<64>::from(key);
  wipe(key);
  return out;
}

}  // namespace mehr::crypto
