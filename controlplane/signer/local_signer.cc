// Answers every request on the spot.
#include "controlplane/signer/local_signer.h"

#include <utility>

#include "controlplane/signer/shape.h"
#include "core/crypto/token.h"

namespace mehr::signer {

LocalSigner::LocalSigner(crypto::PrivateIdentity identity) : identity_(std::move(identity)) {}

void LocalSigner::sign(Purpose purpose, Bytes material, SignDone done) {
  if (!has_shape(purpose, material, identity_.public_identity(), identity_.hash())) {
    done(std::nullopt);
    return;
  }
  done(identity_.sign(material));
}

void LocalSigner::open(Bytes ciphertext, std::vector<Hash32> ratchets, OpenDone done) {
  auto plaintext = crypto::open_from_identity(identity_, ratchets, false, ciphertext);
  for (Hash32& ratchet : ratchets)
    wipe(ratchet.mutable_view());
  done(std::move(plaintext));
}

}  // namespace mehr::signer
