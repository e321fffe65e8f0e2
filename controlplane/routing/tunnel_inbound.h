// Tunnel packets, and what happens to paths when a tunnel moves from one connection to another.
// Owns no state (tunnels.h has it). Called by the router. Source: reticulum-wire §20.
#pragma once

#include <vector>

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// A packet to the tunnel destination. @return its outcome
Counter receive_tunnel(Node& node, Inbound& inbound);
/// The interface no longer carries its tunnel. @param paths what the tunnel keeps meanwhile
void leave_tunnel(Node& node, Interface& interface, std::vector<PathEntry> paths, Time now);
/// Tells the sink of tunnels whose paths changed lately.
void report_tunnels(Node& node, Time now);

}  // namespace mehr::routing
