// Building and checking packet proofs, declared in proof.h.
#include "core/crypto/proof.h"

#include "core/crypto/hash.h"
#include "core/crypto/identity.h"

namespace mehr::crypto {
namespace {

Bytes encode(wire::DestinationType type, const Hash16& address, ByteView payload) {
  wire::Packet packet;
  packet.destination_type = type;
  packet.packet_type = wire::PacketType::kProof;
  packet.destination = address;
  packet.data = payload;
  return wire::encode_packet(packet);
}

}  // namespace

Bytes encode_packet_proof(const Hash32& packet_hash, const Signature& signature, ProofForm form) {
  const ByteView repeated = form == ProofForm::kExplicit ? packet_hash.view() : ByteView{};
  return encode(wire::DestinationType::kSingle, truncate(packet_hash),
                concat({repeated, signature.view()}));
}

Bytes encode_link_packet_proof(const LinkId& link, const Hash32& packet_hash,
                               const Signature& signature) {
  return encode(wire::DestinationType::kLink, link, concat({packet_hash.view(), signature.view()}));
}

bool check_packet_proof(const Hash32& packet_hash, ByteView payload, ByteView verify_key) {
  if (payload.size() == kExplicitProofSize) {
    if (!equal_constant_time(payload.first(Hash32::kSize), packet_hash.view())) return false;
    payload = payload.subspan(Hash32::kSize);
  }
  if (payload.size() != kImplicitProofSize) return false;
  return verify(verify_key, packet_hash.view(), *Signature::from(payload));
}

}  // namespace mehr::crypto
