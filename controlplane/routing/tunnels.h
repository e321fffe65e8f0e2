// Tunnels: stream clients that say who they are, so that the paths behind them survive a reconnect.
// Owns which tunnel sits on which interface, and the paths of tunnels whose interface is gone;
// while it is up, its paths are ordinary paths (paths.h). Called by the router on its thread.
//
// Bounds: RouterLimits::tunnels (a newcomer replaces the detached tunnel that ends first, else it
// is refused), RouterLimits::paths_per_tunnel, and RouterLimits::paths over all detached tunnels;
// paths beyond that are not kept, used ones are kept first. Source: reticulum-wire §20.
#pragma once

#include <absl/container/btree_map.h>

#include <functional>
#include <optional>
#include <vector>

#include "controlplane/routing/deadlines.h"
#include "controlplane/routing/router.h"

namespace mehr::routing {

class Tunnels {
 public:
  struct Appearance {
    bool accepted = false;
    std::optional<InterfaceId> moved_from;  ///< it still sat on this other interface
    std::vector<PathEntry> paths;           ///< kept while it was away, not older than 8 h
    std::optional<Hash32> evicted;
  };

  Tunnels(std::size_t capacity, std::size_t paths_per_tunnel, std::size_t paths_total)
      : capacity_(capacity), paths_per_tunnel_(paths_per_tunnel), paths_total_(paths_total) {}

  /// A valid tunnel packet arrived on `interface`.
  Appearance appear(const Hash32& id, InterfaceId interface, Time now);
  /// The interface is gone or carries another tunnel now; a tunnel without paths ends.
  void detach(const Hash32& id, std::vector<PathEntry> paths, Time now);
  /// The paths over its interface changed: it lives on, and a report is due after a second, or
  /// up to a minute when the set is large.
  void touched(const Hash32& id, Time now);
  /// Puts a stored tunnel back. @return false when it is expired, known already or there is no room
  bool restore(TunnelEntry tunnel, Time now);

  /// A report with this many paths was made.
  void reported(const Hash32& id, std::size_t paths);
  /// Tunnels whose report is due.
  std::vector<Hash32> take_reports(Time now);
  [[nodiscard]] Time report_due() const { return reports_.next(); }
  /// As it is now; paths only of a detached tunnel.
  [[nodiscard]] std::optional<TunnelEntry> entry(const Hash32& id) const;
  [[nodiscard]] std::optional<InterfaceId> interface_of(const Hash32& id) const;

  void expire(Time now, const std::function<void(const Hash32&)>& ended);
  [[nodiscard]] Time next_due() const { return deadlines_.next(); }
  [[nodiscard]] std::size_t size() const { return tunnels_.size(); }
  [[nodiscard]] std::size_t stored_paths() const { return stored_; }

 private:
  struct Tunnel {
    std::optional<InterfaceId> interface;
    Time expires;
    std::vector<PathEntry> paths;
    bool report_queued = false;
    std::size_t reported_paths = 0;  ///< in the last report
  };

  void erase(const Hash32& id);
  [[nodiscard]] std::optional<Hash32> first_ending() const;

  std::size_t capacity_;
  std::size_t paths_per_tunnel_;
  std::size_t paths_total_;
  std::size_t stored_ = 0;
  absl::btree_map<Hash32, Tunnel> tunnels_;
  Deadlines<Hash32> deadlines_;
  Deadlines<Hash32> reports_;
};

}  // namespace mehr::routing
