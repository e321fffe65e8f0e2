// Announces: making them and checking them. Any thread; pure; checking costs one Ed25519
// verification (about 50 us), so callers run their cheap checks first. Source: reticulum-wire §6.
#pragma once

#include <functional>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "core/wire/announce.h"
#include "core/wire/packet.h"

namespace mehr::crypto {

/// Bytes the originator signs: destination || public identity || name hash || random hash ||
/// ratchet || app data.
Bytes announce_signed_material(const DestinationHash& destination, const wire::Announce& announce);

enum class AnnounceVerdict : std::uint8_t { kValid, kMalformed, kBadSignature, kWrongDestination };

/// Signature and address check of an announce packet; what is already known of the destination is
/// the caller's business. @param packet packet_type must be kAnnounce
/// @param out filled when the payload parses (views point into the packet)
AnnounceVerdict check_announce(const wire::Packet& packet, wire::Announce& out);

/// Only the address check (destination == trunc(name hash || identity hash)): cheap, do it first.
bool announce_address_matches(const wire::Packet& packet, const wire::Announce& announce);

struct AnnounceDraft {
  DestinationHash destination;
  PublicIdentity identity;
  NameHash name;
  FixedBytes<10> random_hash;     ///< 5 random bytes || 5 bytes Unix seconds
  std::optional<Hash32> ratchet;  ///< X25519 public key
  Bytes app_data;                 ///< at most 333 bytes, 301 with ratchet
};
/// 5 random bytes || emission time.
FixedBytes<10> announce_random_hash(const FixedBytes<5>& random, UnixTime now);
/// What the identity must sign for this draft.
Bytes signed_material(const AnnounceDraft& draft);
/// The finished packet (header type 1, hops 0). @param context kNone or kPathResponse
Bytes encode_announce(const AnnounceDraft& draft, const Signature& signature,
                      wire::Context context);

}  // namespace mehr::crypto
