// What a first relay can tell from hop bytes (SC-124), over the traffic of a few seeds.
#include "tools/mehr-sim/hop_mix.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "controlplane/log/log.h"
#include "tools/mehr-sim/seed.h"

namespace mehr::mehr_sim {
namespace {

constexpr std::uint64_t kSeeds = 8;

Bytes packet(std::uint8_t hops, std::uint8_t mark) {
  wire::Packet out;
  out.hops = hops;
  out.data = ByteView(&mark, 1);
  return wire::encode_packet(out);
}

TEST(HopMix, TheFirstArrivalComesFromTheOriginator) {
  const IdentityHash anna{{1}}, bert{{2}};
  const DestinationHash elsewhere{{9}};
  HopMix mix;
  mix.heard(0, elsewhere, anna, packet(3, 1));          // Anna's own
  mix.heard(1, elsewhere, bert, packet(4, 1));          // the same, handed on
  mix.heard(0, elsewhere, std::nullopt, packet(0, 2));  // somebody's over a plain interface
  mix.heard(1, elsewhere, anna, packet(1, 2));
  mix.heard(1, {}, anna, packet(1, 3));  // to whom it reached
  EXPECT_EQ(mix.pooled().native[3], 1U);
  EXPECT_EQ(mix.pooled().transit[4], 1U);
  EXPECT_EQ(mix.pooled().packets(), 2U);
  EXPECT_EQ(mix.everything().transit[1], 1U);
  EXPECT_EQ(mix.everything().packets(), 3U);
  EXPECT_EQ(mix.links().size(), 2U);
}

TEST(HopMix, GuessesAreAsGoodAsTheSharesAreApart) {
  HopBins same, apart;
  same.native[2] = 30;
  same.transit[2] = 70;
  EXPECT_DOUBLE_EQ(same.best(), same.chance());
  EXPECT_DOUBLE_EQ(same.chance(), 0.7);
  apart.native[0] = 30;
  apart.transit[1] = 70;
  EXPECT_DOUBLE_EQ(apart.best(), 1);
  EXPECT_DOUBLE_EQ(apart.guessed_after(apart), 1);
  EXPECT_DOUBLE_EQ(apart.guessed_after(same), 0.7);
}

HopBins bins_of(std::uint64_t from, std::uint64_t to) {
  HopBins out;
  for (std::uint64_t seed = from; seed <= to; ++seed)
    out.add(run_seed(seed).hop_bins);
  return out;
}

// Who learned from some networks guesses in others. In as few as these the shares of one hop byte
// are those of a few busy senders, which nobody else knows: `mehr-sim seeds` looks at the best
// guess of all over a hundred.
TEST(HopMix, AFirstRelayGuessesHardlyBetterThanChance) {
  log::start("sim", "critical");
  const HopBins learned = bins_of(1, kSeeds), bins = bins_of(kSeeds + 1, 2 * kSeeds);
  const double guessed = bins.guessed_after(learned);
  std::printf("%llu packets over hop links, %llu native: chance %.3f, guessed right %.3f\n",
              static_cast<unsigned long long>(bins.packets()),
              static_cast<unsigned long long>(bins.natives()), bins.chance(), guessed);
  EXPECT_GT(bins.packets(), 5'000U);
  EXPECT_GT(bins.natives(), bins.packets() / 5);
  EXPECT_GT(bins.packets() - bins.natives(), bins.packets() / 5);
  EXPECT_LE(guessed, bins.chance() + 0.05);
}

}  // namespace
}  // namespace mehr::mehr_sim
