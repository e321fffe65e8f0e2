// Which way packets to a destination take: the winner of its candidates, moved with hysteresis when
// another is clearly better and at once when the winner fails, and other ways for packets that need
// one (policy, size, congestion, price). Owns no table. Destinations reached over plain Reticulum
// interfaces only keep the reference's choice. Called by the router and its handlers.
// Source: spec/02 §5, SC-20, SC-24, SC-32.
#pragma once

#include "controlplane/routing/explain.h"
#include "controlplane/routing/node.h"

namespace mehr::routing {

/// One way on.
struct Way {
  Hash16 next_hop;
  InterfaceId interface;
  std::uint8_t hops = 0;
  bool last = false;  ///< the next hop is the destination itself: header type 1
};

/// What a packet wants of its way.
struct Demand {
  wire::HopClass traffic;
  std::size_t size = 0;             ///< bytes, with its two-address header
  bool free_only = false;           ///< no next hop that asks for money
  std::optional<InterfaceId> from;  ///< where it came from; a hop link does not get it back
};

struct Choice {
  std::optional<Way> way;
  Counter refused = Counter::kDataUnknownPath;  ///< why there is no way
  std::uint32_t limit = 0;                      ///< bytes that would fit, when refused as too big
};

Choice choose_way(Node& node, const PathEntry& path, const Demand& demand, Time now);
/// Largest packet the winner of this destination takes; nullopt when nothing is known.
[[nodiscard]] std::optional<std::uint32_t> way_mtu(const Node& node, const PathEntry& path);

/// An announce came this way: notes it as a candidate. @param emitted of the announce
/// @param renews nobody passed this emission on before
void note_candidate(Node& node, const PathEntry& entry, std::uint64_t emitted, bool renews,
                    Time now);
/// Puts the winner of the candidates into a path about to be placed.
/// @param before the path until now, nullptr without one
/// @return false when nobody can serve
bool put_winner(Node& node, PathEntry& entry, const PathEntry* before, Time now);
/// Whether the path still leads over a next hop that has not passed on the newest announce.
[[nodiscard]] bool awaits_confirmation(const Node& node, const DestinationHash& destination);
/// The newest announce is about to be told to others: from here on the path leads over somebody who
/// has passed it on.
void settle(Node& node, const DestinationHash& destination, Time now);
/// Moves the path of a destination if another candidate has become clearly better, and drops it
/// when its next hop has no way any more and nobody else has.
void reconsider(Node& node, const DestinationHash& destination, Time now);
/// The interface of this path (taken out of the table already) is gone.
/// @return whether another candidate took over
bool fail_over(Node& node, const PathEntry& lost, Time now);

/// A packet that may be proved left towards the destination, was proved, or failed to be.
void note_sent(Node& node, const DestinationHash& destination, InterfaceId over, Time now);
/// @param hops counted by a link proof, which is right where the announce was not
void note_proved(Node& node, const DestinationHash& destination, InterfaceId over,
                 std::optional<std::uint8_t> hops = std::nullopt);
/// @return whether the path moved to another candidate
bool note_lost(Node& node, const DestinationHash& destination, InterfaceId over, Time now);

PathExplanation explain_path(const Node& node, const DestinationHash& destination,
                             PathPolicy policy, Time now);

}  // namespace mehr::routing
