// Links that pass through this node: which two interfaces they join, how many hops lie on either
// side, and which of them may still be waiting for their proof. Owns the link table and its
// decisions; checking the proof's signature and sending is the router's (relay.cc).
//
// Bound: RouterLimits::link_entries, shared fairly by the interface the request came from; a proved
// link is never pushed out. Source: reticulum-wire §15.
#pragma once

#include <functional>
#include <optional>

#include "controlplane/routing/deadlines.h"
#include "controlplane/routing/fair_table.h"
#include "controlplane/routing/flow_changes.h"
#include "controlplane/routing/interface_traits.h"
#include "controlplane/routing/packet_limit.h"
#include "core/base/bytes.h"
#include "core/wire/link.h"

namespace mehr::routing {

struct LinkEntry {
  DestinationHash destination;
  InterfaceId next_interface;      ///< towards the destination
  InterfaceId received_interface;  ///< towards the initiator
  std::uint8_t remaining_hops = 0;
  std::uint8_t taken_hops = 0;
  bool validated = false;
  PacketLimit limit_onward;  ///< from PacketTooBig of the next node
  PacketLimit limit_back;    ///< the same towards the initiator
  Time last_used{};
  Time proof_deadline{};
};

/// What a link request's MTU signalling becomes on its way over `in` and `out`.
struct LinkMtu {
  enum class Action : std::uint8_t { kKeep, kStrip, kClamp, kDrop } action = Action::kKeep;
  std::uint32_t mtu = 0;  ///< for kClamp
};
/// @param signalled from the request's 3 trailing bytes; ask only when they are present
LinkMtu treat_link_mtu(std::uint32_t signalled, const InterfaceTraits& in,
                       const InterfaceTraits& out);

/// Waiting time for a proof: 6 s a hop and the sending of 500 bytes at the receiving interface.
Duration proof_wait(std::uint8_t remaining_hops, std::uint64_t bitrate_bps);

enum class LinkStep : std::uint8_t { kForward, kWrongInterface, kWrongHops };
/// Where link traffic goes on. @param hops counted for our reception
LinkStep next_step(const LinkEntry& entry, InterfaceId from, std::uint8_t hops, InterfaceId& to);

class LinkTable {
 public:
  explicit LinkTable(std::size_t capacity) : table_(capacity) {}
  /// Every link that is added or gone is noted there from now on.
  void report_to(FlowChanges& changes) { changes_ = &changes; }

  /// Who writes to an entry's hops or limits notes it.
  [[nodiscard]] LinkEntry* find(const LinkId& link) { return table_.find(link); }
  [[nodiscard]] const LinkEntry* find(const LinkId& link) const { return table_.find(link); }
  [[nodiscard]] bool contains(const LinkId& link) const { return table_.find(link) != nullptr; }
  /// @return false when the interface holds its share of proved links
  bool add(const LinkId& link, const LinkEntry& entry);
  void validated(const LinkId& link, Time now);
  /// Drops what came from `interface`, and with `thorough` also what leads there (a walk through
  /// the whole table); without it such entries lie idle until they age.
  void forget_interface(InterfaceId interface, bool thorough);
  /// Ends silent and unproved links; reports each unproved one.
  void expire(Time now, const std::function<void(const LinkEntry&)>& unproved);
  [[nodiscard]] Time next_due() const { return deadlines_.next(); }
  [[nodiscard]] std::size_t size() const { return table_.size(); }
  template <typename Each>
  void for_each(Each each) const {
    table_.for_each([&each](const LinkId& link, const LinkEntry&) { each(link); });
  }

 private:
  void note(const LinkId& link) {
    if (changes_ != nullptr) changes_->note(link);
  }

  FairTable<LinkId, LinkEntry> table_;
  FlowChanges* changes_ = nullptr;
  Deadlines<LinkId> deadlines_;
};

}  // namespace mehr::routing
