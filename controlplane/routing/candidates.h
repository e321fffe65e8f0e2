// The several ways to one destination: every next hop that passed on its newest announce, what each
// told of its costs, and how each has served. Owns these sets, for as long as the destination has a
// path; which way wins is choice.cc's. The path table holds the winner only. Empty on nodes without
// hop links, which route exactly as the reference. Called by the router on its thread.
//
// Loops (the feasibility of Babel, RFC 8966 §2.4, with the emission of the announce as its sequence
// number): a next hop counts only when it has passed on the newest announce and has once said to be
// nearer to the destination than this node has ever said to be of that announce (the feasible
// distance). Among those that are as near only the one with the greater id leads on. Before this
// node has told the newest announce to anybody it is bound by nothing: until then it may stay with
// who serves, and chooses among all that pass the announce on meanwhile.
//
// When a path is lost its set goes, and hop neighbours are told so. Plain neighbours cannot be: who
// leans on us there goes on doing so, and whoever leans on him may offer us our own path. What we
// told them of an announce binds us for kFeasibleKept after the telling, path or no path, as
// Babel's source table does (RFC 8966 §3.5.1); a newer announce ends it. The price: a longer way
// that leads past us has to wait for that, too. A plain neighbour that offers a way when no hop
// neighbour does is refused for kEchoes only: that long our own word may come back from who relays
// it, and then requests are not answered by who leans on the one that asks. Where no hop neighbour
// ever led to the destination nothing binds, as in the reference.
//
// Bound: kCandidatesMax per destination, as many destinations as paths; costs that came before
// their announce: RouterLimits::early_costs, shared fairly by interface, for ten minutes; distances
// of lost paths: RouterLimits::kept_distances, of which the one that ends first gives way.
// Source: spec/02 §5, SC-03, SC-16, SC-18, SC-24.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "controlplane/routing/deadlines.h"
#include "controlplane/routing/fair_table.h"
#include "controlplane/routing/packet_limit.h"
#include "core/wire/path_cost.h"

namespace mehr::routing {

inline constexpr std::size_t kCandidatesMax = 4;
/// How long another next hop may take to pass on an announce before it counts as behind.
inline constexpr Duration kConfirmGrace = 10s;
/// How long a relay waits for the next hop that serves to pass on an announce others were faster
/// with: a hop or two of relaying.
inline constexpr Duration kConfirmHold = 2s;
/// How long plain neighbours are taken to lean on what we told them of an announce.
inline constexpr Duration kFeasibleKept = 10min;
/// How long after the telling plain neighbours may still relay it.
inline constexpr Duration kEchoes = 60s;
inline constexpr unsigned kNothingTold = 256;  ///< farther than any distance

/// A neighbour that has no way of its own: never a next hop.
inline wire::PathCost unavailable_cost() {
  return {wire::kCostUnknown, 0, 0, 255, 0};
}
inline bool is_unavailable(const wire::PathCost& cost) {
  return !cost.cost_known() && cost.hops == 255;
}

struct Candidate {
  Hash16 next_hop;
  InterfaceId interface;
  std::uint8_t hops = 0;               ///< counted for our reception
  std::uint64_t emitted = 0;           ///< of the newest announce that came this way
  std::optional<wire::PathCost> cost;  ///< as the next hop told; nullopt over plain Reticulum
  std::uint32_t sequence = 0;          ///< of that cost
  unsigned least = kNothingTold;  ///< smallest distance it told of that announce since it has a way
  std::uint8_t reliability = 0;   ///< 0 unknown, 1..255
  PacketLimit mtu_limit;          ///< from PacketTooBig
  std::uint16_t unproved = 0;     ///< packets sent since the last proof
  Time unproved_since{};
  Time suspect_until = Time::min();  ///< a link request went unproved

