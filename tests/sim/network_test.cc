// Networks with a figure to reach: how fast ten nodes know each other, how fast traffic finds
// another way, and what a valley does without its uplink for a day.
#include <gtest/gtest.h>

#include <cstdio>

#include "controlplane/log/log.h"
#include "tools/mehr-sim/faults.h"

namespace mehr::mehr_sim {
namespace {

constexpr Duration kRound = 60s;  // of gossip

HostSettings node(HostId id, std::uint32_t announce_interval_s) {
  HostSettings out;
  out.name = "n" + std::to_string(id);
  out.config.announce_interval_s = announce_interval_s;
  out.interface.announce_rate_target_s = 0;
  out.interface.recursive_path_requests = true;
  return out;
}

Plan nodes(HostId count, std::uint32_t announce_interval_s = 600) {
  Plan plan;
  for (HostId i = 0; i < count; ++i)
    plan.hosts.push_back(node(i, announce_interval_s));
  return plan;
}

LinkPlan line(HostId a, HostId b, Carrier carrier = Carrier::kTcp) {
  LinkPlan out;
  out.a = a;
  out.b = b;
  out.carrier = carrier;
  return out;
}

class Networks : public testing::Test {
 protected:
  void SetUp() override { log::start("sim", "critical"); }
};

/// The same network over plain Reticulum and over hop links.
constexpr std::pair<Carrier, const char*> kCarriers[] = {
    {Carrier::kTcp, "plain TCP"}, {Carrier::kHopTcp, "hop TCP"}, {Carrier::kHopUdp, "hop UDP"}};

TEST_F(Networks, TenNodesConvergeWithinThreeRounds) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const auto& [carrier, name] = kCarriers[seed - 1];
    Plan plan = nodes(10);
    for (HostId i = 1; i < 10; ++i)
      plan.links.push_back(line(i, i - 1, carrier));
    plan.links.push_back(line(7, 2, carrier));
    World world(seed, plan);
    world.boot();
    const auto took = world.run_until([&] { return world.converged(); }, 3 * kRound);
    ASSERT_TRUE(took) << seed;
    std::printf("%s: ten nodes know each other after %.0f s\n", name, to_seconds(*took));
  }
}

// A diamond: 0 - 1 - 3 and 0 - 2 - 3; what 0 tells 3 goes through one of the two in the middle.
class Diamond : public Networks {
 protected:
  std::optional<Duration> kill_next_hop(Carrier carrier, Ending ending, Duration limit) {
    Plan plan = nodes(4, 120);
    for (const auto& [a, b] : {std::pair{1U, 0U}, {2U, 0U}, {3U, 1U}, {3U, 2U}})
      plan.links.push_back(line(a, b, carrier));
    World world(5, plan);
    world.boot();
    EXPECT_TRUE(world.run_until([&] { return world.converged(); }, 3 * kRound));
    EXPECT_TRUE(world.run_for(10s));
    const auto* path = world.host(0).node().router().path(world.host(3).address());
    HostId middle = 0;
    for (const HostId each : {1U, 2U}) {
      if (Hash16(world.host(each).identity_hash()) == path->next_hop) middle = each;
    }
    EXPECT_NE(middle, 0U);
    world.end_host(middle, ending);
    const Time died = world.now();
    while (world.now() - died < limit + 300s) {
      EXPECT_TRUE(world.traffic().send(world.host(0), world.host(3), 40));
      EXPECT_TRUE(world.run_for(500ms));
      for (const Letter& letter : world.traffic().letters()) {
        if (letter.received) return *letter.received - died;
      }
    }
    return std::nullopt;
  }
};

TEST_F(Diamond, TrafficMovesWhenTheLinkSaysItIsDown) {
  for (const Carrier carrier : {Carrier::kTcp, Carrier::kHopTcp}) {
    const auto took = kill_next_hop(carrier, Ending::kKilled, 3s);
    ASSERT_TRUE(took);
    std::printf("with a link-down hint traffic moved after %.2f s\n", to_seconds(*took));
    EXPECT_LT(*took, 3s);
  }
}

TEST_F(Diamond, TrafficMovesWithoutAHint) {
  for (const Carrier carrier : {Carrier::kUdp, Carrier::kHopUdp}) {
    const auto took = kill_next_hop(carrier, Ending::kPowerLost, 180s);
    ASSERT_TRUE(took);
    std::printf("without a hint traffic moved after %.1f s\n", to_seconds(*took));
    EXPECT_LT(*took, 180s);
  }
}

TEST_F(Networks, ADayWithoutUplinkLeavesTheValleyToItself) {
  constexpr HostId kHill = 0, kVillage = 4, kTown = 5;  // 0..3 in the valley, 4 and 5 outside
  Plan plan = nodes(6);
  for (const HostId i : {1U, 2U, 3U})
    plan.links.push_back(line(i, kHill, Carrier::kHopUdp));
  plan.links.push_back(line(kHill, kVillage, Carrier::kHopTcp));
  plan.links.push_back(line(kTown, kVillage));
  World world(9, plan);
  world.boot();
  ASSERT_TRUE(world.run_until([&] { return world.converged(); }, 12min));
  Faults faults(world);
  faults.cut(3, 24h);
  for (Duration at = 20min; at < 24h; at += 10min) {
    const auto from = static_cast<HostId>(at / 10min % 4);
    world.at(Time{at}, EventKind::kTraffic, [&world, from] {
      world.traffic().send(world.host(from), world.host((from + 1) % 4), 60);
    });
  }
  ASSERT_TRUE(world.run_for(24h));
  const TrafficTotals local = world.traffic().totals();
  EXPECT_GT(local.sent, 135U);
  EXPECT_EQ(local.delivered, local.sent);
  ASSERT_TRUE(world.run_for(1h));  // the cut is over: nobody does anything about it
  world.traffic().send(world.host(1), world.host(kTown), 60);
  world.traffic().send(world.host(kTown), world.host(2), 60);
  ASSERT_TRUE(world.run_for(10min));
  const TrafficTotals all = world.traffic().totals();
  EXPECT_EQ(all.delivered, local.sent + 2);
  std::printf("24 h cut: %llu of %llu local messages delivered, 2 of 2 across afterwards\n",
              static_cast<unsigned long long>(local.delivered),
              static_cast<unsigned long long>(local.sent));
}

TEST_F(Networks, NeighboursOnAirReachTheInternet) {
  Plan plan = nodes(4, 300);
  plan.links.push_back(line(1, 0));
  RadioPlan air;
  air.hosts = {1, 2, 3};
  plan.radios.push_back(air);
  World world(2, plan);
  world.boot();
  // Announces collide on the air; what was lost comes again with the next one.
  ASSERT_TRUE(world.run_until([&] { return world.converged(); }, 12min));
  world.traffic().send(world.host(0), world.host(2), 60);
  world.traffic().send(world.host(3), world.host(0), 60);
  ASSERT_TRUE(world.run_for(2min));
  EXPECT_EQ(world.traffic().totals().delivered, 2U);
}

}  // namespace
}  // namespace mehr::mehr_sim
