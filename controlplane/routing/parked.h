// Paths of interfaces that are not up: those of a configured interface that flapped, and those from
// the store whose interface has not come up yet. Owns them by interface name until that name comes
// up, they expire, or a newer announce makes them pointless. Called by the router on its thread.
//
// Bound: RouterLimits::paths in all and a quarter of that per name; when full, newcomers are
// refused. Source: reticulum-wire §7, §28.
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include <functional>
#include <string>
#include <vector>

#include "controlplane/routing/deadlines.h"
#include "controlplane/routing/router.h"

namespace mehr::routing {

class ParkedPaths {
 public:
  explicit ParkedPaths(std::size_t capacity) : capacity_(capacity) {}

  /// Puts a path aside under entry.interface_name; replaces an older one of the same destination.
  /// @param ends when it expires @return false when there is no room
  bool park(PathEntry entry, Time ends);
  [[nodiscard]] const PathEntry* find(const DestinationHash& destination) const;
  bool erase(const DestinationHash& destination);
  /// Takes out everything that waits for `name`.
  std::vector<PathEntry> take(const std::string& name);
  void expire(Time now, const std::function<void(const DestinationHash&)>& removed);
  [[nodiscard]] Time next_due() const { return deadlines_.next(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Parked {
    PathEntry entry;
    Time ends;
  };

  std::size_t capacity_;
  absl::flat_hash_map<DestinationHash, Parked> entries_;
  absl::flat_hash_map<std::string, absl::btree_set<DestinationHash>> by_name_;
  Deadlines<DestinationHash> deadlines_;
};

}  // namespace mehr::routing
