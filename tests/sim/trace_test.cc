// Nothing of this machine or process may reach a decision: a seed runs twice, the second time in a
// heap that was shuffled so that Abseil's tables iterate in another order.
#include <absl/container/flat_hash_set.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "controlplane/log/log.h"
#include "tools/mehr-sim/seed.h"

namespace mehr::mehr_sim {
namespace {

// Abseil salts a table with the address of its slots.
std::vector<std::unique_ptr<Bytes>> shuffle_heap() {
  std::vector<std::unique_ptr<Bytes>> kept;
  SeededRandom random(42);
  for (int i = 0; i < 20'000; ++i) {
    auto block = std::make_unique<Bytes>(16 + random.below(600));
    if (random.below(2) == 0) kept.push_back(std::move(block));
  }
  return kept;
}

TEST(Trace, IsTheSameInAnotherHeap) {
  log::start("sim", "critical");
  for (const std::uint64_t seed : {1U, 4U, 7U}) {
    const SeedResult first = run_seed(seed);
    const auto held = shuffle_heap();
    const SeedResult second = run_seed(seed);
    EXPECT_EQ(to_hex(first.trace), to_hex(second.trace)) << seed;
    EXPECT_EQ(first.events, second.events) << seed;
  }
}

TEST(Trace, DiffersBetweenSeeds) {
  EXPECT_NE(run_seed(1).trace, run_seed(2).trace);
}

}  // namespace
}  // namespace mehr::mehr_sim
