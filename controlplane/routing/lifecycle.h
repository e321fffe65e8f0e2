// What starts, moves and ends paths other than announces: interfaces coming and going, the store's
// paths and tunnels coming back, ageing. Owns no state of its own (node.h has it). Called by
// Router.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

void bring_up(Node& node, InterfaceId id, const InterfaceTraits& traits, Time now);
void take_down(Node& node, InterfaceId id, Time now);

/// Puts a remembered path over a living interface, unless what is known is better or it has
/// expired.
/// @return whether it is in the table now
bool revive_path(Node& node, PathEntry entry, const Interface& interface, Time now);
/// Puts a path aside under its interface's name. @return false when expired or without room
bool park_path(Node& node, PathEntry entry, InterfaceMode mode, Time now);

/// Takes the path out of every table that depends on it and tells the sink.
void path_gone(Node& node, const DestinationHash& destination, Time now);

/// The five-second cull, when it is due.
void cull(Node& node, Time now);
[[nodiscard]] Time cull_due(const Node& node);

}  // namespace mehr::routing
