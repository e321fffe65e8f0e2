// The public identity behind every destination with a path, and for a while after the path is gone.
// Needed to check link proofs, to notice an announce that claims a known address with another key,
// and to encrypt. Owns keys only; paths are paths.h. Called by the router on its thread.
//
// Bound: RouterLimits::known_identities; when full, the identity longest without a path goes, never
// one with a path; if all have one, newcomers are refused. Kept after the path's end: 6 min if
// never used, else 8.75 days. Source: reticulum-wire §6, §30.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <list>
#include <optional>

#include "controlplane/routing/deadlines.h"
#include "core/base/bytes.h"

namespace mehr::routing {

class KnownIdentities {
 public:
  explicit KnownIdentities(std::size_t capacity) : capacity_(capacity) {}

  [[nodiscard]] const PublicIdentity* find(const DestinationHash& destination) const;
  /// A path exists: keep the identity as long as that. @return false when there is no room
  bool attach(const DestinationHash& destination, const PublicIdentity& identity);
  /// The path is gone (or never was): the time to live starts.
  void detach(const DestinationHash& destination, Time now);
  /// Somebody relied on it.
  void used(const DestinationHash& destination);
  void expire(Time now);
  [[nodiscard]] Time next_due() const { return deadlines_.next(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Known {
    PublicIdentity identity;
    bool used = false;
    std::optional<Time> ends;                    ///< set while detached
    std::list<DestinationHash>::iterator place;  ///< in detached_, while detached
  };

  std::size_t capacity_;
  absl::flat_hash_map<DestinationHash, Known> entries_;
  std::list<DestinationHash> detached_;  ///< longest first
  Deadlines<DestinationHash> deadlines_;
};

}  // namespace mehr::routing
