// How announces leave: relays through modes and caps, answers to path requests, own announces. Owns
// no state (announces.h and announce_queue.h have it). Called by the router and its handlers.
// Source: reticulum-wire §8, §9, §22.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// Whether an announce can leave here with our transport id: at most 500 bytes, fewer than 128
/// hops.
/// @param hops counted for our reception @param payload bytes of the announce
bool relayable(std::uint8_t hops, std::size_t payload);

/// The packet with header type 2 and our transport id.
SharedPacket relayed_announce(const Node& node, const DestinationHash& destination,
                              std::uint8_t hops, bool ratchet, wire::Context context,
                              ByteView payload);

/// Own announce: everywhere but access points, or on one interface. @return whether any took it
bool send_own_announce(Node& node, ByteView raw, std::optional<InterfaceId> only);

/// Runs the announce check when it is due: relays and answers.
void check_announces(Node& node, Time now);
/// Sends what the announce caps allow now.
void serve_queues(Node& node, Time now);
[[nodiscard]] Time queues_due(const Node& node);

}  // namespace mehr::routing
