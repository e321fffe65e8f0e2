// A bug planted on purpose: a store that acknowledges messages before they are durable. The
// simulator has to find it within 500 seeds, else its silence about everything else says nothing.
#include <gtest/gtest.h>

#include <cstdio>

#include "controlplane/log/log.h"
#include "tools/mehr-sim/seed.h"

namespace mehr::mehr_sim {
namespace {

constexpr std::uint64_t kSeeds = 500;

TEST(Canary, AcknowledgedBeforeDurableIsCaught) {
  log::start("sim", "critical");
  SeedOptions options;
  options.acknowledge_early = true;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const SeedResult result = run_seed(seed, options);
    if (!result.breach) continue;
    EXPECT_EQ(result.breach->invariant, "released only if durable");
    std::printf("canary caught by seed %llu of %llu\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(kSeeds));
    return;
  }
  FAIL() << "the planted bug was not found in " << kSeeds << " seeds";
}

}  // namespace
}  // namespace mehr::mehr_sim
