// The way back of proofs: for every relayed data packet, where it came from and where it went. Owns
// the entries for eight minutes. Called by the router on its thread.
//
// Unlike the reference, an entry is spent only by a proof from the right interface: otherwise
// anybody on another interface could destroy it. Bound: RouterLimits::reverse_entries, shared
// fairly by receiving interface, oldest first (fair_table.h). Source: reticulum-wire §12, §13.
#pragma once

#include "controlplane/routing/deadlines.h"
#include "controlplane/routing/fair_table.h"
#include "core/base/bytes.h"

namespace mehr::routing {

/// Where packets of this host come from.
inline constexpr InterfaceId kHere{0xFFFFFFFF};

struct ReverseEntry {
  DestinationHash destination;
  InterfaceId received;  ///< where the packet came from: proofs go there
  InterfaceId outbound;  ///< where it went: proofs come from there
  Time created{};
};

class ReverseTable {
 public:
  explicit ReverseTable(std::size_t capacity) : table_(capacity) {}

  /// @param packet truncated hash of the relayed packet
  void remember(const Hash16& packet, const ReverseEntry& entry);
  [[nodiscard]] const ReverseEntry* find(const Hash16& packet) const { return table_.find(packet); }
  void spend(const Hash16& packet) { table_.erase(packet); }
  /// Drops what came from `interface`, and with `thorough` also what leads there (a walk through
  /// the whole table); without it such entries lie idle until they age.
  void forget_interface(InterfaceId interface, bool thorough);
  void expire(Time now);
  [[nodiscard]] Time next_due() const { return deadlines_.next(); }
  [[nodiscard]] std::size_t size() const { return table_.size(); }

 private:
  FairTable<Hash16, ReverseEntry> table_;
  Deadlines<Hash16> deadlines_;
};

}  // namespace mehr::routing
