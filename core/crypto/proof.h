// Packet proofs: the signature over a packet's hash that tells its sender it arrived. Any thread;
// pure; checking costs one Ed25519 verification (about 50 us).
//
//   implicit  0  64  signature
//   explicit  0  32  packet hash   32  64  signature
//
// Source: reticulum-wire §13.
#pragma once

#include "core/base/bytes.h"
#include "core/wire/packet.h"

namespace mehr::crypto {

inline constexpr std::size_t kImplicitProofSize = 64;
inline constexpr std::size_t kExplicitProofSize = 96;

/// Explicit proofs repeat the hash; on links proofs always do.
enum class ProofForm : std::uint8_t { kImplicit, kExplicit };

/// Proof of a packet sent to a SINGLE destination: the whole packet, header type 1, hops 0,
/// addressed to the truncated packet hash. @param signature over the 32 bytes of `packet_hash`
Bytes encode_packet_proof(const Hash32& packet_hash, const Signature& signature, ProofForm form);

/// Proof of a packet received on a link, always explicit, addressed to the link.
Bytes encode_link_packet_proof(const LinkId& link, const Hash32& packet_hash,
                               const Signature& signature);

/// @param packet_hash of the packet that was sent @param payload data of the PROOF
/// @param verify_key 32 bytes: Ed25519 of the destination, or of the other end of a link
/// @return false unless 64 or 96 bytes, about this packet, and signed
bool check_packet_proof(const Hash32& packet_hash, ByteView payload, ByteView verify_key);

}  // namespace mehr::crypto
