// A neighbour that lies inside its hop links, and what the honest ones owe each other meanwhile:
// four in a row, and a liar linked with two of them, so that its lies offer a shorter way to
// everybody. It relays honestly; what it says of paths, queues, sizes and keys is false. Messages
// among the four have to arrive while it lies, and without a loop.
#include <gtest/gtest.h>

#include <cstdio>

#include "controlplane/log/log.h"
#include "tools/mehr-sim/insider.h"

namespace mehr::mehr_sim {
namespace {

constexpr HostId kHonest = 4, kLiar = 4;

Plan row_with_a_liar(Carrier carrier) {
  Plan plan;
  for (HostId i = 0; i <= kLiar; ++i) {
    HostSettings& host = plan.hosts.emplace_back();
    host.name = "n" + std::to_string(i);
    host.config.announce_interval_s = 300;
    host.interface.announce_rate_target_s = 0;
  }
  for (const auto& [a, b] : {std::pair{1U, 0U}, {2U, 1U}, {3U, 2U}, {kLiar, 0U}, {kLiar, 3U}}) {
    LinkPlan& link = plan.links.emplace_back();
    link.a = a;
    link.b = b;
    link.carrier = carrier;
  }
  return plan;
}

class Lies : public testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override { log::start("sim", "critical"); }
};

TEST_P(Lies, HonestNodesReachEachOtherWhileANeighbourLies) {
  const auto deceit = static_cast<Deceit>(GetParam());
  for (const Carrier carrier : {Carrier::kHopUdp, Carrier::kHopTcp}) {
    World world(11, row_with_a_liar(carrier));
    Insiders insiders(world);
    world.boot();
    ASSERT_TRUE(world.run_until([&] { return world.converged(); }, 3min));
    insiders.begin(kLiar, deceit, 1h);
    for (int turn = 0; turn < 10; ++turn) {
      for (HostId from = 0; from < kHonest; ++from) {
        const HostId to = (from + 1 + static_cast<HostId>(turn) % (kHonest - 1)) % kHonest;
        ASSERT_TRUE(world.traffic().send(world.host(from), world.host(to),
                                         turn % 5 == 4 ? 2'000 : 60, true));
      }
      ASSERT_TRUE(world.run_for(90s)) << world.watch().broken()->detail;
    }
    ASSERT_TRUE(world.run_for(10min)) << world.watch().broken()->detail;
    ASSERT_TRUE(insiders.lies(kLiar));
    EXPECT_GT(insiders.told()[GetParam()], 0U);
    Duration slowest{};
    for (const Letter& letter : world.traffic().letters()) {
      EXPECT_TRUE(letter.delivered)
          << deceit_name(deceit) << ": " << letter.from << " to " << letter.to << ", written at "
          << to_seconds(letter.sent.time_since_epoch()) << " s: " << letter.reason;
      if (letter.delivered) slowest = std::max<Duration>(slowest, *letter.delivered - letter.sent);
    }
    std::printf("%s over %s: %llu false records, the slowest message took %.1f s\n",
                deceit_name(deceit).data(), carrier == Carrier::kHopUdp ? "UDP" : "TCP",
                static_cast<unsigned long long>(insiders.told()[GetParam()]), to_seconds(slowest));
  }
}

std::string name_of(const testing::TestParamInfo<std::size_t>& lie) {
  std::string name(deceit_name(static_cast<Deceit>(lie.param)));
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Sim, Lies, testing::Range<std::size_t>(0, kDeceits), name_of);

}  // namespace
}  // namespace mehr::mehr_sim
