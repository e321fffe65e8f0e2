// The filter against the router's own, over many generations, and with several workers.
#include "dataplane/tables/seen_filter.h"

#include <gtest/gtest.h>

#include <thread>
#include <tuple>
#include <vector>

#include "controlplane/routing/dedup.h"
#include "core/base/random.h"

namespace mehr::dataplane {
namespace {

std::uint64_t digest_of(std::uint64_t number) {
  return SeededRandom(number).next();
}

Hash32 hash_of(std::uint64_t number) {
  Hash32 hash;
  std::memcpy(hash.bytes.data(), &number, sizeof number);
  return hash;
}

class AgainstTheRouter : public testing::TestWithParam<std::tuple<std::size_t, bool>> {};

// Draws from the packets of the last three generations, so that all three verdicts come up: seen
// in the current one, in the previous one, and forgotten.
TEST_P(AgainstTheRouter, GivesTheSameVerdicts) {
  const auto [per_generation, by_words] = GetParam();
  SeenFilter filter(per_generation, by_words ? SeenKernel::by_words() : SeenKernel::best());
  SeenFilter::Claim claim;
  routing::PacketHashes router(per_generation);
  SeededRandom random(per_generation);
  std::uint64_t newest = 4 * per_generation, seen = 0, forgotten = 0;
  const std::uint64_t steps = std::max<std::uint64_t>(20'000, 60 * per_generation);
  for (std::uint64_t step = 0; step < steps; ++step) {
    const bool fresh = random.below(2) == 0;
    const std::uint64_t number = fresh ? ++newest : newest - random.below(4 * per_generation);
    const bool known = router.seen(hash_of(number));
    ASSERT_EQ(filter.seen(digest_of(number)), known) << step;
    seen += known ? 1 : 0;
    forgotten += !known && !fresh ? 1 : 0;
    if (random.below(8) == 0) continue;
    router.remember(hash_of(number));
    ASSERT_EQ(filter.remember(digest_of(number), claim), !known) << step;
  }
  EXPECT_GT(seen, steps / 20);
  EXPECT_GT(forgotten, steps / 50);
}

INSTANTIATE_TEST_SUITE_P(Sizes, AgainstTheRouter,
                         testing::Combine(testing::Values(1, 2, 7, 63, 64, 65, 1'000, 5'000),
                                          testing::Bool()));

TEST(SeenFilter, AsksManyAtOnce) {
  SeenFilter filter(1'000);
  SeenFilter::Claim claim;
  for (std::uint64_t i = 0; i < 500; ++i)
    EXPECT_TRUE(filter.remember(digest_of(i), claim));
  std::vector<std::uint64_t> digests;
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < SeenFilter::kBurst; ++i) {
    const std::uint64_t number = i * 17;
    digests.push_back(digest_of(number));
    expected |= static_cast<std::uint64_t>(number < 500) << i;
  }
  EXPECT_EQ(filter.seen(digests), expected);
  EXPECT_EQ(filter.seen(std::span<const std::uint64_t>{}), 0u);
}

TEST(SeenFilter, TakesOnlyTheFirstOfEqualPacketsInABurst) {
  SeenFilter filter(100);
  SeenFilter::Claim claim;
  const std::vector<std::uint64_t> burst(3, digest_of(1));
  EXPECT_EQ(filter.seen(burst), 0u);
  EXPECT_TRUE(filter.remember(burst[0], claim));
  EXPECT_FALSE(filter.remember(burst[1], claim));
}

// All at home in one line: they spill into its neighbours, and are forgotten with the others.
TEST(SeenFilter, KeepsMoreThanALineHolds) {
  SeenFilter filter(1'000);
  SeenFilter::Claim claim;
  constexpr std::uint64_t kHome = 0xFFFF'FFFF'0000'0000;  // the last line: goes on at the first
  for (std::uint64_t i = 1; i <= 40; ++i)
    EXPECT_TRUE(filter.remember(kHome | i, claim));
  for (std::uint64_t i = 1; i <= 40; ++i)
    EXPECT_TRUE(filter.seen(kHome | i));
  EXPECT_FALSE(filter.seen(kHome | 41));
  for (std::uint64_t i = 0; i < 1'960; ++i)
    filter.remember(digest_of(i), claim);
  EXPECT_TRUE(filter.seen(kHome | 7));
  filter.remember(digest_of(5'000), claim);
  for (std::uint64_t i = 1; i <= 40; ++i)
    EXPECT_FALSE(filter.seen(kHome | i));
}

// A number of a generation comes back after fifteen; by then nothing of the first may be left.
TEST(SeenFilter, ForgetsForGood) {
  SeenFilter filter(200);
  SeenFilter::Claim claim;
  for (std::uint64_t i = 0; i < 200 * 40; ++i) {
    EXPECT_TRUE(filter.remember(digest_of(i), claim));
    if (i < 600) continue;
    EXPECT_FALSE(filter.seen(digest_of(i - 400 - i % 200)));
  }
}

// Each worker remembers its own digests and those of all: what the workers share is new to one of
// them, what is a worker's own stays known to it. One generation ends meanwhile, none is forgotten.
TEST(SeenFilter, SeveralWorkersLoseNothing) {
  constexpr std::uint64_t kEach = 60'000, kWorkers = 3;
  SeenFilter filter(100'000);
  std::atomic<std::uint64_t> shared_new = 0, lost = 0;
  std::vector<std::thread> workers;
  for (std::uint64_t worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] {
      SeenFilter::Claim claim;
      for (std::uint64_t i = 0; i < kEach; ++i) {
        const std::uint64_t own = digest_of(1'000'000 * (worker + 1) + i);
        if (!filter.remember(own, claim)) ++lost;
        if (!filter.seen(own)) ++lost;
        if (i < 5'000 && filter.remember(digest_of(i), claim)) ++shared_new;
      }
    });
  }
  for (std::thread& each : workers)
    each.join();
  for (std::uint64_t worker = 0; worker < kWorkers; ++worker) {
    for (std::uint64_t i = 0; i < kEach; ++i)
      lost += filter.seen(digest_of(1'000'000 * (worker + 1) + i)) ? 0u : 1u;
  }
  EXPECT_EQ(lost.load(), 0u);
  EXPECT_GE(shared_new.load(), 5'000u);
}

}  // namespace
}  // namespace mehr::dataplane
