// Why packets to a destination go where they go: every candidate with each term of its score, for
// `mehr path explain`. Plain data; filled by choice.cc. Source: spec/02 §5.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/routing/interface_traits.h"
#include "controlplane/routing/score.h"

namespace mehr::routing {

struct ExplainedCandidate {
  Hash16 next_hop;
  std::string interface_name;
  std::optional<IdentityHash> neighbour;  ///< over a hop link
  std::uint8_t hops = 0;  ///< without the originator's offset (SC-124) where the next hop told
  std::optional<double> cost_umhr_per_mib;  ///< what the next hop asks; nullopt = unknown
  std::optional<std::uint64_t> latency_ms;
  std::optional<double> bottleneck_bps;  ///< of the way there, our own interface included
  std::uint32_t mtu = 0;
  std::uint8_t reliability = 0;  ///< 0 unknown, 1..255
  Score score;                   ///< zero when not usable
  bool usable = false;
  bool winner = false;
  std::string remark;  ///< "unavailable", "behind", "suspect", "could loop", "", ...
};

struct PathExplanation {
  bool known = false;
  PathPolicy policy = PathPolicy::kBalanced;
  ScoreWeights weights;
  std::vector<ExplainedCandidate> candidates;  ///< the winner first, then by total
  std::string why;                             ///< one sentence
};

}  // namespace mehr::routing
