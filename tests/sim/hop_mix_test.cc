// What a first relay can tell from hop bytes (SC-124), over the traffic of a few seeds.
#include "tools/mehr-sim/hop_mix.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "controlplane/log/log.h"
#include "tools/mehr-sim/totals.h"

namespace mehr::mehr_sim {
namespace {

constexpr std::uint64_t kSeeds = 12;

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
}

TEST(HopMix, AFirstRelayGuessesHardlyBetterThanChance) {
  log::start("sim", "critical");
  Totals totals;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed)
    totals.add(run_seed(seed));
  const HopBins& bins = totals.hop_bins();
  std::printf("%llu packets over hop links, %llu native: chance %.3f, best guess %.3f\n",
              static_cast<unsigned long long>(bins.packets()),
              static_cast<unsigned long long>(bins.natives()), bins.chance(), bins.best());
  EXPECT_GT(bins.packets(), 2'000U);
  EXPECT_GT(bins.natives(), bins.packets() / 10);
  EXPECT_GT(bins.packets() - bins.natives(), bins.packets() / 10);
  EXPECT_LE(bins.best(), bins.chance() + 0.05);
}

}  // namespace
}  // namespace mehr::mehr_sim