  [[nodiscard]] bool unavailable() const { return cost && is_unavailable(*cost); }
  /// Hops from the next hop to the destination, offsets of originators left out where it told us.
  [[nodiscard]] unsigned distance() const {
    if (cost) return cost->hops;
    return hops > 0 ? hops - 1U : 0U;
  }
  [[nodiscard]] bool suspect(Time now) const { return now < suspect_until; }
};

/// What this node last told its neighbours of a destination.
struct ToldCost {
  std::uint32_t sequence = 0;
  std::optional<Time> at;  ///< of the last change told to all; nullopt: only along announces
  wire::PathCost cost;
  InterfaceId toward;  ///< the winner then; that neighbour was told "unavailable"
};

struct CandidateSet {
  Hash16 announce;                   ///< key of the newest announce, see announce_key
  std::uint64_t emitted = 0;         ///< of the newest announce
  Time renewed{};                    ///< when its first copy came
  unsigned feasible = kNothingTold;  ///< smallest distance we told of it
  unsigned plain = kNothingTold;     ///< of these, told to plain neighbours
  Time plain_ends{};                 ///< until when that binds without a path
  bool costs_told = false;           ///< some hop neighbour had a say, before the loss too
  bool echoes = false;               ///< path lost, what plain neighbours were told still about
  std::vector<Candidate> all;
  ToldCost told;
  std::uint64_t change = 0;                      ///< of `told`, in the log of CostWork
  Hash16 told_announce;                          ///< the announce `told` went along with
  bool tell_waits = false, grace_waits = false;  ///< in CostWork::later for that reason

  [[nodiscard]] Candidate* find(InterfaceId interface, const Hash16& next_hop);
  [[nodiscard]] Candidate* over(InterfaceId interface);
  /// Has not passed on the newest announce.
  [[nodiscard]] bool old(const Candidate& candidate) const { return candidate.emitted < emitted; }
  [[nodiscard]] bool behind(const Candidate& candidate, Time now) const {
    return old(candidate) && now >= renewed + kConfirmGrace;
  }
  void told_distance(unsigned distance) { feasible = std::min(feasible, distance); }
  void told_plainly(unsigned distance, Time now) {
    plain = std::min(plain, distance);
    plain_ends = now + kFeasibleKept;
  }
};

/// A cost that is ahead of its announce.
struct EarlyCost {
  wire::PathCost cost;
  std::uint32_t sequence = 0;
  Time ends{};
};

class Candidates {
 public:
  Candidates(std::size_t early_costs, std::size_t kept_distances)
      : early_(early_costs), kept_capacity_(kept_distances) {}

  [[nodiscard]] CandidateSet* find(const DestinationHash& destination);
  [[nodiscard]] const CandidateSet* find(const DestinationHash& destination) const;
  [[nodiscard]] const DestinationHash* destination_of(const Hash16& announce) const;
  [[nodiscard]] std::size_t size() const { return sets_.size(); }

  CandidateSet& open(const DestinationHash& destination) { return sets_[destination]; }
  /// A newer announce: its costs are matched by this key from now on.
  void renew(const DestinationHash& destination, const Hash16& announce, std::uint64_t emitted,
             Time now);
  void erase(const DestinationHash& destination);
  /// Up to `limit` destinations after `after`, in order; for sweeps in slices.
  [[nodiscard]] std::vector<DestinationHash> after(const std::optional<DestinationHash>& after,
                                                   std::size_t limit) const;

  void keep_early(InterfaceId from, const Hash16& announce, const EarlyCost& cost);
  std::optional<EarlyCost> take_early(InterfaceId from, const Hash16& announce);
  void forget_interface(InterfaceId interface);
  /// @return costs that never met their announce
  std::size_t expire(Time now);
  [[nodiscard]] Time next_due() const { return early_ends_.next(); }
  [[nodiscard]] std::size_t early() const { return early_.size(); }
  [[nodiscard]] std::size_t kept() const { return kept_.size(); }

 private:
  using EarlyKey = FixedBytes<20>;  ///< interface, announce
  /// What plain neighbours were told of a destination that has no path now.
  struct Kept {
    std::uint64_t emitted = 0;
    unsigned distance = kNothingTold;
    Time ends{};
    bool costs_told = false;
  };
  void keep(const DestinationHash& destination, const Kept& kept);
  void forget(const DestinationHash& destination);
  static EarlyKey key_of(InterfaceId from, const Hash16& announce);

  absl::btree_map<DestinationHash, CandidateSet> sets_;
  absl::flat_hash_map<Hash16, DestinationHash> by_announce_;
  FairTable<EarlyKey, EarlyCost> early_;
  Deadlines<EarlyKey> early_ends_;
  std::size_t kept_capacity_;
  absl::flat_hash_map<DestinationHash, Kept> kept_;
  absl::btree_set<std::pair<Time, DestinationHash>> kept_by_end_;
};

/// What costs are keyed by: the truncated packet hash of the announce as its origin broadcast it,
/// so that path responses have the same.
Hash16 announce_key(const DestinationHash& destination, ByteView payload);

}  // namespace mehr::routing
