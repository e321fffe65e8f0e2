// Terms, totals, hysteresis. Everything is a ratio in 16 bits.
#include "controlplane/routing/score.h"

#include <algorithm>
#include <array>

namespace mehr::routing {
namespace {

constexpr std::array<std::string_view, 6> kPolicyNames{"balanced",      "cheapest",    "fastest",
                                                       "most-reliable", "largest-mtu", "greedy"};
constexpr std::uint8_t kMiddleReliability = 128;

/// 2^(i/16) in 32 fraction bits.
constexpr std::array<std::uint64_t, 16> kSixteenths{
    4294967296, 4485121744, 4683695048, 4891059943, 5107605667, 5333738689, 5569883475, 5816483285,
    6074001000, 6342919999, 6623745059, 6917003306, 7223245206, 7543045592, 7877004752, 8225749546};

/// `part` of `whole` as a term; big numbers give up low bits that do not matter.
std::uint32_t share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return 0;
  while (whole >= std::uint64_t{1} << 47) {
    whole >>= 1;
    part >>= 1;
  }
  return static_cast<std::uint32_t>(std::min(part, whole) * kWholeTerm / whole);
}

std::uint32_t reliability_term(std::uint8_t reliability) {
  const std::uint8_t known = reliability == 0 ? kMiddleReliability : reliability;
  return share(255U - known, 255);
}

}  // namespace

PathPolicy policy_of(std::uint8_t bits) {
  return bits <= 5 ? static_cast<PathPolicy>(bits) : PathPolicy::kBalanced;
}

std::string_view policy_name(PathPolicy policy) {
  return kPolicyNames[static_cast<std::size_t>(policy) % kPolicyNames.size()];
}

std::optional<PathPolicy> policy_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kPolicyNames.size(); ++i) {
    if (kPolicyNames[i] == name) return static_cast<PathPolicy>(i);
  }
  return std::nullopt;
}

ScoreWeights weights_of(PathPolicy policy) {
  switch (policy) {
    case PathPolicy::kBalanced:
      return {0, 10, 10, 10, 0};
    case PathPolicy::kCheapest:
      return {0, 24, 3, 0, 0};
    case PathPolicy::kFastest:
      return {0, 3, 24, 0, 0};
    case PathPolicy::kMostReliable:
      return {0, 3, 3, 21, 0};
    case PathPolicy::kLargestMtu:
      return {0, 3, 3, 0, 3};
    case PathPolicy::kGreedy:
      break;
  }
  return {30, 0, 0, 0, 0};
}

std::vector<Score> score(std::span<const ScoreInput> inputs, const ScoreWeights& weights,
                         std::uint32_t required_mtu) {
  std::uint64_t ring = 0, cost = 0, latency = 0;
  std::uint32_t mtu = 0;
  bool cost_known = false, latency_known = false;
  for (const ScoreInput& input : inputs) {
    ring = std::max(ring, input.ring);
    cost = std::max(cost, input.cost.value_or(0));
    latency = std::max(latency, input.latency_ms.value_or(0));
    mtu = std::max(mtu, input.mtu);
    cost_known |= input.cost.has_value();
    latency_known |= input.latency_ms.has_value();
  }
  std::vector<Score> scores;
  scores.reserve(inputs.size());
  for (const ScoreInput& input : inputs) {
    Score each;
    each.ring = share(input.ring, ring);
    // Where nobody knows a value it tells nothing; where somebody does, silence is no advantage.
    each.cost = input.cost ? share(*input.cost, cost) : cost_known ? kWholeTerm : 0;
    each.latency = input.latency_ms ? share(*input.latency_ms, latency)
                   : latency_known  ? kWholeTerm
                                    : 0;
    each.reliability = reliability_term(input.reliability);
    if (mtu > required_mtu && input.mtu > required_mtu) {
      each.mtu_bonus = share(input.mtu - required_mtu, mtu - required_mtu);
    }
    const std::uint32_t sum = weights.ring * each.ring + weights.cost * each.cost +
                              weights.latency * each.latency +
                              weights.reliability * each.reliability;
    // Shifted up by the greatest bonus, so that the total stays a plain number.
    each.total = sum + weights.mtu_bonus * (kWholeTerm - each.mtu_bonus);
    scores.push_back(each);
  }
  return scores;
}

bool clearly_better(const Score& challenger, const Score& incumbent) {
  const std::uint32_t margin = std::max(incumbent.total / 8, kWholeTerm * kWeightUnit / 50);
  return challenger.total + margin < incumbent.total;
}

std::uint64_t decoded_cost(std::uint16_t code) {
  constexpr std::uint64_t kOne = 65'536;
  const unsigned octave = code / 16;
  const std::uint64_t fraction = kSixteenths[code % 16];
  if (octave >= 46) return std::uint64_t{1} << 63;
  const std::uint64_t power = octave <= 16 ? fraction >> (16 - octave) : fraction << (octave - 16);
  return power - kOne;
}

}  // namespace mehr::routing
