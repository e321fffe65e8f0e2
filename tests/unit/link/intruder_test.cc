// Seeded runs of the intruder: never a wrong link, and the right ones once he stops.
#include "intruder.h"

#include <gtest/gtest.h>

namespace mehr::link {
namespace {

TEST(Intruder, ThreeHundredSeedsNeverLinkWronglyAndHeal) {
  std::uint64_t linked = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SeededRandom random(seed);
    Bytes decisions(200);
    random.fill(decisions);
    Intruder intruder(seed);
    ASSERT_EQ(intruder.run(decisions), "") << "seed " << seed;
    linked += intruder.links_made();
    ASSERT_EQ(intruder.heal(), "") << "seed " << seed;
  }
  EXPECT_GT(linked, 300U) << "an intruder who prevents everything tests nothing";
}

}  // namespace
}  // namespace mehr::link
