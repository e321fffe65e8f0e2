// The signer inside this process: holds the private identity, checks that what it is asked to sign
// has the shape of its purpose, and answers before sign() or open() returns. Owned by the daemon;
// reactor thread.
#pragma once

#include "controlplane/signer/signer.h"
#include "core/crypto/identity.h"

namespace mehr::signer {

class LocalSigner final : public Signer {
 public:
  explicit LocalSigner(crypto::PrivateIdentity identity);

  [[nodiscard]] const PublicIdentity& identity() const override {
    return identity_.public_identity();
  }
  [[nodiscard]] const IdentityHash& identity_hash() const override { return identity_.hash(); }
  /// One Ed25519 signature, about 25 us. Material of the wrong shape gives nullopt.
  void sign(Purpose purpose, Bytes material, SignDone done) override;
  /// One X25519 agreement a ratchet and one for the identity key.
  void open(Bytes ciphertext, std::vector<Hash32> ratchets, OpenDone done) override;

 private:
  crypto::PrivateIdentity identity_;
};

}  // namespace mehr::signer
