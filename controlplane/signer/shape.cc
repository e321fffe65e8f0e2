// One check a purpose. No two purposes accept the same bytes: they differ in length, or in where
// the identity or a hash over the rest stands.
#include "controlplane/signer/shape.h"

#include "core/crypto/hash.h"
#include "core/crypto/hop_keys.h"
#include "core/crypto/identity.h"

namespace mehr::signer {
namespace {

constexpr std::size_t kAnnounceFixed = 16 + 64 + 10 + 10;
constexpr std::size_t kAnnounceMax = 500;  // no packet is longer
constexpr std::size_t kLinkProofSize = 16 + 32 + 32 + 3;
constexpr std::size_t kTunnelSize = 64 + 32 + 16;
constexpr std::size_t kMessageFixed = 16 + 16 + 32;

bool equal(ByteView a, ByteView b) {
  return equal_constant_time(a, b);
}

/// destination 16 || public identity 64 || name hash 10 || random hash 10 || ratchet and app data
bool announce(ByteView material, const PublicIdentity& identity, const IdentityHash& hash) {
  if (material.size() < kAnnounceFixed || material.size() > kAnnounceMax) return false;
  if (!equal(material.subspan(16, 64), identity.view())) return false;
  const auto name = NameHash::from(material.subspan(80));
  return equal(material.first(16), crypto::destination_hash(*name, hash).view());
}

/// link id 16 || X25519 32 || own Ed25519 32 || signalling 3
bool link_proof(ByteView material, const PublicIdentity& identity) {
  return material.size() == kLinkProofSize &&
         equal(material.subspan(48, 32), crypto::verify_key(identity));
}

/// destination 16 || own lxmf.delivery 16 || msgpack array of four || SHA-256 over all before it
bool message(ByteView material, const IdentityHash& hash) {
  if (material.size() <= kMessageFixed) return false;
  const ByteView hashed = material.first(material.size() - 32);
  const auto own = crypto::destination_hash(crypto::name_hash("lxmf.delivery"), hash);
  return equal(material.subspan(16, 16), own.view()) && material[32] == 0x94 &&
         equal(material.last(32), crypto::sha256(hashed).view());
}

/// The tag of the side, a transcript, the own public identity and capabilities
/// (core/crypto/hop_keys.h).
bool hop(crypto::HopSide side, ByteView material, const PublicIdentity& identity) {
  if (material.size() != crypto::kHopSignedMaterial) return false;
  const auto transcript = Hash32::from(material.subspan(18));
  const ByteView capabilities = material.last(wire::kHopCapabilities);
  return equal(material, crypto::hop_signed_material(side, *transcript, identity, capabilities));
}

}  // namespace

bool has_shape(Purpose purpose, ByteView material, const PublicIdentity& identity,
               const IdentityHash& hash) {
  switch (purpose) {
    case Purpose::kAnnounce:
      return announce(material, identity, hash);
    case Purpose::kPacketProof:
    case Purpose::kLinkPacketProof:
      return material.size() == Hash32::kSize;
    case Purpose::kLinkProof:
      return link_proof(material, identity);
    case Purpose::kLinkIdentify:
      return material.size() == 80 && equal(material.subspan(16), identity.view());
    case Purpose::kMessage:
      return message(material, hash);
    case Purpose::kTunnel:
      return material.size() == kTunnelSize && equal(material.first(64), identity.view());
    case Purpose::kHopAnswer:
      return hop(crypto::HopSide::kResponder, material, identity);
    case Purpose::kHopFinish:
      return hop(crypto::HopSide::kInitiator, material, identity);
  }
  return false;
}

}  // namespace mehr::signer
