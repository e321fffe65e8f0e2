// Usability first, score second.
#include "controlplane/routing/standing.h"

#include <algorithm>
#include <tuple>

namespace mehr::routing {
namespace {

constexpr std::uint32_t kPlainMtu = static_cast<std::uint32_t>(wire::kMtu);

std::uint64_t leading(const Hash16& hash) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i)
    value = value << 8 | hash.bytes[i];
  return value;
}

/// Distance on the ring, to the leading 64 bits: enough to break ties.
std::uint64_t ring_distance(const Hash16& a, const Hash16& b) {
  const std::uint64_t one_way = leading(a) - leading(b);
  return std::min(one_way, ~one_way + 1);
}

/// Every step of this kind lowers (feasible distance, -id): no circle is made of them alone.
bool leads_on(const Node& node, const CandidateSet& set, const Candidate& candidate) {
  if (candidate.least != set.feasible) return candidate.least < set.feasible;
  return node.config.transport_id < candidate.next_hop;
}

}  // namespace

bool over_hop_link(const Node& node, const Candidate& candidate) {
  const Interface* interface = node.interfaces.find(candidate.interface);
  return interface != nullptr && interface->traits.hop_link;
}

bool same_way(const Candidate& candidate, const PathEntry& path) {
  return candidate.interface == path.interface && candidate.next_hop == path.next_hop;
}

unsigned standing(const Node& node, const CandidateSet& set, const Candidate& candidate,
                  bool incumbent, Time now) {
  if (node.interfaces.find(candidate.interface) == nullptr) return kUnusable;
  if (candidate.unavailable()) return kUnusable;
  unsigned level = 0;
  if (set.old(candidate)) {
    // It may have gone by our own word of the newer announce.
    if (!incumbent || set.feasible != kNothingTold) return kUnusable;
    if (set.behind(candidate, now)) level |= kBehind;
  } else if (!leads_on(node, set, candidate)) {
    // As near, and ours is the greater id: only while it says that it leans on nobody as near.
    // Plain Reticulum does not say.
    const bool alone = over_hop_link(node, candidate) && candidate.distance() == set.feasible;
    if (!alone) return kUnusable;
    level |= kAsNear;
  }
  if (candidate.suspect(now)) level |= kSuspect;
  return level;
}

std::uint32_t candidate_mtu(const Node& node, const Candidate& candidate) {
  const Interface* interface = node.interfaces.find(candidate.interface);
  std::uint32_t mtu = kPlainMtu;
  if (interface != nullptr && interface->traits.hardware_mtu) {
    mtu = *interface->traits.hardware_mtu;
  }
  if (candidate.cost && !candidate.unavailable() && candidate.cost->mtu_code != 255) {
    // A path cost tells the class only; a limit below it comes as PacketTooBig.
    mtu = std::min(mtu, std::max<std::uint32_t>(candidate.cost->mtu(), kPlainMtu));
  }
  if (const auto limit = candidate.mtu_limit.at(node.latest); limit > 0) mtu = std::min(mtu, limit);
  return mtu;
}

ScoreInput score_input(const Node& node, const DestinationHash& destination,
                       const Candidate& candidate) {
  ScoreInput input;
  input.ring = ring_distance(candidate.next_hop, destination);
  input.reliability = candidate.reliability;
  input.mtu = candidate_mtu(node, candidate);
  const Interface* interface = node.interfaces.find(candidate.interface);
  if (interface != nullptr && interface->traits.latency) {
    const auto ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(*interface->traits.latency);
    input.latency_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(ms.count(), 0));
  }
  if (candidate.cost) {
    if (candidate.cost->cost_known()) input.cost = decoded_cost(candidate.cost->cost_code);
    input.latency_ms =
        std::max<std::uint64_t>(input.latency_ms.value_or(0), candidate.cost->worst_latency_ms);
  }
  return input;
}

std::vector<Ranked> rank(const Node& node, const DestinationHash& destination,
                         const std::vector<const Candidate*>& those, const CandidateSet& set,
                         const Candidate* incumbent, PathPolicy policy, std::uint32_t size,
                         Time now) {
  std::vector<Ranked> ranked;
  std::vector<ScoreInput> inputs;
  for (const Candidate* each : those) {
    const unsigned level = standing(node, set, *each, each == incumbent, now);
    if (level == kUnusable) continue;
    ranked.push_back({each, level, {}});
    inputs.push_back(score_input(node, destination, *each));
  }
  const std::vector<Score> scores = score(inputs, weights_of(policy), size);
  for (std::size_t i = 0; i < ranked.size(); ++i)
    ranked[i].score = scores[i];
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    const bool a_unknown = !a.candidate->cost, b_unknown = !b.candidate->cost;
    return std::tie(a.standing, a.score.total, a_unknown, a.score.ring, a.candidate->next_hop,
                    a.candidate->interface) < std::tie(b.standing, b.score.total, b_unknown,
                                                       b.score.ring, b.candidate->next_hop,
                                                       b.candidate->interface);
  });
  return ranked;
}

const Candidate* favourite(const std::vector<Ranked>& ranked, const Candidate* incumbent) {
  const Ranked& best = ranked.front();
  for (const Ranked& each : ranked) {
    if (each.candidate != incumbent) continue;
    // Unknown counts as the dearest known, so with one known cost both score the same: the one that
    // says what it costs is to be had then.
    const bool told = best.candidate->cost && !incumbent->cost;
    const bool beaten = best.standing < each.standing || clearly_better(best.score, each.score) ||
                        (told && best.score.total <= each.score.total);
    return beaten ? best.candidate : incumbent;
  }
  return best.candidate;
}

}  // namespace mehr::routing
