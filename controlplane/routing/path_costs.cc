// Telling and learning costs.
#include "controlplane/routing/path_costs.h"

#include <algorithm>

#include "controlplane/routing/choice.h"
#include "controlplane/routing/hop_offset.h"
#include "controlplane/routing/path_news.h"
#include "controlplane/routing/stretch.h"

namespace mehr::routing {
namespace {

constexpr Duration kTellInterval = 10s;  // SC-18
constexpr Duration kEarlyLife = 10min;   // longer than ingress control holds an announce back
constexpr std::size_t kSweepPerTick = 512;
constexpr Duration kNextSlice = 1ms;
constexpr Duration kInstant{1};  // every wait ends strictly after its time
constexpr double kUnlimitedBps = 1e18;
constexpr std::uint32_t kPlainMtu = static_cast<std::uint32_t>(wire::kMtu);

/// An eighth up or down (SC-18).
bool moved(std::uint64_t before, std::uint64_t after) {
  const std::uint64_t difference = before > after ? before - after : after - before;
  return difference > 0 && difference >= before / 8;
}

bool worth_telling(const ToldCost& told, const wire::PathCost& now, InterfaceId toward) {
  const wire::PathCost& before = told.cost;
  if (told.toward != toward || before.cost_known() != now.cost_known()) return true;
  if (now.cost_known() && moved(decoded_cost(before.cost_code), decoded_cost(now.cost_code))) {
    return true;
  }
  const int latency = now.worst_latency_ms - before.worst_latency_ms;
  const bool latency_moved = moved(before.worst_latency_ms, now.worst_latency_ms);
  if (latency_moved && (latency > 4 || latency < -4)) return true;
  // One code of bandwidth is 9 %, two are 19 %.
  const int bottleneck = now.bottleneck_code - before.bottleneck_code;
  return before.mtu_code != now.mtu_code || bottleneck > 1 || bottleneck < -1 ||
         before.hops != now.hops;
}

void tell_all(Node& node, const DestinationHash& destination, Time now) {
  CandidateSet* set = node.candidates.find(destination);
  const PathEntry* path = node.paths.find(destination);
  // What no announce went before is not told: we may not have settled on a way yet.
  if (set == nullptr || path == nullptr || set->told_announce != set->announce) return;
  const wire::PathCost cost = own_cost(node, *path);
  if (!worth_telling(set->told, cost, path->interface)) return;
  if (set->told.at && now < *set->told.at + kTellInterval) {
    if (!set->tell_waits) node.costs.later.add(*set->told.at + kTellInterval, destination);
    set->tell_waits = true;
    return;
  }
  if (node.interfaces.find(path->interface) == nullptr) return;
  set->told = {set->told.sequence + 1, now, cost, path->interface};
  set->told_distance(cost.hops);
  log_change(node, destination, *set);
}

/// Our count of hops when the neighbour's distance changes. The two may be on different scales,
/// with the originator's offset and without: it is never nearer to us than one hop behind the
/// neighbour, else he would look like the destination itself.
std::uint8_t shifted(std::uint8_t hops, std::uint8_t before, std::uint8_t after) {
  const int least = std::min<int>(after + 1, wire::kMaxHops - 1);
  return static_cast<std::uint8_t>(
      std::clamp<int>(hops + after - before, least, wire::kMaxHops - 1));
}

/// The announce with the distance we have now, which binds us from here on.
ByteView told_as_ours(Node& node, const DestinationHash& destination, CandidateSet& set,
                      ByteView raw, Bytes& own) {
  settle(node, destination, node.latest);
  const PathEntry* path = node.paths.find(destination);
  if (path != nullptr && raw[1] != path->hops && path->hops < wire::kMaxHops) {
    own = to_bytes(raw);
    own[1] = path->hops;
    raw = own;
  }
  set.told_distance(raw[1]);
  return raw;
}

}  // namespace

wire::PathCost own_cost(const Node& node, const PathEntry& path) {
  const Interface* to = node.interfaces.find(path.interface);
  wire::PathCost from;
  from.cost_code = wire::kCostUnknown;
  from.hops = path.hops > 0 ? static_cast<std::uint8_t>(path.hops - 1) : std::uint8_t{0};
  wire::HopCost hop;
  hop.own_umhr_per_mib = static_cast<double>(node.config.price_umhr_per_mib);
  hop.bottleneck_bps = kUnlimitedBps;
  hop.mtu = kPlainMtu;
  if (to != nullptr) {
    hop.own_umhr_per_mib *= to->hop.factor;
    if (to->traits.bitrate_bps > 0)
      hop.bottleneck_bps = static_cast<double>(to->traits.bitrate_bps);
    hop.mtu = to->traits.hardware_mtu.value_or(kPlainMtu);
    if (to->traits.latency) {
      const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(*to->traits.latency);
      hop.latency_ms = static_cast<std::uint16_t>(std::clamp<std::int64_t>(ms.count(), 0, 65'535));
    }
  }
  if (const CandidateSet* set = node.candidates.find(path.destination); set != nullptr) {
    for (const Candidate& each : set->all) {
      if (each.interface != path.interface || each.next_hop != path.next_hop) continue;
      if (each.cost) from = *each.cost;
      if (const auto limit = each.mtu_limit.at(node.latest); limit > 0)
        hop.mtu = std::min(hop.mtu, limit);
    }
  }
  return wire::accumulate(from, hop);
}

bool transmit_announce(Node& node, const Interface& to, const DestinationHash& destination,
                       ByteView payload, ByteView raw) {
  if (!announce_may_cross(to.traits, payload)) return false;
  // It waited until its path was lost: who got it now would be told of that by nobody.
  const bool lost = node.paths.find(destination) == nullptr && !node.is_local(destination);
  if (to.traits.hop_link && lost) return false;
  CandidateSet* set = node.candidates.find(destination);
  Hash16 key;
  if (set != nullptr || to.traits.hop_link) key = announce_key(destination, payload);
  Bytes own;
  if (set != nullptr && key == set->announce && !node.is_local(destination)) {
    raw = told_as_ours(node, destination, *set, raw, own);
    if (!to.traits.hop_link) set->told_plainly(raw[1], node.latest);
  }
  if (to.traits.hop_link) {
    const PathEntry* path = node.paths.find(destination);
    if (node.is_local(destination)) {
      send_cost(node, to, key, 0, wire::PathCost{});
    } else if (path != nullptr) {
      const wire::PathCost cost = own_cost(node, *path);
      std::uint32_t sequence = 1;
      if (set != nullptr) {
        sequence = ++set->told.sequence;
        if (key == set->announce) set->told_distance(cost.hops);
        if (set->told_announce != set->announce) {
          set->told_announce = set->announce;
          set->told.cost = cost;
          set->told.toward = path->interface;
        } else {
          node.costs.dirty.insert(destination);  // the others may have older news
        }
      }
      const bool told = send_cost(node, to, key, sequence, cost_for(node, to, *path, cost));
      if (!told && set != nullptr && set->change <= to.hop.heard_changes) {
        log_change(node, destination, *set);
      }
    }
  }
  if (const PathEntry* path = node.paths.find(destination); path != nullptr) {
    if (const Interface* from = node.interfaces.find(path->interface); from != nullptr)
      raw = with_program_offset(node, *from, to.id, destination, raw);
  }
  node.transmit(to.id, raw, kUrgent);
  return true;
}

bool transmit_announce(Node& node, const Interface& to, ByteView raw) {
  const auto packet = wire::decode_packet(raw);
  return packet && transmit_announce(node, to, packet->destination, packet->data, raw);
}

void receive_path_cost(Node& node, Interface& from, ByteView body, Time now) {
  const auto record = wire::decode_path_cost_record(body);
  if (!record) return node.counters.add(Counter::kControlMalformed);
  const DestinationHash* destination = node.candidates.destination_of(record->announce);
  CandidateSet* set = destination == nullptr ? nullptr : node.candidates.find(*destination);
  Candidate* candidate = set == nullptr ? nullptr : set->over(from.id);
  if (candidate == nullptr) {
    node.candidates.keep_early(from.id, record->announce,
                               {record->cost, record->relay_sequence, now + kEarlyLife});
    return;
  }
  const auto newer = static_cast<std::int32_t>(record->relay_sequence - candidate->sequence);
  // Who has not passed on the newest announce told its cost of an earlier one, by other numbers.
  if (candidate->cost && newer <= 0 && !set->old(*candidate)) {
    return node.counters.add(Counter::kPathCostStale);
  }
  node.counters.add(Counter::kPathCostLearned);
  const PathEntry* path = node.paths.find(*destination);
  if (candidate->cost && !candidate->unavailable() && !is_unavailable(record->cost)) {
    // The neighbour's own way became longer or shorter, and so did ours.
    const std::uint8_t hops = shifted(candidate->hops, candidate->cost->hops, record->cost.hops);
    const bool wins = path != nullptr && path->interface == candidate->interface &&
                      path->next_hop == candidate->next_hop;
    if (wins && hops != candidate->hops) node.paths.set_hops(*destination, hops);
    candidate->hops = hops;
  }
  // Another way behind the neighbour has another limit.
  if (candidate->cost && candidate->cost->hops != record->cost.hops) candidate->mtu_limit = {};
  candidate->cost = record->cost;
  set->costs_told = true;
  candidate->sequence = record->relay_sequence;
  // Whoever tells its cost has heard the announce; whoever lost its way starts anew.
  if (set->old(*candidate) || candidate->unavailable()) candidate->least = kNothingTold;
  candidate->emitted = set->emitted;
  if (!candidate->unavailable())
    candidate->least = std::min(candidate->least, candidate->distance());
  const DestinationHash concerned = *destination;
  reconsider(node, concerned, now);
  cost_changed(node, concerned);
}

void cost_changed(Node& node, const DestinationHash& destination) {
  node.flow_changes.note(destination);
  if (node.candidates.find(destination) != nullptr) node.costs.dirty.insert(destination);
}

void costs_changed(Node& node) {
  node.costs.sweeping = node.candidates.size() > 0;
  node.costs.cursor.reset();
}

void withdraw_cost(Node& node, const DestinationHash& destination) {
  CandidateSet* set = node.candidates.find(destination);
  if (set == nullptr) return;
  if (set->told_announce != Hash16{}) {
    const std::uint32_t sequence = set->told.sequence + 1;
    node.costs.withdrawn = std::max(node.costs.withdrawn, sequence);
    // Who hears of it late may lean on us until then, like a plain neighbour, who never hears of
    // it.
    if (node.costs.held_up) set->told_plainly(set->feasible, node.latest);
    log_withdrawal(node, set->announce, sequence);
  }
  node.costs.dirty.erase(destination);
  erase_candidates(node, destination);
}

void tell_costs(Node& node, Time now) {
  CostWork& work = node.costs;
  work.later.run(now, [&](const DestinationHash& destination) -> std::optional<Time> {
    if (CandidateSet* set = node.candidates.find(destination); set != nullptr) {
      set->tell_waits = set->grace_waits = false;
      reconsider(node, destination, now);
      cost_changed(node, destination);
    }
    return std::nullopt;
  });
  if (work.sweeping && work.dirty.size() < kSweepPerTick) {
    const auto some = node.candidates.after(work.cursor, kSweepPerTick);
    work.dirty.insert(some.begin(), some.end());
    work.sweeping = some.size() == kSweepPerTick;
    if (!some.empty()) work.cursor = some.back();
  }
  for (std::size_t n = 0; n < kSweepPerTick && !work.dirty.empty(); ++n) {
    const DestinationHash destination = *work.dirty.begin();
    work.dirty.erase(work.dirty.begin());
    tell_all(node, destination, now);
  }
  tell_news(node, now);
}

Time costs_due(const Node& node) {
  Time due = node.costs.idle() ? kNever : node.latest + kNextSlice;
  due = std::min(due, node.costs.news_due);
  if (const Time later = node.costs.later.next(); later != kNever) {
    due = std::min(due, later + kInstant);
  }
  return due;
}

}  // namespace mehr::routing
