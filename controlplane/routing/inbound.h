// The way of one received packet: parse, filter, and on to the handler of its kind. Owns no state.
// Called by Router::receive and for held announces that are released. Source: reticulum-wire §11.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// Handles one packet and counts it and its single outcome.
void receive_packet(Node& node, InterfaceId from, ByteView raw, const SignalReport& signal,
                    Time now, wire::HopClass traffic);

/// The five-second interface job, when it is due: decay of estimates, release of held announces.
void run_interface_jobs(Node& node, Time now);
[[nodiscard]] Time interface_jobs_due(const Node& node);

}  // namespace mehr::routing
