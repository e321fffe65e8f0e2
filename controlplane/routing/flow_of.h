// Reads the tables for flow.h. Owns nothing. Called by the router for its owner.
#pragma once

#include "controlplane/routing/flow.h"
#include "controlplane/routing/node.h"

namespace mehr::routing {

/// What holds for every ordinary packet to this destination or on this link now.
[[nodiscard]] Flow flow_of(const Node& node, const Hash16& destination_or_link);

}  // namespace mehr::routing
