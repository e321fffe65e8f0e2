// What an announce does here: the checks in order of cost, then path, identity, relay and waiting
// requests. Owns no state. Called by the router for every announce. Source: reticulum-wire §6..§9.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// Longest payload an originator can send: 500 bytes less the type 1 header.
inline constexpr std::size_t kAnnouncePayloadMax = wire::kMtu - wire::kHeaderMin;

/// @param held_raw the packet as received, kept when ingress control holds it
/// @return its outcome
Counter receive_announce(Node& node, Inbound& inbound, ByteView held_raw);

}  // namespace mehr::routing
