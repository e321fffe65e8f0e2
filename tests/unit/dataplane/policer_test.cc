// Buckets against a model in fractions of tokens, at the rates of radios and of fibre.
#include "dataplane/tables/policer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.h"

namespace mehr::dataplane {
namespace {

constexpr std::uint64_t kHertz = 2'300'000'000;

/// Bytes and packets let through in `seconds` of packets of `size`.
std::pair<double, double> offer(const PolicerRate& rate, std::uint32_t size,
                                double packets_a_second, double seconds) {
  TokenBucket bucket;
  bucket.set(rate, kHertz, 1'000);
  double bytes = 0, packets = 0;
  const auto gap = static_cast<double>(kHertz) / packets_a_second;
  for (double at = 0; at < seconds * static_cast<double>(kHertz); at += gap) {
    if (!bucket.admit(size, 1'000 + static_cast<std::uint64_t>(at))) continue;
    bytes += size;
    ++packets;
  }
  return {bytes, packets};
}

TEST(Policer, HoldsTheByteRateFromRadioToFibre) {
  for (const std::uint64_t rate : {120ull, 31'250ull, 125'000'000ull, 12'500'000'000ull}) {
    const std::uint32_t size = 484;
    const double packets = 3 * static_cast<double>(rate) / size;
    const double seconds = 50'000 / packets;
    const auto [bytes, count] =
        offer({rate, PolicerRate::kUnlimited, 10 * size, 0}, size, packets, seconds);
    const double expected = static_cast<double>(rate) * seconds + 10 * size;
    EXPECT_NEAR(bytes / expected, 1, 0.002) << rate;
  }
}

TEST(Policer, HoldsThePacketRateWhicheverIsLower) {
  const auto [bytes, packets] = offer({1'000'000, 1'000, 100'000, 50}, 64, 5'000, 10);
  EXPECT_NEAR(packets, 10 * 1'000 + 50, 2);
  const auto [more, fewer] = offer({10'000, 1'000, 6'400, 50}, 64, 5'000, 10);
  EXPECT_NEAR(more, 10 * 10'000 + 6'400, 128);
}

TEST(Policer, ARefusedPacketTakesNothing) {
  TokenBucket bucket;
  bucket.set({1'000, 10, 1'000, 1}, kHertz, 0);
  EXPECT_FALSE(bucket.admit(1'001, 0)) << "more than the burst";
  EXPECT_TRUE(bucket.admit(1'000, 0));
  EXPECT_FALSE(bucket.admit(1, 0));
  // A second later there is the burst again and no more, an hour later too.
  EXPECT_TRUE(bucket.admit(1'000, kHertz));
  EXPECT_FALSE(bucket.admit(1, kHertz));
  EXPECT_TRUE(bucket.admit(1'000, 3'600 * kHertz));
  EXPECT_FALSE(bucket.admit(1, 3'600 * kHertz));
}

TEST(Policer, TimeThatStandsStillRunsBackOrJumps) {
  TokenBucket bucket;
  bucket.set({1'000, PolicerRate::kUnlimited, 500, 0}, kHertz, 10 * kHertz);
  EXPECT_TRUE(bucket.admit(500, 10 * kHertz));
  EXPECT_FALSE(bucket.admit(500, 9 * kHertz));
  EXPECT_FALSE(bucket.admit(500, 10 * kHertz));
  EXPECT_TRUE(bucket.admit(500, ~std::uint64_t{0}));
  EXPECT_FALSE(bucket.admit(1, ~std::uint64_t{0}));
}

TEST(Policer, UnlimitedAndNothing) {
  TokenBucket open;
  EXPECT_TRUE(open.admit(1u << 20, 0)) << "unlimited until set";
  open.set({}, kHertz, 0);
  for (int i = 0; i < 1'000; ++i)
    EXPECT_TRUE(open.admit(1u << 20, 0));
  TokenBucket shut;
  shut.set({0, 0, 200, 2}, kHertz, 0);
  EXPECT_TRUE(shut.admit(100, 0));
  EXPECT_TRUE(shut.admit(100, kHertz));
  EXPECT_FALSE(shut.admit(1, 1'000'000 * kHertz));
  TokenBucket slowest;
  slowest.set({1, PolicerRate::kUnlimited, 1'500, 0}, 10'000'000'000, 0);
  EXPECT_FALSE(slowest.admit(~std::uint32_t{0}, 0)) << "a cost beyond 64 bits";
  EXPECT_TRUE(slowest.admit(1'500, 0));
}

// Random packets at random times; the model keeps its tokens in long doubles.
TEST(Policer, AgreesWithAModel) {
  SeededRandom random(1);
  for (int round = 0; round < 50; ++round) {
    const std::uint64_t rate = 1'000 + random.below(100'000'000);
    const std::uint64_t burst = 2'000 + random.below(100'000);
    TokenBucket bucket;
    bucket.set({rate, PolicerRate::kUnlimited, burst, 0}, kHertz, 0);
    long double tokens = static_cast<long double>(burst);
    std::uint64_t now = 0;
    for (int step = 0; step < 2'000; ++step) {
      const std::uint64_t gap = random.below(2 * kHertz / rate * 500 + 1);
      now += gap;
      tokens = std::min<long double>(
          static_cast<long double>(burst),
          tokens + static_cast<long double>(gap) * static_cast<long double>(rate) / kHertz);
      const auto size = static_cast<std::uint32_t>(1 + random.below(1'500));
      const bool admitted = bucket.admit(size, now);
      // On the edge the roundings may differ.
      if (std::abs(tokens - size) > 20) {
        ASSERT_EQ(admitted, tokens >= size) << round << " " << step;
      }
      if (admitted) tokens -= size;
    }
  }
}

TEST(Policer, ABucketForEveryNeighbourAndClass) {
  Policers policers(10, 4);
  policers.of(3, 1).set({0, 0, 0, 0}, kHertz, 0);
  policers.prefetch(3, 1);
  EXPECT_FALSE(policers.of(3, 1).admit(1, 5));
  EXPECT_TRUE(policers.of(3, 2).admit(1, 5));
  EXPECT_TRUE(policers.of(9, 3).admit(1, 5));
}

}  // namespace
}  // namespace mehr::dataplane
