// What travels to set a link up: the request's and the proof's payloads, and the sizes that follow
// from the MTU they agree on. Owns these layouts; keys are core/crypto's, states the endpoint's and
// relaying the router's. Any thread; pure.
//
//   request  0   32  initiator X25519     32  32  initiator Ed25519    64  [3]  signalling
//   proof    0   64  Ed25519 signature    64  32  responder X25519     96  [3]  signalling
//
//   signalling, 24 bits big endian: mode 3 | MTU 21
//
// Source: reticulum-wire §14.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"
#include "core/wire/packet.h"

namespace mehr::wire {

inline constexpr std::size_t kLinkRequestSize = 64;  ///< payload without signalling
inline constexpr std::size_t kLinkProofSize = 96;    ///< payload without signalling
inline constexpr std::size_t kLinkSignallingSize = 3;
inline constexpr std::uint32_t kLinkMtuMax = 0x1FFFFF;  ///< what 21 bits hold
inline constexpr std::uint8_t kLinkModeAes256Cbc = 1;   ///< the only mode in use

using LinkSignallingBytes = FixedBytes<kLinkSignallingSize>;

struct LinkSignalling {
  std::uint32_t mtu = static_cast<std::uint32_t>(kMtu);  ///< bytes; bits above 21 are lost
  std::uint8_t mode = kLinkModeAes256Cbc;                ///< 0..7

  bool operator==(const LinkSignalling&) const = default;
};

LinkSignallingBytes encode_link_signalling(const LinkSignalling& signalling);
LinkSignalling decode_link_signalling(const LinkSignallingBytes& bytes);

struct LinkRequest {
  Hash32 agreement_key;                      ///< X25519 of the initiator, fresh for this link
  Hash32 verify_key;                         ///< Ed25519 of the initiator, fresh for this link
  std::optional<LinkSignalling> signalling;  ///< present when the payload has exactly 67 bytes
  std::uint8_t mode = kLinkModeAes256Cbc;    ///< from byte 64 whenever there is one

  /// The size this request asks for; kMtu when it says nothing.
  [[nodiscard]] std::uint32_t mtu() const {
    return signalling ? signalling->mtu : static_cast<std::uint32_t>(kMtu);
  }
};

/// Relays read requests of any length of 64 bytes or more; a destination accepts only 64 and 67.
/// @param payload data of a LINKREQUEST packet; nullopt when shorter than 64 bytes
std::optional<LinkRequest> decode_link_request(ByteView payload);
/// The payload, 64 or 67 bytes; `mode` is not looked at.
Bytes encode_link_request(const LinkRequest& request);

struct LinkProof {
  Signature signature;   ///< by the destination's identity
  Hash32 agreement_key;  ///< X25519 of the responder, fresh for this link
  std::optional<LinkSignallingBytes> signalling;
};

/// @param payload data of a PROOF with context kLinkRequestProof; nullopt unless 96 or 99 bytes
std::optional<LinkProof> decode_link_proof(ByteView payload);
/// The payload, 96 or 99 bytes.
Bytes encode_link_proof(const LinkProof& proof);

/// A link request with its signalling changed to `mtu`, for a relay whose next interface carries
/// less; hops and everything else stay. @param raw a LINKREQUEST packet whose payload has 67 bytes
Bytes with_link_mtu(ByteView raw, std::uint32_t mtu);
/// A link request without its signalling, for a next interface that has no MTU discovery.
/// @param raw a LINKREQUEST packet whose payload has 67 bytes
Bytes without_link_signalling(ByteView raw);

/// Plaintext bytes one link packet carries at a link MTU; 0 below 84 bytes.
std::size_t link_mdu(std::size_t mtu);
/// Bytes of one resource part at a link MTU; 0 up to 36 bytes.
std::size_t resource_sdu(std::size_t mtu);

}  // namespace mehr::wire
