// Everything that needs the identity's private key goes through this one asynchronous, typed
// interface, so that the key can later live in a process of its own. Requests name what is signed;
// the implementation refuses bytes that do not have the shape of that kind. Reactor thread.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/base/bytes.h"

namespace mehr::signer {

enum class Purpose : std::uint8_t {
  kAnnounce,         ///< crypto::signed_material of an announce of a destination of this identity
  kPacketProof,      ///< a 32-byte packet hash
  kLinkProof,        ///< link id 16 || X25519 32 || Ed25519 32 || signalling 3
  kLinkIdentify,     ///< link id 16 || public identity 64
  kLinkPacketProof,  ///< a 32-byte packet hash (responder side of a link)
  kMessage,          ///< an LXMF message: destination || source || payload || hash
  kTunnel,           ///< public identity 64 || interface hash 32 || random 16
  kHopAnswer,        ///< crypto::hop_signed_material of a responder
  kHopFinish,        ///< crypto::hop_signed_material of an initiator
};

/// nullopt: refused (wrong shape) or the signer is gone.
using SignDone = std::function<void(std::optional<Signature>)>;
/// nullopt: does not decrypt.
using OpenDone = std::function<void(std::optional<Bytes>)>;

class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual const PublicIdentity& identity() const = 0;
  [[nodiscard]] virtual const IdentityHash& identity_hash() const = 0;
  /// `done` is called on the reactor thread, possibly before sign() returns.
  virtual void sign(Purpose purpose, Bytes material, SignDone done) = 0;
  /// Decrypts a packet sent to a SINGLE destination of this identity. `ratchets` are private keys,
  /// newest first.
  virtual void open(Bytes ciphertext, std::vector<Hash32> ratchets, OpenDone done) = 0;
};

}  // namespace mehr::signer
