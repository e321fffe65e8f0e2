// The proof that a link request reached its destination. Called by relays, which let only valid
// ones pass, and by both ends. Any thread; pure; checking costs one Ed25519 verification (about 50
// us). Source: reticulum-wire §14, §15.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/wire/link.h"

namespace mehr::crypto {

/// What the destination signs: link id || responder X25519 || responder Ed25519 || signalling.
/// @param verify_key 32 bytes, Ed25519 of the destination's identity
Bytes link_proof_signed_data(const LinkId& link, const Hash32& agreement_key, ByteView verify_key,
                             const std::optional<wire::LinkSignallingBytes>& signalling);

/// Size and signature. @param payload data of a PROOF with context kLinkRequestProof
/// @param destination the identity behind the requested destination
/// @return nullopt unless 96 or 99 bytes and signed
std::optional<wire::LinkProof> check_link_proof(const LinkId& link, ByteView payload,
                                                const PublicIdentity& destination);

/// The whole packet: PROOF, destination type LINK, header type 1, hops 0.
Bytes encode_link_proof_packet(const LinkId& link, const wire::LinkProof& proof);

/// What an initiator signs to identify itself on a link: link id || public identity.
Bytes link_identify_signed_data(const LinkId& link, const PublicIdentity& identity);

/// Reads the plaintext of a LINKIDENTIFY packet. @return the identity when it has 128 bytes and the
/// signature holds
std::optional<PublicIdentity> check_link_identify(const LinkId& link, ByteView plaintext);

}  // namespace mehr::crypto
