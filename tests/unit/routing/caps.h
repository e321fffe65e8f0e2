// What must hold of a router whatever it is fed: every table within its cap, every packet counted
// once. Shared by the hostile test and fuzz_router.
#pragma once

#include "controlplane/routing/router.h"

namespace mehr::routing::test {

/// Name of the first table beyond its cap, nullptr when all are within.
inline const char* over_cap(const RouterTables& sizes, const RouterLimits& limits,
                            std::size_t interfaces) {
  if (sizes.paths > limits.paths) return "paths";
  if (sizes.links > limits.link_entries) return "links";
  if (sizes.reverse > limits.reverse_entries) return "reverse";
  if (sizes.announces > 2 * limits.announce_entries) return "announces";  // relays and answers
  if (sizes.held > interfaces * limits.held_announces) return "held";
  if (sizes.queued > interfaces * limits.queued_announces) return "queued";
  if (sizes.packet_hashes > 2 * limits.packet_hashes_per_generation) return "packet hashes";
  if (sizes.tunnels > limits.tunnels) return "tunnels";
  if (sizes.path_requests > limits.path_request_tags + 2 * limits.pending_discoveries) {
    return "path requests";
  }
  if (sizes.known_identities > limits.known_identities) return "known identities";
  if (sizes.candidates > limits.paths) return "candidates";
  if (sizes.early_costs > limits.early_costs) return "early costs";
  if (sizes.kept_distances > limits.kept_distances) return "kept distances";
  if (sizes.cost_changes > sizes.candidates) return "changes of costs";
  if (sizes.withdrawals > limits.withdrawals) return "withdrawals";
  return nullptr;
}

/// Sum of the outcomes: every counter in packets of the stages a router has, but the arrivals.
inline std::uint64_t outcomes(const border::Counters& counters) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < border::kCounterCount; ++i) {
    const border::CounterInfo& info = border::counter_table()[i];
    const bool routed = info.stage == "packet" || info.stage == "announce" ||
                        info.stage == "request" || info.stage == "data" || info.stage == "proof" ||
                        info.stage == "link" || info.stage == "tunnel";
    if (!routed || info.unit != "packets") continue;
    if (i == static_cast<std::size_t>(border::Counter::kPacketReceived)) continue;
    sum += counters.value(static_cast<border::Counter>(i));
  }
  return sum;
}

/// Caps low enough that a test reaches them.
inline RouterLimits small_limits() {
  RouterLimits limits;
  limits.paths = 40;
  limits.packet_hashes_per_generation = 500;
  limits.reverse_entries = 32;
  limits.link_entries = 24;
  limits.announce_entries = 16;
  limits.queued_announces = 12;
  limits.held_announces = 8;
  limits.path_request_tags = 64;
  limits.pending_discoveries = 16;
  limits.tunnels = 4;
  limits.paths_per_tunnel = 6;
  limits.rate_records = 32;
  limits.known_identities = 48;
  limits.early_costs = 16;
  limits.kept_distances = 12;
  limits.withdrawals = 20;
  return limits;
}

}  // namespace mehr::routing::test
