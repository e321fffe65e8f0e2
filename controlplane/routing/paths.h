// The path table: where every known destination is, when a newer announce may replace an entry, and
// when an entry ends. Owns the living paths only (parked.h keeps those of interfaces that are
// down). Called by the router on its thread.
//
// Bound: RouterLimits::paths, shared fairly by interface: a flood of unknown destinations replaces
// only paths that nobody has used, of the flooding interface first (fair_table.h). Source:
// reticulum-wire §7.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "controlplane/routing/deadlines.h"
#include "controlplane/routing/fair_table.h"
#include "controlplane/routing/flow_changes.h"
#include "controlplane/routing/router.h"

namespace mehr::routing {

inline constexpr std::size_t kBlobsKept = 64;

/// How long an unused path over an interface of this mode lives.
Duration path_lifetime(InterfaceMode mode);
/// Largest emission time among the blobs; 0 without any.
std::uint64_t newest_emission(const std::vector<wire::RandomBlob>& blobs);

/// What decides whether an announce replaces a path.
struct PathCandidate {
  std::uint8_t hops = 0;  ///< counted for our reception
  wire::RandomBlob blob;
  int gravity = 0;  ///< of the receiving interface
};

/// @param known_gravity of the interface the known path leads over
/// @return whether the announce may replace `known`
bool may_replace(const PathEntry& known, int known_gravity, const PathCandidate& candidate,
                 Time now);

class PathTable {
 public:
  struct Placed {
    const PathEntry* entry = nullptr;  ///< nullptr: refused, the interface holds its share
    std::optional<DestinationHash> evicted;
  };

  explicit PathTable(std::size_t capacity) : table_(capacity) {}
  /// Every path that is placed, moved or gone is noted there from now on.
  void report_to(FlowChanges& changes) { changes_ = &changes; }

  [[nodiscard]] const PathEntry* find(const DestinationHash& destination) const;
  [[nodiscard]] std::size_t size() const { return table_.size(); }
  [[nodiscard]] bool has_room(InterfaceId interface) const { return table_.has_room(interface); }

  /// Adds or replaces. Blobs of a replaced entry are kept in front of the new ones (64 newest); a
  /// path that was in use stays protected from eviction.
  Placed place(PathEntry entry, Duration lifetime);
  /// A packet went along the path: it lives on and is protected from eviction.
  void used(const DestinationHash& destination, Time now);
  void set_state(const DestinationHash& destination, PathState state);
  /// Re-balancing by a link proof. @return whether there was a path
  bool set_hops(const DestinationHash& destination, std::uint8_t hops);
  bool erase(const DestinationHash& destination);
  /// Takes out every path over `interface`.
  std::vector<PathEntry> take_interface(InterfaceId interface);
  /// Copies of every path over `interface`, at most `limit`.
  [[nodiscard]] std::vector<PathEntry> over_interface(InterfaceId interface,
                                                      std::size_t limit) const;
  [[nodiscard]] std::vector<DestinationHash> destinations() const;

  /// Removes paths unused for longer than their lifetime and reports each.
  void expire(Time now, const std::function<void(const DestinationHash&)>& removed);
  [[nodiscard]] Time next_due() const { return deadlines_.next(); }

 private:
  struct Record {
    PathEntry entry;
    Duration lifetime{};
    bool used = false;
  };

  void note(const DestinationHash& destination) {
    if (changes_ != nullptr) changes_->note(destination);
  }

  FairTable<DestinationHash, Record> table_;
  FlowChanges* changes_ = nullptr;
  Deadlines<DestinationHash> deadlines_;
};

}  // namespace mehr::routing
