// The cost of paths, told beside announces and believed of neighbours: what this node charges for a
// destination, the record that goes before each announce on a hop link, records that come in, and
// changes re-sent. Owns no table (candidates.h, cost_work.h). Called by the router and its
// handlers. Source: SC-03, SC-11..SC-14, SC-18, spec/02 §4.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// Puts an announce on an interface; on a hop link its cost goes first.
/// @param payload of the announce @param raw the packet
/// @return false: it does not belong there (stretch.h), nothing was sent
bool transmit_announce(Node& node, const Interface& to, const DestinationHash& destination,
                       ByteView payload, ByteView raw);
/// The same for a packet this router built or got: finds destination and payload in it.
bool transmit_announce(Node& node, const Interface& to, ByteView raw);

void receive_path_cost(Node& node, Interface& from, ByteView body, Time now);

/// What upstream neighbours pay and get, this node included.
[[nodiscard]] wire::PathCost own_cost(const Node& node, const PathEntry& path);

/// The cost of this destination, or of all, may have changed.
void cost_changed(Node& node, const DestinationHash& destination);
void costs_changed(Node& node);
/// The path is gone: neighbours that were told of it learn that.
void withdraw_cost(Node& node, const DestinationHash& destination);
/// Works off a slice of what is to be told.
void tell_costs(Node& node, Time now);
[[nodiscard]] Time costs_due(const Node& node);

}  // namespace mehr::routing
