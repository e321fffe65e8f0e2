// Building and checking link proofs and identifications, declared in link_proof.h.
#include "core/crypto/link_proof.h"

#include "core/base/assert.h"
#include "core/crypto/identity.h"

namespace mehr::crypto {

Bytes link_proof_signed_data(const LinkId& link, const Hash32& agreement_key, ByteView verify_key,
                             const std::optional<wire::LinkSignallingBytes>& signalling) {
  MEHR_ASSERT(verify_key.size() == 32);
  return concat({link.view(), agreement_key.view(), verify_key,
                 signalling ? signalling->view() : ByteView{}});
}

std::optional<wire::LinkProof> check_link_proof(const LinkId& link, ByteView payload,
                                                const PublicIdentity& destination) {
  const auto proof = wire::decode_link_proof(payload);
  if (!proof) return std::nullopt;
  const ByteView key = verify_key(destination);
  const Bytes signed_data =
      link_proof_signed_data(link, proof->agreement_key, key, proof->signalling);
  if (!verify(key, signed_data, proof->signature)) return std::nullopt;
  return proof;
}

Bytes encode_link_proof_packet(const LinkId& link, const wire::LinkProof& proof) {
  const Bytes payload = wire::encode_link_proof(proof);
  wire::Packet packet;
  packet.destination_type = wire::DestinationType::kLink;
  packet.packet_type = wire::PacketType::kProof;
  packet.destination = link;
  packet.context = wire::Context::kLinkRequestProof;
  packet.data = payload;
  return wire::encode_packet(packet);
}

Bytes link_identify_signed_data(const LinkId& link, const PublicIdentity& identity) {
  return concat({link.view(), identity.view()});
}

std::optional<PublicIdentity> check_link_identify(const LinkId& link, ByteView plaintext) {
  if (plaintext.size() != PublicIdentity::kSize + Signature::kSize) return std::nullopt;
  const auto identity = *PublicIdentity::from(plaintext);
  const auto signature = *Signature::from(plaintext.subspan(PublicIdentity::kSize));
  if (!verify(verify_key(identity), link_identify_signed_data(link, identity), signature)) {
    return std::nullopt;
  }
  return identity;
}

}  // namespace mehr::crypto
