// Scores: the worked example of spec/02 §5, the corners SC-20 closes, and the integer decoding.
#include "controlplane/routing/score.h"

#include <gtest/gtest.h>

#include <array>

#include "core/wire/path_cost.h"

namespace mehr::routing {
namespace {

std::array<ScoreInput, 3> example() {
  std::array<ScoreInput, 3> inputs;
  inputs[0] = {2, decoded_cost(45), 12, 0, 500};
  inputs[1] = {40, decoded_cost(59), 2'000, 0, 500};
  inputs[2] = {10, decoded_cost(91), 40, 0, 500};
  return inputs;
}

void expect_scores(const ScoreWeights& weights, std::array<double, 3> wanted) {
  const auto scores = score(example(), weights, 500);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    EXPECT_NEAR(scores[i].value(), wanted[i], 0.0006) << "candidate " << i;
}

TEST(Score, TheWorkedExample) {
  expect_scores({3, 24, 3, 0, 0}, {0.101, 0.388, 0.827});    // Cheapest
  expect_scores({3, 3, 24, 0, 0}, {0.022, 0.924, 0.141});    // Fastest
  expect_scores({10, 10, 10, 0, 0}, {0.058, 0.745, 0.423});  // Balanced, a third each
}

TEST(Score, ZeroOverZeroIsZero) {
  const std::array<ScoreInput, 2> same{ScoreInput{0, 0, 0, 255, 500}, {0, 0, 0, 255, 500}};
  for (const auto policy : {PathPolicy::kBalanced, PathPolicy::kCheapest, PathPolicy::kFastest,
                            PathPolicy::kMostReliable, PathPolicy::kGreedy}) {
    for (const Score& each : score(same, weights_of(policy), 500))
      EXPECT_EQ(each.total, 0u) << policy_name(policy);
  }
  EXPECT_EQ(score(same, weights_of(PathPolicy::kLargestMtu), 500)[0].mtu_bonus, 0u);
  EXPECT_TRUE(score({}, weights_of(PathPolicy::kBalanced), 500).empty());
}

TEST(Score, WhatIsUnknownIsNoAdvantage) {
  const std::array<ScoreInput, 2> inputs{ScoreInput{0, 10, 5, 128, 500},
                                         {0, std::nullopt, std::nullopt, 0, 500}};
  const auto scores = score(inputs, weights_of(PathPolicy::kBalanced), 500);
  EXPECT_EQ(scores[1].cost, kWholeTerm);
  EXPECT_EQ(scores[1].latency, kWholeTerm);
  EXPECT_EQ(scores[1].reliability, scores[0].reliability) << "the middle";
}

TEST(Score, PoliciesWantDifferentThings) {
  const std::array<ScoreInput, 4> inputs{ScoreInput{9, 10, 900, 100, 500},
                                         {8, 900, 10, 100, 500},
                                         {7, 900, 900, 250, 500},
                                         {1, 900, 900, 100, 4'096}};
  const auto best = [&](PathPolicy policy) {
    const auto scores = score(inputs, weights_of(policy), 500);
    std::size_t at = 0;
    for (std::size_t i = 1; i < scores.size(); ++i) {
      if (scores[i].total < scores[at].total) at = i;
    }
    return at;
  };
  EXPECT_EQ(best(PathPolicy::kCheapest), 0u);
  EXPECT_EQ(best(PathPolicy::kFastest), 1u);
  EXPECT_EQ(best(PathPolicy::kMostReliable), 2u);
  EXPECT_EQ(best(PathPolicy::kGreedy), 3u);
  EXPECT_EQ(policy_of(6), PathPolicy::kBalanced);
  EXPECT_EQ(policy_from_name("largest-mtu"), PathPolicy::kLargestMtu);
  EXPECT_EQ(policy_from_name("best"), std::nullopt);
}

TEST(Score, ChangesMustBeWorthIt) {
  Score better, incumbent;
  incumbent.total = 1'000'000;
  better.total = 880'000;
  EXPECT_FALSE(clearly_better(better, incumbent));
  better.total = 870'000;
  EXPECT_TRUE(clearly_better(better, incumbent));
  incumbent.total = 1'000;
  better.total = 0;
  EXPECT_FALSE(clearly_better(better, incumbent)) << "both are next to nothing";
}

TEST(Score, CostsDecodeAsTheCodecSays) {
  for (unsigned code = 0; code < 700; ++code) {
    const double exact = wire::cost_of_code(static_cast<std::uint16_t>(code)) * 65'536;
    EXPECT_NEAR(static_cast<double>(decoded_cost(static_cast<std::uint16_t>(code))), exact,
                2 + exact * 1e-8)
        << code;
  }
  EXPECT_EQ(decoded_cost(0), 0u);
  EXPECT_GE(decoded_cost(65'534), decoded_cost(735));
}

}  // namespace
}  // namespace mehr::routing
