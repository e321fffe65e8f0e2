// Changes of path costs and withdrawals on their way to the neighbours: each is told as fast as its
// queue and half of its bit rate allow, the rest of the log (cost_work.h) waits. Nothing is lost to
// a full queue. Owns no table. Called by path_costs.cc; router's thread. Source: SC-03, SC-18.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// One record, now. @return false: no room, nothing was sent
bool send_cost(Node& node, const Interface& to, const Hash16& announce, std::uint32_t sequence,
               const wire::PathCost& cost);
/// What `to` is told: the neighbour we go through must not come back to us.
wire::PathCost cost_for(const Node& node, const Interface& to, const PathEntry& path,
                        const wire::PathCost& cost);

/// A neighbour that is new has nothing to catch up with.
void nothing_to_catch_up(const Node& node, Interface& interface);
/// What set.told says goes to all neighbours.
void log_change(Node& node, const DestinationHash& destination, CandidateSet& set);
/// The path that was announced so is gone: told to all neighbours.
void log_withdrawal(Node& node, const Hash16& announce, std::uint32_t sequence);
/// The set goes without being withdrawn, or after it.
void erase_candidates(Node& node, const DestinationHash& destination);
/// Tells everybody a slice of what he has not heard.
void tell_news(Node& node, Time now);

}  // namespace mehr::routing
