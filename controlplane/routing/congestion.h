// Queues that fill up: neighbours who feed them are told, what neighbours say of theirs is obeyed
// for a few seconds, and the price of what goes out over a full queue rises. Owns no table (the
// state is in hop_state.h). Called by the router. Source: spec/02 §9.4, §9.5, SC-18, SC-32.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// @param occupancy 0..1 @param drain what is queued now takes that long
void queue_moved(Node& node, InterfaceId id, double occupancy, Duration drain, Time now);
/// A feeder's packet goes into the queue of `to`: the signal lasts as long as it is told, once a
/// second.
void repeat_congestion(Node& node, Interface& to, Time now);
void receive_congestion(Node& node, Interface& from, ByteView body, Time now);

}  // namespace mehr::routing
