// The two sides of one SIGMA-I handshake as small state machines: an Initiation says hello and ends
// with a finish, a Response answers and waits for it. They decide nothing about who is welcome,
// when to retry or how many may be open; controlplane/link/links does. Pure; reactor thread.
// Signatures come from outside (signer/signer.h), between the two halves of each step.
// Source: architecture §3, SC-44; layouts core/wire/hop_handshake.h, keys core/crypto/hop_keys.h.
#pragma once

#include <optional>

#include "core/base/random.h"
#include "core/crypto/hop_keys.h"
#include "core/wire/hop_handshake.h"

namespace mehr::link {

/// What a finished handshake leaves behind; both sides hold the same keys.
struct SessionSeed {
  crypto::HopSide side = crypto::HopSide::kInitiator;  ///< ours
  PublicIdentity peer;                                 ///< verified
  wire::HopCapabilities peer_capabilities;
  std::uint32_t local_index = 0, remote_index = 0;
  crypto::HopTrafficKeys keys;
};

/// An X25519 key pair that lives for one handshake or one re-key; the private half is wiped.
class Ephemeral {
 public:
  explicit Ephemeral(Random& random);
  Ephemeral(Ephemeral&&) = default;
  Ephemeral& operator=(Ephemeral&&) = default;
  Ephemeral(const Ephemeral&) = delete;
  Ephemeral& operator=(const Ephemeral&) = delete;
  ~Ephemeral();
  [[nodiscard]] const Hash32& public_key() const { return public_; }
  /// nullopt for a small-order peer key.
  [[nodiscard]] std::optional<Hash32> agree(const Hash32& peer) const;

 private:
  Hash32 private_, public_;
};

class Initiation {
 public:
  /// @param local_index what the peer will address us by
  /// @param padded carrier whose source addresses can be forged
  Initiation(Random& random, std::uint32_t local_index, bool padded);

  [[nodiscard]] Bytes hello() const { return wire::encode_hop_hello(hello_); }
  [[nodiscard]] const Hash32& ephemeral() const { return hello_.ephemeral; }
  [[nodiscard]] std::uint32_t local_index() const { return hello_.sender_index; }
  ~Initiation();
  Initiation(Initiation&&) = default;
  Initiation& operator=(Initiation&&) = default;
  Initiation(const Initiation&) = delete;
  Initiation& operator=(const Initiation&) = delete;

  /// The responder is under load: say hello again with this.
  void use_cookie(const wire::HopCookie& cookie) { hello_.cookie = cookie; }

  /// Verifies the responder (one X25519, one Ed25519 verification). A second valid answer is
  /// refused.
  /// @return what our identity must sign, or nullopt: forged, damaged, not for us, or `self`
  /// reflected
  std::optional<Bytes> accept_answer(ByteView message, const PublicIdentity& self,
                                     const wire::HopCapabilities& capabilities);
  /// Who answered is not who was wanted: forgets that answer and waits for another one.
  void refuse_peer();
  /// Meaningful after accept_answer succeeded: who answered.
  [[nodiscard]] const PublicIdentity& peer() const { return seed_.peer; }
  struct Finished {
    Bytes message;
    SessionSeed seed;
  };
  /// The third message and the session. Call once, after accept_answer.
  Finished finish(const Signature& signature);

 private:
  Ephemeral ephemeral_;
  wire::HopHello hello_;
  bool answered_ = false;
  Hash32 root_, t3_;
  PublicIdentity self_;
  FixedBytes<wire::kHopCapabilities> capabilities_;
  SessionSeed seed_;
};

class Response {
 public:
  ~Response();
  Response(Response&&) = default;
  Response& operator=(Response&&) = default;
  Response(const Response&) = delete;
  Response& operator=(const Response&) = delete;

  /// Costs one key generation and one X25519. @return nullopt for a small-order ephemeral
  static std::optional<Response> begin(const wire::HopHello& hello, std::uint32_t local_index,
                                       const PublicIdentity& self,
                                       const wire::HopCapabilities& capabilities, Random& random);
  /// What our identity must sign for the answer.
  [[nodiscard]] Bytes to_sign() const;
  /// The second message; kept, so that a repeated hello gets the same bytes.
  const Bytes& answer(const Signature& signature);
  [[nodiscard]] const Bytes& answer_bytes() const { return answer_; }
  [[nodiscard]] const Hash32& peer_ephemeral() const { return peer_ephemeral_; }
  [[nodiscard]] std::uint32_t local_index() const { return seed_.local_index; }

  /// Verifies the initiator (one AEAD open, then one Ed25519 verification).
  /// @return nullopt: forged, damaged, or `self` reflected; the response stays usable
  std::optional<SessionSeed> accept_finish(ByteView message) const;

 private:
  Response() = default;

  Hash32 peer_ephemeral_, root_, t2_, t3_;
  Bytes clear_, answer_;
  PublicIdentity self_;
  FixedBytes<wire::kHopCapabilities> capabilities_;
  SessionSeed seed_;
};

}  // namespace mehr::link
