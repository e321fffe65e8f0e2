// Tries whether a small simulated network works at all: people write and everything arrives.
#include <gtest/gtest.h>

#include "tools/mehr-sim/seed.h"

namespace mehr::mehr_sim {
namespace {

TEST(Sim, EightNodesExchangeMessages) {
  Plan plan;
  for (int i = 0; i < 8; ++i) {
    HostSettings host;
    host.name = "n" + std::to_string(i);
    host.config.announce_interval_s = 300;
    plan.hosts.push_back(host);
  }
  for (HostId i = 1; i < 8; ++i)
    plan.links.push_back({i, i / 2, i % 2 ? Carrier::kTcp : Carrier::kUdp, {}, false});
  World world(1, plan);
  world.boot();
  ASSERT_TRUE(world.run_for(400s))
      << world.watch().broken()->invariant << world.watch().broken()->detail;
  EXPECT_TRUE(world.converged());
  for (HostId i = 0; i < 8; ++i)
    EXPECT_TRUE(world.traffic().send(world.host(i), world.host((i + 3) % 8), 60));
  ASSERT_TRUE(world.run_for(1h));
  const auto totals = world.traffic().totals();
  EXPECT_EQ(totals.delivered, 8U);
}

TEST(Sim, SameSeedSameTrace) {
  for (const std::uint64_t seed : {1U, 4U, 5U}) {
    const SeedResult first = run_seed(seed);
    const SeedResult second = run_seed(seed);
    EXPECT_EQ(first.trace, second.trace) << seed;
    EXPECT_EQ(first.events, second.events) << seed;
  }
}

}  // namespace
}  // namespace mehr::mehr_sim
