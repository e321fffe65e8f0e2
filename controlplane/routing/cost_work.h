// What is still to be told of path costs: destinations whose cost may have changed, those that have
// to wait, the sweep over all of them after a change of price or link, and one log of changes and
// withdrawals for all neighbours together. Plain data inside Node; path_costs.cc fills the log and
// path_news.cc hands it on, a slice a tick. Router's thread.
//
// The log: every change and every withdrawal has a number, and of each neighbour only the number is
// kept up to which it has heard (HopState). So a slow neighbour costs no memory of its own, and
// what changes again before it was told is told once, as it is by then. What all have heard is
// gone.
//
// Bound: destinations with candidates; RouterLimits::withdrawals, beyond which the oldest is
// forgotten: a neighbour that had not heard it is started anew (Router::take_out_of_step).
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>

#include <deque>
#include <optional>

#include "controlplane/routing/deadlines.h"
#include "controlplane/routing/interface_traits.h"
#include "core/base/bytes.h"

namespace mehr::routing {

struct CostWork {
  struct Withdrawal {
    std::uint64_t number = 0;
    Hash16 announce;
    std::uint32_t sequence = 0;
  };

  absl::btree_set<DestinationHash> dirty;
  Deadlines<DestinationHash> later;  ///< told too recently, or to be looked at again
  bool sweeping = false;
  std::optional<DestinationHash> cursor;  ///< of the sweep

  std::uint64_t newest = 0;  ///< number in the log
  absl::btree_map<std::uint64_t, DestinationHash> changes;
  std::deque<Withdrawal> withdrawals;
  std::uint64_t forgotten = 0;  ///< the newest withdrawal that had to go before all heard it
  Time news_due = kNever;       ///< when somebody is to be told next
  bool held_up = false;         ///< a neighbour cannot be told fast enough
  absl::btree_set<InterfaceId> out_of_step;
  /// No smaller than the sequence of any withdrawal: what is told of a path that comes back must be
  /// news to who was told that it went.
  std::uint32_t withdrawn = 0;

  [[nodiscard]] bool idle() const { return dirty.empty() && !sweeping; }
};

}  // namespace mehr::routing
