// Path requests: who gets an answer, for whom an unknown path is looked up, and sending requests of
// our own. Owns no state (path_requests.h has it). Called by the router. Source: reticulum-wire
// §10.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// A packet to the path request destination. @return its outcome
Counter receive_path_request(Node& node, Inbound& inbound);

/// Asks for a path with a random tag on every outgoing interface but `except`.
/// @return false when the memory of own requests is full
bool ask_for_path(Node& node, const DestinationHash& destination, std::optional<InterfaceId> except,
                  Time now);

}  // namespace mehr::routing
