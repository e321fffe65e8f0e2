// Identities: one X25519 key for agreement and one Ed25519 key for signatures. Private keys are
// wiped when they go out of scope. Any thread; pure (key material comes in from a Random).
// Source: reticulum-wire §4; private form = X25519 private (32) || Ed25519 seed (32).
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/base/random.h"

namespace mehr::crypto {

IdentityHash identity_hash(const PublicIdentity& identity);
inline ByteView agreement_key(const PublicIdentity& identity) {
  return identity.view().first(32);
}
inline ByteView verify_key(const PublicIdentity& identity) {
  return identity.view().subspan(32);
}

/// Ed25519 with strict S range; about 50 us. @param public_key 32 bytes
bool verify(ByteView public_key, ByteView message, const Signature& signature);

/// X25519. @return nullopt when the result is all zero (a small-order peer key).
std::optional<Hash32> agree(ByteView private_key, ByteView peer_public_key);
/// X25519 public key of a 32-byte private key.
Hash32 agreement_public(ByteView private_key);

/// A bare Ed25519 signing key from its 32-byte seed (link initiators and access codes need one).
class SigningKey {
 public:
  explicit SigningKey(ByteView seed);
  SigningKey(const SigningKey&) = default;
  SigningKey& operator=(const SigningKey&) = default;
  ~SigningKey();
  [[nodiscard]] Signature sign(ByteView message) const;
  [[nodiscard]] const Hash32& public_key() const { return public_key_; }

 private:
  FixedBytes<64> secret_;
  Hash32 public_key_;
};

class PrivateIdentity {
 public:
  static PrivateIdentity generate(Random& random);
  /// @param raw exactly 64 bytes, else nullopt
  static std::optional<PrivateIdentity> from_bytes(ByteView raw);

  PrivateIdentity(const PrivateIdentity&) = default;
  PrivateIdentity& operator=(const PrivateIdentity&) = default;
  ~PrivateIdentity();

  [[nodiscard]] const PublicIdentity& public_identity() const { return public_; }
  [[nodiscard]] const IdentityHash& hash() const { return hash_; }
  [[nodiscard]] Signature sign(ByteView message) const { return signing_.sign(message); }
  /// X25519 with the identity's agreement key.
  [[nodiscard]] std::optional<Hash32> agree(ByteView peer_public_key) const;
  /// The 64-byte private form, for the store alone; the caller wipes it.
  [[nodiscard]] FixedBytes<64> export_private() const;

 private:
  PrivateIdentity(ByteView agreement_private, ByteView seed);

  Hash32 agreement_private_;
  Hash32 seed_;
  SigningKey signing_;
  PublicIdentity public_;
  IdentityHash hash_;
};

}  // namespace mehr::crypto
