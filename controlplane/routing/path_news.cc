// Reading the log, one reader a neighbour.
#include "controlplane/routing/path_news.h"

#include <algorithm>

#include "controlplane/routing/modes.h"

namespace mehr::routing {
namespace {

constexpr std::size_t kNewsPerTick = 512;  // to one neighbour
constexpr Duration kNextSlice = 1ms;
constexpr Duration kTryAgain = 100ms;  // with a full queue, or nothing left of the bit rate
constexpr double kShare = 0.5;         // of the bit rate; packets have to live beside it
constexpr double kBurst = 2'048;       // bytes told at once on the slowest carriers
constexpr double kBytesPerRecord = 4 + wire::kPathCostRecordSize;

/// Whether the bit rate allows another record, and room was found for it.
bool tell(Node& node, Interface& to, const Hash16& announce, std::uint32_t sequence,
          const wire::PathCost& cost, Time now) {
  const double rate = static_cast<double>(to.traits.bitrate_bps) / 8 * kShare;
  if (rate > 0 && !to.hop.news) to.hop.news.emplace(rate, std::max(rate, kBurst));
  const bool paced = rate > 0 && !to.hop.news->available(kBytesPerRecord, now);
  if (paced || !send_cost(node, to, announce, sequence, cost)) {
    node.counters.add(Counter::kPathCostWaited);
    return false;
  }
  if (rate > 0) to.hop.news->take(kBytesPerRecord);
  return true;
}

/// @return false: `to` can be told no more for now
bool tell_change(Node& node, Interface& to, const DestinationHash& destination, Time now) {
  const CandidateSet* set = node.candidates.find(destination);
  const PathEntry* path = node.paths.find(destination);
  // A newer announce is on its way, and its cost goes before it.
  if (set == nullptr || path == nullptr || set->told_announce != set->announce) return true;
  const Interface* from = node.interfaces.find(path->interface);
  if (from == nullptr) return true;
  if (to.id != from->id && !may_relay_announce(from->traits, to.traits)) return true;
  return tell(node, to, set->announce, set->told.sequence,
              cost_for(node, to, *path, set->told.cost), now);
}

/// @return when to go on; kNever: it has heard everything
Time tell_one(Node& node, Interface& to, Time now) {
  const CostWork& work = node.costs;
  HopState& hop = to.hop;
  std::size_t left = kNewsPerTick;
  auto gone = std::partition_point(
      work.withdrawals.begin(), work.withdrawals.end(),
      [&](const CostWork::Withdrawal& each) { return each.number <= hop.heard_withdrawals; });
  for (; gone != work.withdrawals.end(); ++gone) {
    if (left-- == 0) return now + kNextSlice;
    if (!tell(node, to, gone->announce, gone->sequence, unavailable_cost(), now)) {
      return now + kTryAgain;
    }
    hop.heard_withdrawals = gone->number;
  }
  hop.heard_withdrawals = work.newest;
  auto change = work.changes.upper_bound(hop.heard_changes);
  for (; change != work.changes.end(); ++change) {
    if (left-- == 0) return now + kNextSlice;
    if (!tell_change(node, to, change->second, now)) return now + kTryAgain;
    hop.heard_changes = change->first;
  }
  hop.heard_changes = work.newest;
  return kNever;
}

}  // namespace

bool send_cost(Node& node, const Interface& to, const Hash16& announce, std::uint32_t sequence,
               const wire::PathCost& cost) {
  if (!node.sink.control(to.id, wire::HopControl::kPathCost,
                         wire::encode_path_cost_record({announce, sequence, cost}))) {
    return false;
  }
  node.counters.add(Counter::kPathCostSent);
  return true;
}

wire::PathCost cost_for(const Node& node, const Interface& to, const PathEntry& path,
                        const wire::PathCost& cost) {
  const Interface* from = node.interfaces.find(path.interface);
  const bool below = from != nullptr && from->traits.rides_on == to.id;
  // He may be at both ends of a plain line, too.
  const bool leads_back = path.interface == to.id || below || to.traits.neighbour == path.next_hop;
  return leads_back ? unavailable_cost() : cost;
}

void nothing_to_catch_up(const Node& node, Interface& interface) {
  interface.hop.heard_changes = interface.hop.heard_withdrawals = node.costs.newest;
}

void log_change(Node& node, const DestinationHash& destination, CandidateSet& set) {
  CostWork& work = node.costs;
  work.changes.erase(set.change);
  set.change = ++work.newest;
  work.changes.emplace_hint(work.changes.end(), set.change, destination);
  work.news_due = std::min(work.news_due, node.latest);
}

void log_withdrawal(Node& node, const Hash16& announce, std::uint32_t sequence) {
  CostWork& work = node.costs;
  work.withdrawals.push_back({++work.newest, announce, sequence});
  if (work.withdrawals.size() > node.config.limits.withdrawals) {
    work.forgotten = work.withdrawals.front().number;
    work.withdrawals.pop_front();
  }
  work.news_due = std::min(work.news_due, node.latest);
}

void erase_candidates(Node& node, const DestinationHash& destination) {
  if (const CandidateSet* set = node.candidates.find(destination); set != nullptr) {
    node.costs.changes.erase(set->change);
  }
  node.candidates.erase(destination);
}

void tell_news(Node& node, Time now) {
  CostWork& work = node.costs;
  if (now < work.news_due) return;
  work.news_due = kNever;
  work.held_up = false;
  std::uint64_t changes = work.newest, withdrawals = work.newest;  // that all have heard
  for (const auto& [id, to] : node.interfaces) {
    if (!to->traits.hop_link) continue;
    if (to->hop.heard_withdrawals < work.forgotten && work.out_of_step.insert(id).second) {
      node.counters.add(Counter::kPathCostsLost);
    }
    const Time next = tell_one(node, *to, now);
    work.news_due = std::min(work.news_due, next);
    work.held_up = work.held_up || next == now + kTryAgain;
    changes = std::min(changes, to->hop.heard_changes);
    withdrawals = std::min(withdrawals, to->hop.heard_withdrawals);
  }
  work.changes.erase(work.changes.begin(), work.changes.upper_bound(changes));
  while (!work.withdrawals.empty() && work.withdrawals.front().number <= withdrawals)
    work.withdrawals.pop_front();
}

}  // namespace mehr::routing
