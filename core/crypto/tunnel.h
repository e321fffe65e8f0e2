// Checking and making tunnel announcements. Any thread; pure; checking costs one Ed25519
// verification (about 50 us). Source: reticulum-wire §20.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/wire/tunnel.h"

namespace mehr::crypto {

using TunnelId = Hash32;

/// SHA-256 of public identity || interface hash: the same for every connection of that interface.
TunnelId tunnel_id(const PublicIdentity& identity, const Hash32& interface_hash);

/// Layout and signature. @param payload data of a packet to wire::kTunnelDestination
/// @return nullopt when either is wrong
std::optional<wire::Tunnel> check_tunnel(ByteView payload);

}  // namespace mehr::crypto
