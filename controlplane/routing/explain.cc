// The words behind a choice.
#include "controlplane/routing/explain.h"

#include <algorithm>

#include "controlplane/routing/choice.h"
#include "controlplane/routing/standing.h"

namespace mehr::routing {
namespace {

std::string remark_of(const Node& node, const CandidateSet& set, const Candidate& candidate,
                      unsigned level, Time now) {
  const Interface* interface = node.interfaces.find(candidate.interface);
  if (interface == nullptr) return "its interface is down";
  if (candidate.unavailable()) return "goes through us, or has no way of its own";
  if (level == kUnusable && set.old(candidate)) return "has not passed on the newest announce";
  if (level == kUnusable) return "not nearer than we are: could loop";
  if (level & kSuspect) return "a link request over it went unproved lately";
  if (level & kBehind) return "has not passed on the newest announce";
  if (level & kAsNear) return "as far away as we are: only when nobody nearer is left";
  if (interface->hop.severity(now)) return "congested, it says";
  if (candidate.mtu_limit.at(now) > 0) return "told us of a smaller packet limit";
  if (!candidate.cost && interface->traits.hop_link) return "told no cost yet";
  if (set.all.size() > 1 && !interface->traits.hop_link) return "plain Reticulum: cost unknown";
  return {};
}

std::optional<double> bottleneck_of(const Candidate& candidate, const Interface* interface) {
  std::optional<double> out;
  if (interface != nullptr && interface->traits.bitrate_bps > 0) {
    out = static_cast<double>(interface->traits.bitrate_bps);
  }
  if (!candidate.cost || candidate.unavailable()) return out;
  const double told = candidate.cost->bottleneck_bps();
  return out ? std::min(*out, told) : told;
}

ExplainedCandidate describe(const Node& node, const DestinationHash& destination,
                            const CandidateSet& set, const Candidate& candidate, unsigned level,
                            Time now) {
  ExplainedCandidate row;
  row.next_hop = candidate.next_hop;
  row.hops = static_cast<std::uint8_t>(std::min(candidate.distance() + 1, 255U));
  row.reliability = candidate.reliability;
  row.usable = level != kUnusable;
  const Interface* interface = node.interfaces.find(candidate.interface);
  row.bottleneck_bps = bottleneck_of(candidate, interface);
  if (interface != nullptr) {
    row.interface_name = interface->traits.name;
    if (interface->traits.hop_link) row.neighbour = interface->traits.neighbour;
  }
  if (candidate.cost) row.cost_umhr_per_mib = candidate.cost->cost_umhr_per_mib();
  row.latency_ms = score_input(node, destination, candidate).latency_ms;
  row.mtu = candidate_mtu(node, candidate);
  row.remark = remark_of(node, set, candidate, level, now);
  return row;
}

std::string reason(const PathExplanation& out, bool any_hop_link) {
  if (out.candidates.size() == 1) return "It is the only way known.";
  if (!any_hop_link) {
    return "Only plain Reticulum neighbours know a way: the newest announce decided, as in "
           "Reticulum.";
  }
  const auto winner = std::find_if(out.candidates.begin(), out.candidates.end(),
                                   [](const ExplainedCandidate& each) { return each.winner; });
  if (winner == out.candidates.end()) return "The path leads over a neighbour that is not listed.";
  const auto better = std::find_if(
      out.candidates.begin(), out.candidates.end(), [&](const ExplainedCandidate& each) {
        return each.usable && !each.winner && each.score.total < winner->score.total;
      });
  if (better == out.candidates.end()) return "It has the lowest score.";
  if (!better->remark.empty()) return "Those with a lower score are held back: see their remarks.";
  return "Another has a lower score, but not by the eighth that a change has to be worth.";
}

}  // namespace

PathExplanation explain_path(const Node& node, const DestinationHash& destination,
                             PathPolicy policy, Time now) {
  PathExplanation out;
  out.policy = policy;
  out.weights = weights_of(policy);
  const PathEntry* path = node.paths.find(destination);
  out.known = path != nullptr;
  if (path == nullptr) {
    out.why = "No path to this destination is known.";
    return out;
  }
  const CandidateSet* kept = node.candidates.find(destination);
  CandidateSet set = kept == nullptr ? CandidateSet{} : *kept;
  if (set.find(path->interface, path->next_hop) == nullptr) {
    Candidate& only = set.all.emplace_back();
    only.next_hop = path->next_hop;
    only.interface = path->interface;
    only.hops = path->hops;
  }
  std::vector<const Candidate*> all;
  bool any_hop_link = false;
  for (const Candidate& each : set.all) {
    all.push_back(&each);
    any_hop_link |= over_hop_link(node, each);
  }
  const Candidate* winner = set.find(path->interface, path->next_hop);
  const auto ranked = rank(node, destination, all, set, winner, policy,
                           static_cast<std::uint32_t>(wire::kMtu), now);
  if (any_hop_link && !ranked.empty()) winner = favourite(ranked, winner);
  for (const Candidate* each : all) {
    const auto at = std::find_if(ranked.begin(), ranked.end(),
                                 [each](const Ranked& one) { return one.candidate == each; });
    const unsigned level = at == ranked.end() ? kUnusable : at->standing;
    out.candidates.push_back(describe(node, destination, set, *each, level, now));
    out.candidates.back().winner = each == winner;
    if (at != ranked.end()) out.candidates.back().score = at->score;
  }
  std::stable_sort(out.candidates.begin(), out.candidates.end(),
                   [](const ExplainedCandidate& a, const ExplainedCandidate& b) {
                     return std::tuple(!a.winner, !a.usable, a.score.total) <
                            std::tuple(!b.winner, !b.usable, b.score.total);
                   });
  out.why = reason(out, any_hop_link);
  return out;
}

}  // namespace mehr::routing
