// Control records of neighbours, each to its handler. Owns nothing. Called by the router.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

void receive_control_record(Node& node, InterfaceId from, wire::HopControl type, ByteView body,
                            Time now);

}  // namespace mehr::routing
