// What the router keeps per interface beyond plain Reticulum: budgets of the neighbour, how full
// the queue towards it is, what it said of its own queues and who was told of ours. Plain data
// inside Interface (interfaces.h); the rules are in traffic.cc and congestion.cc. Router's thread.
#pragma once

#include <absl/container/btree_map.h>

#include <optional>

#include "controlplane/routing/ingress.h"
#include "controlplane/routing/interface_traits.h"
#include "core/wire/hop_signals.h"

namespace mehr::routing {

struct HopState {
  std::optional<Ration> urgent;     ///< bytes of P0 and P1 the neighbour may hand us
  std::optional<Ration> untrusted;  ///< bytes an untrusted neighbour may hand us

  // Our queue towards it.
  double occupancy = 0;
  Duration drain{};
  double factor = 1;  ///< of our price for what goes out here, 1..2, moved in steps of an eighth
  std::optional<wire::CongestionSeverity> level;
  /// Neighbours whose packets go out here, and when the last did.
  absl::btree_map<InterfaceId, Time> feeders;
  std::optional<Time> signalled;

  // What it has heard of path costs: numbers in the log of CostWork, and the bytes it may hear.
  std::uint64_t heard_changes = 0, heard_withdrawals = 0;
  std::optional<Ration> news;

  // What it says of its queues.
  std::optional<wire::CongestionSeverity> theirs;
  Time theirs_until{};
  Time theirs_since{};
  Time doubted_until = Time::min();
  Ration throttled{5, 10};  ///< P1 packets while it is saturated

  [[nodiscard]] std::optional<wire::CongestionSeverity> severity(Time now) const {
    return now < theirs_until ? theirs : std::nullopt;
  }
};

}  // namespace mehr::routing
