// What makes one way to a destination better than another: the policies a packet may ask for and
// the score of each candidate under one. Owns no table; integers only, so that every build decides
// alike. Called by choice.cc. Pure; any thread. Source: spec/02 §5, SC-20, SC-21.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace mehr::routing {

/// The three bits of the class byte; 6 and 7 are taken for kBalanced.
enum class PathPolicy : std::uint8_t {
  kBalanced = 0,
  kCheapest = 1,
  kFastest = 2,
  kMostReliable = 3,
  kLargestMtu = 4,
  kGreedy = 5,  ///< ring distance alone, the reference case
};
PathPolicy policy_of(std::uint8_t bits);
/// "balanced", "cheapest", "fastest", "most-reliable", "largest-mtu", "greedy".
std::string_view policy_name(PathPolicy policy);
std::optional<PathPolicy> policy_from_name(std::string_view name);

inline constexpr std::uint32_t kWholeTerm = 65'535;  ///< a term at the maximum of the set
inline constexpr std::uint32_t kWeightUnit = 30;     ///< weights are thirtieths

/// Thirtieths; with all of them on, lowest total wins.
struct ScoreWeights {
  std::uint32_t ring = 0, cost = 0, latency = 0, reliability = 0, mtu_bonus = 0;
};
/// The weights of spec/02 §5 without the ring term, which only breaks ties (SC-21); kGreedy is the
/// exception.
ScoreWeights weights_of(PathPolicy policy);

/// What is known of a candidate, decoded.
struct ScoreInput {
  std::uint64_t ring = 0;                   ///< distance of the next hop, any scale
  std::optional<std::uint64_t> cost;        ///< any scale; unknown counts as the dearest
  std::optional<std::uint64_t> latency_ms;  ///< unknown counts as the slowest
  std::uint8_t reliability = 0;             ///< 1..255; 0 = unknown, counts as the middle
  std::uint32_t mtu = 0;                    ///< bytes
};

/// Each term 0..kWholeTerm; the total in thirtieths of that, never negative.
struct Score {
  std::uint32_t ring = 0, cost = 0, latency = 0, reliability = 0, mtu_bonus = 0;
  std::uint32_t total = 0;
  [[nodiscard]] double value() const {
    return static_cast<double>(total) / kWholeTerm / kWeightUnit;
  }
};
/// One score per input, relative to the maxima of the set; 0/0 = 0.
/// @param required_mtu of the packet, bytes
std::vector<Score> score(std::span<const ScoreInput> inputs, const ScoreWeights& weights,
                         std::uint32_t required_mtu);

/// Whether a challenger beats who serves now by so much that changing is worth it: an eighth of the
/// score and a fiftieth of the scale.
bool clearly_better(const Score& challenger, const Score& incumbent);

/// uMHR per MiB in units of 1/65,536, from a cost code that is not kCostUnknown; saturates at 2^63.
std::uint64_t decoded_cost(std::uint16_t code);

}  // namespace mehr::routing
