// The payload of an ANNOUNCE packet. Owns its layout; checking the signature is core/crypto's.
//
//   0    64   public identity (X25519 32 || Ed25519 32)
//   64   10   name hash
//   74   10   random hash = 5 random || 5 emission time (Unix seconds, big endian)
//   84   [32] ratchet X25519 public key, only when the packet's context flag is set
//   ..   64   Ed25519 signature
//   ..   n    app data
//
// Source: reticulum-wire §6.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/wire/packet.h"

namespace mehr::wire {

inline constexpr std::size_t kAnnounceFixed = 148;         ///< payload without app data
inline constexpr std::size_t kAnnounceFixedRatchet = 180;  ///< with a ratchet key
using RandomBlob = FixedBytes<10>;                         ///< identifies one emission

struct Announce {
  PublicIdentity identity;
  NameHash name;
  RandomBlob random_hash;
  std::optional<Hash32> ratchet;
  Signature signature;
  ByteView app_data;  ///< points into the packet

  /// Unix seconds from the random hash; no relation to our clock is checked.
  [[nodiscard]] std::uint64_t emitted() const { return emission_time(random_hash); }
  static std::uint64_t emission_time(const RandomBlob& blob);
};

/// @param packet an ANNOUNCE packet; nullopt when the payload is too short for its context flag
std::optional<Announce> decode_announce(const Packet& packet);

}  // namespace mehr::wire
