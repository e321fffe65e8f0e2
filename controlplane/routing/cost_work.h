// What is still to be told of path costs: destinations whose cost may have changed, those that have
// to wait, announces whose path is gone, and the sweep over all of them after a change of price or
// link. Plain data inside Node; path_costs.cc works it off, a slice a tick. Router's thread.
//
// Bound: destinations with candidates; 16,384 withdrawals, further ones are forgotten (their
// neighbours notice by loss or by the next announce).
#pragma once

#include <absl/container/btree_set.h>

#include <deque>
#include <optional>

#include "controlplane/routing/deadlines.h"
#include "core/base/bytes.h"

namespace mehr::routing {

struct CostWork {
  struct Withdrawal {
    Hash16 announce;
    std::uint32_t sequence = 0;
  };
  static constexpr std::size_t kWithdrawalsMax = 16'384;

  absl::btree_set<DestinationHash> dirty;
  Deadlines<DestinationHash> later;  ///< told too recently, or to be looked at again
  std::deque<Withdrawal> withdrawals;
  /// No smaller than the sequence of any withdrawal: what is told of a path that comes back must be
  /// news to who was told that it went.
  std::uint32_t withdrawn = 0;
  bool sweeping = false;
  std::optional<DestinationHash> cursor;  ///< of the sweep

  [[nodiscard]] bool idle() const { return dirty.empty() && withdrawals.empty() && !sweeping; }
};

}  // namespace mehr::routing
