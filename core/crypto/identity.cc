// Ed25519 and X25519 by libsodium, declared in identity.h.
#include "core/crypto/identity.h"

#include <sodium.h>

#include "core/base/assert.h"
#include "core/crypto/hash.h"

namespace mehr::crypto {
namespace {

/// Lets libsodium choose its fastest implementations once, before the first use.
const bool kSodiumReady = sodium_init() >= 0;

constexpr std::size_t kKeySize = 32;

PublicIdentity join_keys(ByteView agreement, ByteView signing) {
  PublicIdentity out;
  std::copy(agreement.begin(), agreement.end(), out.bytes.begin());
  std::copy(signing.begin(), signing.end(), out.bytes.begin() + kKeySize);
  return out;
}

}  // namespace

IdentityHash identity_hash(const PublicIdentity& identity) {
  return truncated_sha256(identity.view());
}

bool verify(ByteView public_key, ByteView message, const Signature& signature) {
  MEHR_ASSERT(kSodiumReady && public_key.size() == kKeySize);
  return crypto_sign_verify_detached(signature.bytes.data(), message.data(), message.size(),
                                     public_key.data()) == 0;
}

std::optional<Hash32> agree(ByteView private_key, ByteView peer_public_key) {
  MEHR_ASSERT(private_key.size() == kKeySize && peer_public_key.size() == kKeySize);
  Hash32 shared;
  if (crypto_scalarmult(shared.bytes.data(), private_key.data(), peer_public_key.data()) != 0) {
    return std::nullopt;
  }
  return shared;
}

Hash32 agreement_public(ByteView private_key) {
  MEHR_ASSERT(private_key.size() == kKeySize);
  Hash32 out;
  crypto_scalarmult_base(out.bytes.data(), private_key.data());
  return out;
}

SigningKey::SigningKey(ByteView seed) {
  MEHR_ASSERT(seed.size() == kKeySize);
  crypto_sign_seed_keypair(public_key_.bytes.data(), secret_.bytes.data(), seed.data());
}

SigningKey::~SigningKey() {
  wipe(secret_.mutable_view());
}

Signature SigningKey::sign(ByteView message) const {
  Signature out;
  crypto_sign_detached(out.bytes.data(), nullptr, message.data(), message.size(),
                       secret_.bytes.data());
  return out;
}

PrivateIdentity::PrivateIdentity(ByteView agreement_private, ByteView seed)
    : agreement_private_(*Hash32::from(agreement_private)),
      seed_(*Hash32::from(seed)),
      signing_(seed),
      public_(join_keys(agreement_public(agreement_private).view(), signing_.public_key().view())),
      hash_(identity_hash(public_)) {}

PrivateIdentity::~PrivateIdentity() {
  wipe(agreement_private_.mutable_view());
  wipe(seed_.mutable_view());
}

PrivateIdentity PrivateIdentity::generate(Random& random) {
  auto raw = random.fixed<64>();
  PrivateIdentity out(raw.view().first(kKeySize), raw.view().subspan(kKeySize));
  wipe(raw.mutable_view());
  return out;
}

std::optional<PrivateIdentity> PrivateIdentity::from_bytes(ByteView raw) {
  if (raw.size() != 2 * kKeySize) return std::nullopt;
  return PrivateIdentity(raw.first(kKeySize), raw.subspan(kKeySize));
}

std::optional<Hash32> PrivateIdentity::agree(ByteView peer_public_key) const {
  return crypto::agree(agreement_private_.view(), peer_public_key);
}

FixedBytes<64> PrivateIdentity::export_private() const {
  return join_keys(agreement_private_.view(), seed_.view());
}

}  // namespace mehr::crypto
