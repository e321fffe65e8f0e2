// Winners, and ways for packets that cannot take the winner's.
#include "controlplane/routing/choice.h"

#include <algorithm>

#include "controlplane/routing/hop_offset.h"
#include "controlplane/routing/lifecycle.h"
#include "controlplane/routing/path_costs.h"
#include "controlplane/routing/standing.h"

namespace mehr::routing {
namespace {

constexpr Duration kSuspectFor = 60s;
constexpr Duration kProofPatience = 15s;
constexpr std::uint16_t kUnprovedMany = 4;
constexpr std::uint8_t kFirstProof = 192, kFirstLoss = 96;

std::vector<const Candidate*> pointers(const CandidateSet& set) {
  std::vector<const Candidate*> those;
  for (const Candidate& each : set.all)
    those.push_back(&each);
  return those;
}

bool scored(const Node& node, const CandidateSet& set) {
  return std::any_of(set.all.begin(), set.all.end(),
                     [&](const Candidate& each) { return over_hop_link(node, each); });
}

/// Who should serve; nullptr when nobody can.
const Candidate* pick(const Node& node, const DestinationHash& destination, const CandidateSet& set,
                      const Candidate* incumbent, Time now) {
  const auto ranked = rank(node, destination, pointers(set), set, incumbent, PathPolicy::kBalanced,
                           static_cast<std::uint32_t>(wire::kMtu), now);
  if (incumbent != nullptr && !set.echoes && !scored(node, set)) return incumbent;
  return ranked.empty() ? nullptr : favourite(ranked, incumbent);
}

void lead_over(const Node& node, PathEntry& entry, const Candidate& candidate) {
  entry.next_hop = candidate.next_hop;
  entry.hops = candidate.hops;
  entry.interface = candidate.interface;
  const Interface* interface = node.interfaces.find(candidate.interface);
  if (interface != nullptr) entry.interface_name = interface->traits.name;
}

bool place_over(Node& node, PathEntry entry, const Candidate& candidate, Time now) {
  lead_over(node, entry, candidate);
  entry.state = PathState::kUnknown;
  const Interface* interface = node.interfaces.find(candidate.interface);
  const auto mode = interface == nullptr ? InterfaceMode::kFull : interface->traits.mode;
  const DestinationHash destination = entry.destination;
  const auto placed = node.paths.place(std::move(entry), path_lifetime(mode));
  if (placed.evicted) {
    node.counters.add(Counter::kPathEvicted);
    path_gone(node, *placed.evicted, now);
  }
  if (placed.entry == nullptr) return false;
  node.counters.add(Counter::kPathSwitched);
  cost_changed(node, destination);
  node.sink.path_changed(*placed.entry);
  return true;
}

/// Where a newcomer goes when every place is taken: the one least worth keeping, never the winner.
Candidate* least_worth(const Node& node, CandidateSet& set, const PathEntry* path, Time now) {
  Candidate* worst = nullptr;
  std::pair<unsigned, unsigned> measure;
  for (Candidate& each : set.all) {
    if (path != nullptr && same_way(each, *path)) continue;
    const std::pair own(standing(node, set, each, false, now), each.distance());
    if (worst == nullptr || own > measure) {
      worst = &each;
      measure = own;
    }
  }
  return worst;
}

Candidate& place_for(const Node& node, CandidateSet& set, const PathEntry& entry,
                     const PathEntry* path, Time now) {
  if (Candidate* known = set.find(entry.interface, entry.next_hop)) return *known;
  std::erase_if(set.all, [&](const Candidate& each) {
    return node.interfaces.find(each.interface) == nullptr;
  });
  const Interface* over = node.interfaces.find(entry.interface);
  for (Candidate& each : set.all) {
    // Names of next hops are free to make up on a plain interface: one beside the winner is enough.
    const bool free_name = over != nullptr && !over->traits.hop_link;
    const bool wins = path != nullptr && same_way(each, *path);
    if (!free_name || wins || each.interface != entry.interface) continue;
    each = Candidate{};
    return each;
  }
  if (set.all.size() < kCandidatesMax) return set.all.emplace_back();
  Candidate& place = *least_worth(node, set, path, now);
  place = Candidate{};
  return place;
}

bool holds_back(const Node& node, const Candidate& candidate, const Demand& demand, Time now,
                bool only_saturated) {
  const Interface* interface = node.interfaces.find(candidate.interface);
  if (interface == nullptr) return true;
  const auto severity = interface->hop.severity(now);
  if (!severity || demand.traffic.priority == wire::HopPriority::kP0) return false;
  if (*severity == wire::CongestionSeverity::kSaturated) return true;
  if (only_saturated || demand.traffic.priority == wire::HopPriority::kP1) return false;
  return *severity == wire::CongestionSeverity::kSevere ||
         demand.traffic.priority == wire::HopPriority::kP3;
}

bool asks_money(const Candidate& candidate) {
  return candidate.cost && candidate.cost->cost_known() && candidate.cost->cost_code > 0;
}

bool goes_back(const Node& node, const Candidate& candidate, const Demand& demand) {
  return demand.from && candidate.interface == *demand.from && over_hop_link(node, candidate);
}

bool fits(const Node& node, const Candidate& candidate, const Demand& demand) {
  return demand.size <= candidate_mtu(node, candidate);
}

Way way_over(const Node& node, const Candidate& candidate, const DestinationHash& destination) {
  return {candidate.next_hop, candidate.interface, candidate.hops,
          is_last_hop(node, candidate.interface, candidate.hops, candidate.next_hop, destination)};
}

/// A saturated neighbour still takes what matters most, and a little of what matters.
bool squeezes_through(Node& node, const Candidate& candidate, const Demand& demand, Time now) {
  Interface* interface = node.interfaces.find(candidate.interface);
  if (interface == nullptr || demand.traffic.priority != wire::HopPriority::kP1) return false;
  if (!interface->hop.throttled.available(now)) return false;
  interface->hop.throttled.take();
  return true;
}

/// Those a packet may take at all; fills in why not when there is none.
std::vector<const Candidate*> allowed(const Node& node, const CandidateSet& set,
                                      const Candidate* winner, const Demand& demand, Time now,
                                      Choice& choice) {
  std::vector<const Candidate*> those;
  for (const Candidate& each : set.all) {
    if (standing(node, set, each, &each == winner, now) == kUnusable) continue;
    if (goes_back(node, each, demand)) {
      if (choice.refused == Counter::kDataUnknownPath) choice.refused = Counter::kDataBackward;
      continue;
    }
    if (demand.free_only && asks_money(each)) {
      choice.refused = Counter::kDataUntrustedPaid;
      continue;
    }
    if (!fits(node, each, demand)) {
      choice.refused = Counter::kDataTooBig;
      choice.limit = std::max(choice.limit, candidate_mtu(node, each));
      continue;
    }
    those.push_back(&each);
  }
  return those;
}

}  // namespace

std::optional<std::uint32_t> way_mtu(const Node& node, const PathEntry& path) {
  const CandidateSet* set = node.candidates.find(path.destination);
  if (set == nullptr) return std::nullopt;
  for (const Candidate& each : set->all) {
    if (same_way(each, path)) return candidate_mtu(node, each);
  }
  return std::nullopt;
}

Choice choose_way(Node& node, const PathEntry& path, const Demand& demand, Time now) {
  Choice choice;
  const Way straight{path.next_hop, path.interface, path.hops,
                     is_last_hop(node, path.interface, path.hops, path.next_hop, path.destination)};
  CandidateSet* set = node.candidates.find(path.destination);
  const Candidate* winner = set == nullptr ? nullptr : set->find(path.interface, path.next_hop);
  if (winner == nullptr) {
    choice.way = straight;
    return choice;
  }
  const PathPolicy policy = policy_of(demand.traffic.path_policy);
  const bool plain_case = policy == PathPolicy::kBalanced && fits(node, *winner, demand) &&
                          !goes_back(node, *winner, demand) &&
                          !(demand.free_only && asks_money(*winner)) &&
                          !holds_back(node, *winner, demand, now, false);
  if (plain_case) {
    choice.way = straight;
    return choice;
  }
  auto those = allowed(node, *set, winner, demand, now, choice);
  if (those.empty()) return choice;
  const auto congested = [&](bool only_saturated) {
    return [&node, &demand, now, only_saturated](const Candidate* each) {
      return holds_back(node, *each, demand, now, only_saturated);
    };
  };
  const bool all_busy = std::all_of(those.begin(), those.end(), congested(false));
  if (!all_busy) {
    std::erase_if(those, congested(false));
  } else {
    std::vector<const Candidate*> open = those;
    std::erase_if(open, congested(true));
    if (!open.empty()) those = std::move(open);
  }
  const auto ranked = rank(node, path.destination, those, *set, winner, policy,
                           static_cast<std::uint32_t>(demand.size), now);
  const Candidate* best = favourite(ranked, winner);
  if (holds_back(node, *best, demand, now, true) && !squeezes_through(node, *best, demand, now)) {
    choice.refused = Counter::kDataCongested;
    return choice;
  }
  choice.way = way_over(node, *best, path.destination);
  return choice;
}

void note_candidate(Node& node, const PathEntry& entry, std::uint64_t emitted, bool renews,
                    Time now) {
  const DestinationHash& destination = entry.destination;
  const PathEntry* path = node.paths.find(destination);
  const bool opens = node.candidates.find(destination) == nullptr;
  if (opens || renews) {
    node.candidates.renew(destination, announce_key(destination, entry.announce_payload), emitted,
                          now);
  }
  CandidateSet& set = *node.candidates.find(destination);
  if (opens) set.told.sequence = node.costs.withdrawn;
  if (opens && path != nullptr) {
    // Learned before there was a hop link: it keeps its place beside the newcomer.
    Candidate& known = place_for(node, set, *path, path, now);
    known.next_hop = path->next_hop;
    known.interface = path->interface;
    known.hops = path->hops;
    known.emitted = newest_emission(path->blobs);
    known.least = known.distance();
    if (!renews) {  // perhaps; nobody took notes
      set.told_distance(path->hops);
      set.told_plainly(path->hops, now);
    }
  }
  Candidate& candidate = place_for(node, set, entry, path, now);
  if (candidate.hops != entry.hops) candidate.mtu_limit = {};  // another way behind the next hop
  candidate.next_hop = entry.next_hop;
  candidate.interface = entry.interface;
  candidate.hops = entry.hops;
  if (candidate.emitted != emitted || !over_hop_link(node, candidate)) {
    candidate.least = kNothingTold;
  }
  candidate.emitted = emitted;
  if (const auto early = node.candidates.take_early(entry.interface, set.announce)) {
    node.counters.add(Counter::kPathCostLearned);
    candidate.cost = early->cost;
    set.costs_told = true;
    candidate.sequence = early->sequence;
  }
  candidate.least = std::min(candidate.least, candidate.distance());
  const bool others = set.all.size() > 1;
  if (others) node.flow_changes.note(destination);  // its packets are sampled from now on
  if (others && renews && !set.grace_waits) {
    set.grace_waits = true;
    node.costs.later.add(now + kConfirmGrace, destination);
  }
}

bool put_winner(Node& node, PathEntry& entry, const PathEntry* before, Time now) {
  CandidateSet* set = node.candidates.find(entry.destination);
  if (set == nullptr) return true;
  const Candidate* newcomer = set->find(entry.interface, entry.next_hop);
  const Candidate* incumbent = newcomer;
  if (before != nullptr && scored(node, *set)) {
    if (const Candidate* serving = set->find(before->interface, before->next_hop)) {
      incumbent = serving;
    }
  }
  const Candidate* winner = pick(node, entry.destination, *set, incumbent, now);
  if (winner == nullptr) return false;
  if (winner != newcomer) lead_over(node, entry, *winner);
  return true;
}

bool awaits_confirmation(const Node& node, const DestinationHash& destination) {
  const CandidateSet* set = node.candidates.find(destination);
  const PathEntry* path = node.paths.find(destination);
  if (set == nullptr || path == nullptr) return false;
  return std::any_of(set->all.begin(), set->all.end(), [&](const Candidate& each) {
    return same_way(each, *path) && set->old(each);
  });
}

void settle(Node& node, const DestinationHash& destination, Time now) {
  if (!awaits_confirmation(node, destination)) return;
  const CandidateSet& set = *node.candidates.find(destination);
  const Candidate* best = pick(node, destination, set, nullptr, now);
  if (best != nullptr) place_over(node, *node.paths.find(destination), *best, now);
}

void reconsider(Node& node, const DestinationHash& destination, Time now) {
  CandidateSet* set = node.candidates.find(destination);
  const PathEntry* path = node.paths.find(destination);
  if (set == nullptr || path == nullptr) return;
  const Candidate* incumbent = set->find(path->interface, path->next_hop);
  if (incumbent == nullptr) return;
  const Candidate* best = pick(node, destination, *set, incumbent, now);
  if (best != nullptr && best != incumbent) {
    place_over(node, *path, *best, now);
  } else if (best == nullptr) {
    node.counters.add(Counter::kPathWithdrawn);
    node.paths.erase(destination);
    path_gone(node, destination, now);
    if (!node.requests.queue_automatic({destination, std::nullopt}, now)) {
      node.counters.add(Counter::kRequestQueueFull);
    }
  }
}

bool fail_over(Node& node, const PathEntry& lost, Time now) {
  CandidateSet* set = node.candidates.find(lost.destination);
  if (set == nullptr) return false;
  std::erase_if(set->all, [&](const Candidate& each) {
    return each.interface == lost.interface || node.interfaces.find(each.interface) == nullptr;
  });
  const Candidate* best = pick(node, lost.destination, *set, nullptr, now);
  return best != nullptr && place_over(node, lost, *best, now);
}

void note_sent(Node& node, const DestinationHash& destination, InterfaceId over, Time now) {
  CandidateSet* set = node.candidates.find(destination);
  Candidate* candidate = set == nullptr ? nullptr : set->over(over);
  if (candidate == nullptr) return;
  if (candidate->unproved == 0) candidate->unproved_since = now;
  if (candidate->unproved < 0xFFFF) ++candidate->unproved;
  // Destinations that never prove anything tell nothing by their silence.
  const bool missing = candidate->reliability > 0 && candidate->unproved >= kUnprovedMany &&
                       now > candidate->unproved_since + kProofPatience;
  if (!missing) return;
  candidate->unproved = 0;
  const std::uint8_t before = candidate->reliability;
  candidate->reliability = static_cast<std::uint8_t>(std::max(1, before - (before + 3) / 4));
  reconsider(node, destination, now);
}

void note_proved(Node& node, const DestinationHash& destination, InterfaceId over,
                 std::optional<std::uint8_t> hops) {
  CandidateSet* set = node.candidates.find(destination);
  Candidate* candidate = set == nullptr ? nullptr : set->over(over);
  if (candidate == nullptr) return;
  const int before = candidate->reliability;
  candidate->reliability =
      before == 0 ? kFirstProof : static_cast<std::uint8_t>(before + (255 - before + 7) / 8);
  candidate->unproved = 0;
  candidate->suspect_until = Time::min();
  if (hops) candidate->hops = *hops;
}

bool note_lost(Node& node, const DestinationHash& destination, InterfaceId over, Time now) {
  CandidateSet* set = node.candidates.find(destination);
  Candidate* candidate = set == nullptr ? nullptr : set->over(over);
  if (candidate == nullptr) return false;
  const std::uint8_t before = candidate->reliability;
  candidate->reliability =
      before == 0 ? kFirstLoss : std::max<std::uint8_t>(1, static_cast<std::uint8_t>(before / 2));
  candidate->suspect_until = now + kSuspectFor;
  reconsider(node, destination, now);
  const PathEntry* path = node.paths.find(destination);
  return path != nullptr && path->interface != over;
}

}  // namespace mehr::routing
