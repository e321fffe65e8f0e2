// Packets this host sends itself: along the path if one is known, else to everybody. Owns no state.
// Called by Router for the endpoints. Source: reticulum-wire §12 (originating).
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// @param raw header type 1, hops 0
SendOutcome originate(Node& node, ByteView raw, Time now);
/// One interface, unchanged but for where the hop byte starts (hop_offset.h).
SendOutcome originate_on(Node& node, InterfaceId interface, ByteView raw,
                         std::optional<DestinationHash> about, Time now);

}  // namespace mehr::routing
