// How a candidate stands: whether it may be used at all, and the score that orders those that may.
// Shared by choice.cc (decides) and explain.cc (tells). Owns nothing.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// Lower is better; candidates are compared by score within one standing only.
inline constexpr unsigned kUnusable = 255;
enum : unsigned { kAsNear = 1, kBehind = 2, kSuspect = 4 };

/// @param incumbent serves now: may go on while we have told nobody of a newer announce
unsigned standing(const Node& node, const CandidateSet& set, const Candidate& candidate,
                  bool incumbent, Time now);
ScoreInput score_input(const Node& node, const DestinationHash& destination,
                       const Candidate& candidate);
/// Largest packet this next hop takes, bytes.
std::uint32_t candidate_mtu(const Node& node, const Candidate& candidate);
bool over_hop_link(const Node& node, const Candidate& candidate);
bool same_way(const Candidate& candidate, const PathEntry& path);

struct Ranked {
  const Candidate* candidate = nullptr;
  unsigned standing = kUnusable;
  Score score;
};
/// Those that may be used, scored among each other, best first.
/// @param incumbent serves now, nullptr when nobody does
std::vector<Ranked> rank(const Node& node, const DestinationHash& destination,
                         const std::vector<const Candidate*>& those, const CandidateSet& set,
                         const Candidate* incumbent, PathPolicy policy, std::uint32_t size,
                         Time now);

/// The best, or the incumbent while nobody is clearly better. @param ranked not empty
const Candidate* favourite(const std::vector<Ranked>& ranked, const Candidate* incumbent);

}  // namespace mehr::routing
