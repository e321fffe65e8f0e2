// Seeded runs of the intruder: never a wrong link, and the right ones once he stops.
#include "intruder.h"

#include <gtest/gtest.h>

namespace mehr::link {
namespace {

TEST(Intruder, ThreeHundredSeedsNeverLinkWronglyAndHeal) {
  using border::Counter;
  constexpr Counter kThrough[] = {
      Counter::kHopLinked, Counter::kHopCookieSent,   Counter::kHopRekeyed,  Counter::kHopMoved,
      Counter::kHopReplay, Counter::kHopSimultaneous, Counter::kHopTimedOut, Counter::kHopForged};
  std::map<Counter, std::uint64_t> been;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SeededRandom random(seed);
    Bytes decisions(200);
    random.fill(decisions);
    Intruder intruder(seed);
    ASSERT_EQ(intruder.run(decisions), "") << "seed " << seed;
    for (const Counter counter : kThrough)
      been[counter] += intruder.counted(counter);
    ASSERT_EQ(intruder.heal(), "") << "seed " << seed;
  }
  EXPECT_GT(been[Counter::kHopLinked], 200U) << "an intruder who prevents everything tests nothing";
  for (const auto& [counter, times] : been)
    EXPECT_GT(times, 5U) << "never went through " << static_cast<unsigned>(counter);
}

}  // namespace
}  // namespace mehr::link
