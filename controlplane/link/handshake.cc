// Both sides of the handshake declared in handshake.h.
#include "controlplane/link/handshake.h"

#include "core/base/assert.h"
#include "core/crypto/aead.h"
#include "core/crypto/identity.h"

namespace mehr::link {
namespace {

using crypto::HopSide;

FixedBytes<wire::kHopCapabilities> packed(const wire::HopCapabilities& capabilities) {
  return *FixedBytes<wire::kHopCapabilities>::from(wire::encode_hop_capabilities(capabilities));
}

/// The proof keys seal one message each, so their counter is always zero.
constexpr std::uint64_t kOnlyMessage = 0;

Bytes seal_proof(const Hash32& key, ByteView clear, const PublicIdentity& self,
                 const Signature& signature,
                 const FixedBytes<wire::kHopCapabilities>& capabilities) {
  const Bytes body = wire::encode_hop_proof({self, signature, capabilities});
  return crypto::seal_aead(key, kOnlyMessage, clear, body);
}

struct OpenedProof {
  PublicIdentity identity;
  wire::HopCapabilities capabilities;
};

/// Decrypts and verifies the proof of `side` over `transcript`.
std::optional<OpenedProof> open_proof(const Hash32& key, ByteView clear, ByteView sealed,
                                      HopSide side, const Hash32& transcript,
                                      const PublicIdentity& self) {
  const auto body = crypto::open_aead(key, kOnlyMessage, clear, sealed);
  if (!body) return std::nullopt;
  const auto proof = wire::decode_hop_proof(*body);
  if (!proof || proof->identity == self) return std::nullopt;
  const auto capabilities = wire::decode_hop_capabilities(proof->capabilities.view());
  if (!capabilities) return std::nullopt;
  const Bytes material =
      crypto::hop_signed_material(side, transcript, proof->identity, proof->capabilities.view());
  if (!crypto::verify(crypto::verify_key(proof->identity), material, proof->signature)) {
    return std::nullopt;
  }
  return OpenedProof{proof->identity, *capabilities};
}

}  // namespace

Ephemeral::Ephemeral(Random& random)
    : private_(random.fixed<32>()), public_(crypto::agreement_public(private_.view())) {}

Ephemeral::~Ephemeral() {
  wipe(private_.mutable_view());
}

std::optional<Hash32> Ephemeral::agree(const Hash32& peer) const {
  return crypto::agree(private_.view(), peer.view());
}

Initiation::Initiation(Random& random, std::uint32_t local_index, bool padded)
    : ephemeral_(random) {
  hello_.sender_index = local_index;
  hello_.ephemeral = ephemeral_.public_key();
  hello_.padded = padded;
}

Initiation::~Initiation() {
  wipe(root_.mutable_view());
}

void Initiation::refuse_peer() {
  answered_ = false;
  wipe(root_.mutable_view());
}

std::optional<Bytes> Initiation::accept_answer(ByteView message, const PublicIdentity& self,
                                               const wire::HopCapabilities& capabilities) {
  const auto answer = wire::decode_hop_answer(message);
  if (answered_ || !answer || answer->receiver_index != hello_.sender_index) return std::nullopt;
  auto shared = ephemeral_.agree(answer->ephemeral);
  if (!shared) return std::nullopt;
  const Hash32 t2 =
      crypto::hop_transcript_answer(crypto::hop_transcript_hello(hello_), answer->clear);
  const Hash32 root = crypto::hop_root(*shared, t2);
  wipe(shared->mutable_view());
  const auto proof = open_proof(crypto::hop_answer_key(root), answer->clear, answer->sealed,
                                HopSide::kResponder, t2, self);
  if (!proof) return std::nullopt;
  answered_ = true;
  root_ = root;
  t3_ = crypto::hop_transcript_proof(t2, answer->sealed);
  self_ = self;
  capabilities_ = packed(capabilities);
  seed_.side = HopSide::kInitiator;
  seed_.peer = proof->identity;
  seed_.peer_capabilities = proof->capabilities;
  seed_.local_index = hello_.sender_index;
  seed_.remote_index = answer->sender_index;
  return crypto::hop_signed_material(HopSide::kInitiator, t3_, self_, capabilities_.view());
}

Initiation::Finished Initiation::finish(const Signature& signature) {
  MEHR_ASSERT(answered_);
  Bytes message = wire::encode_hop_finish_clear(seed_.remote_index);
  const Bytes sealed =
      seal_proof(crypto::hop_finish_key(root_), message, self_, signature, capabilities_);
  append(message, sealed);
  seed_.keys = crypto::hop_traffic_keys(root_, crypto::hop_transcript_proof(t3_, sealed));
  wipe(root_.mutable_view());
  Finished out{std::move(message), seed_};
  seed_.keys = {};
  return out;
}

Response::~Response() {
  wipe(root_.mutable_view());
}

std::optional<Response> Response::begin(const wire::HopHello& hello, std::uint32_t local_index,
                                        const PublicIdentity& self,
                                        const wire::HopCapabilities& capabilities, Random& random) {
  const Ephemeral ephemeral(random);
  auto shared = ephemeral.agree(hello.ephemeral);
  if (!shared) return std::nullopt;
  Response out;
  out.peer_ephemeral_ = hello.ephemeral;
  wire::HopAnswer answer;
  answer.receiver_index = hello.sender_index;
  answer.sender_index = local_index;
  answer.ephemeral = ephemeral.public_key();
  out.clear_ = wire::encode_hop_answer_clear(answer);
  out.t2_ = crypto::hop_transcript_answer(crypto::hop_transcript_hello(hello), out.clear_);
  out.root_ = crypto::hop_root(*shared, out.t2_);
  wipe(shared->mutable_view());
  out.self_ = self;
  out.capabilities_ = packed(capabilities);
  out.seed_.side = HopSide::kResponder;
  out.seed_.local_index = local_index;
  out.seed_.remote_index = hello.sender_index;
  return out;
}

Bytes Response::to_sign() const {
  return crypto::hop_signed_material(HopSide::kResponder, t2_, self_, capabilities_.view());
}

const Bytes& Response::answer(const Signature& signature) {
  const Bytes sealed =
      seal_proof(crypto::hop_answer_key(root_), clear_, self_, signature, capabilities_);
  t3_ = crypto::hop_transcript_proof(t2_, sealed);
  answer_ = concat({clear_, sealed});
  return answer_;
}

std::optional<SessionSeed> Response::accept_finish(ByteView message) const {
  const auto finish = wire::decode_hop_finish(message);
  if (answer_.empty() || !finish || finish->receiver_index != seed_.local_index) {
    return std::nullopt;
  }
  const auto proof = open_proof(crypto::hop_finish_key(root_), finish->clear, finish->sealed,
                                HopSide::kInitiator, t3_, self_);
  if (!proof) return std::nullopt;
  SessionSeed seed = seed_;
  seed.peer = proof->identity;
  seed.peer_capabilities = proof->capabilities;
  seed.keys = crypto::hop_traffic_keys(root_, crypto::hop_transcript_proof(t3_, finish->sealed));
  return seed;
}

}  // namespace mehr::link
