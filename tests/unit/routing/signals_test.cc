// What neighbours tell each other of limits and queues, and what they may hand on: PacketTooBig,
// congestion, classes, budgets, untrusted neighbours.
#include <gtest/gtest.h>

#include "controlplane/routing/candidates.h"
#include "core/wire/hop_signals.h"
#include "core/wire/path_cost.h"
#include "tests/unit/routing/world.h"

namespace mehr::routing {
namespace {

using border::Counter;
using test::in_transport;
using test::kEpoch;
using test::Originator;
using test::World;
using wire::HopClass;
using wire::HopControl;
using wire::HopPriority;

const Hash16 kOwn{{0x42}};
const Hash16 kUp{{0xA1}}, kDown{{0xB1}}, kOther{{0xC1}};

InterfaceTraits hop(const Hash16& neighbour, std::uint32_t mtu = 4'096) {
  InterfaceTraits traits;
  traits.hop_link = true;
  traits.neighbour = neighbour;
  traits.hardware_mtu = mtu;
  traits.bitrate_bps = 1'000'000;
  traits.ingress_control = false;
  return traits;
}

/// Packets come from "up" and leave over "down"; "other" is the second way.
class Signals : public testing::Test {
 protected:
  explicit Signals(std::uint32_t mtu = 4'096) : world(true, {}, kOwn) {
    world.up("up", hop(kUp));
    world.up("down", hop(kDown, mtu));
    world.up("other", hop(kOther));
    InterfaceTraits stranger;
    stranger.trusted = false;
    world.up("stranger", stranger);
    world.up("friend", {});
    world.advance(0);
    announce_ = owner.announce(kEpoch);
    passes_on("down", kDown, 10);
  }
  void passes_on(const std::string& name, const Hash16& who, double cost) {
    const Hash16 key = announce_key(owner.destination(), wire::decode_packet(announce_)->data);
    const wire::PathCost path{wire::code_of_cost(cost), 10, 200, 1, 48};
    world.receive_control(name, HopControl::kPathCost,
                          wire::encode_path_cost_record({key, ++sequence_, path}));
    world.receive(name, Originator::carried(announce_, 1, who));
  }
  Bytes data(std::size_t size) {
    return in_transport(kOwn, owner.destination(), wire::PacketType::kData,
                        Bytes(size - wire::kHeaderMax, next_++), 1);
  }
  void send(const std::string& from, std::size_t size, HopClass traffic = {}) {
    world.receive(from, data(size), traffic);
  }
  /// Sends one packet and returns where it left, or "".
  std::string way_of(HopClass traffic) {
    const auto before = world.sent.size();
    send("up", 100, traffic);
    return world.sent.size() == before ? "" : world.sent.back().interface;
  }
  void congested(const std::string& name, wire::CongestionSeverity severity) {
    world.receive_control(
        name, HopControl::kCongestion,
        wire::encode_congestion({severity, wire::CongestionScope::kThisLink, 2'000}));
  }

  World world;
  Originator owner{1};
  std::uint8_t next_ = 1;
  std::uint32_t sequence_ = 0;

 private:
  Bytes announce_;
};

class SmallNextHop : public Signals {
 protected:
  SmallNextHop() : Signals(300) {}
};

TEST_F(SmallNextHop, OversizedPacketsAreReportedUpstreamOnceASecond) {
  send("up", 301);
  send("up", 400);
  EXPECT_EQ(world.count(Counter::kDataTooBig), 2u);
  auto told = world.told("up", HopControl::kPacketTooBig);
  ASSERT_EQ(told.size(), 1u);
  const auto message = wire::decode_packet_too_big(told[0]);
  EXPECT_EQ(message->destination, owner.destination());
  EXPECT_EQ(message->limit, 300);
  world.advance(1.5);
  send("up", 400);
  EXPECT_EQ(world.told("up", HopControl::kPacketTooBig).size(), 2u);
  send("friend", 400);
  EXPECT_TRUE(world.told("friend", HopControl::kPacketTooBig).empty()) << "would not understand";
  send("up", 300);
  EXPECT_EQ(world.count(Counter::kDataRelayed), 1u);
}

TEST_F(SmallNextHop, AnotherWayThatHoldsThePacketIsTaken) {
  passes_on("other", kOther, 90'000);
  send("up", 100);
  EXPECT_EQ(world.sent.back().interface, "down");
  send("up", 400);
  EXPECT_EQ(world.sent.back().interface, "other");
}

TEST_F(Signals, LimitsOfTheNextHopWalkBack) {
  const auto limit = [&](std::uint16_t bytes) {
    world.receive_control("down", HopControl::kPacketTooBig,
                          wire::encode_packet_too_big({owner.destination(), bytes}));
  };
  limit(214);
  EXPECT_EQ(world.count(Counter::kControlTooBigLow), 1u);
  limit(9'000);
  EXPECT_EQ(world.count(Counter::kControlIgnored), 1u);
  send("up", 400);
  EXPECT_EQ(world.count(Counter::kDataRelayed), 1u);
  limit(300);
  EXPECT_EQ(world.count(Counter::kControlTooBigLearned), 1u);
  EXPECT_EQ(world.router->packet_limit(owner.destination()), 300u);
  send("up", 400);
  EXPECT_EQ(wire::decode_packet_too_big(world.told("up", HopControl::kPacketTooBig).at(0))->limit,
            300);
  world.receive_control("up", HopControl::kPacketTooBig,
                        wire::encode_packet_too_big({owner.destination(), 250}));
  EXPECT_EQ(world.router->packet_limit(owner.destination()), 300u) << "up is not a next hop";
}

TEST_F(Signals, ALimitIsBelievedForTenMinutes) {
  const auto limit = [&](std::uint16_t bytes) {
    world.receive_control("down", HopControl::kPacketTooBig,
                          wire::encode_packet_too_big({owner.destination(), bytes}));
  };
  limit(300);
  world.advance(300);
  limit(300);
  world.advance(899);
  EXPECT_EQ(world.router->packet_limit(owner.destination()), 300u) << "said again in between";
  send("up", 400);
  EXPECT_EQ(world.count(Counter::kDataTooBig), 1u);
  world.advance(901);
  EXPECT_EQ(world.router->packet_limit(owner.destination()), 4'096u);
  EXPECT_EQ(world.count(Counter::kControlTooBigEnded), 1u);
  send("up", 400);
  EXPECT_EQ(world.sent.back().interface, "down") << "the way is tried again";
  limit(300);
  EXPECT_EQ(world.router->packet_limit(owner.destination()), 300u) << "and told anew";
}

TEST_F(Signals, ALimitEndsWhenTheWayBehindTheNextHopIsAnother) {
  world.receive_control("down", HopControl::kPacketTooBig,
                        wire::encode_packet_too_big({owner.destination(), 300}));
  ASSERT_EQ(world.router->packet_limit(owner.destination()), 300u);
  const Bytes newer = owner.announce(kEpoch + 60);
  world.receive("down", Originator::carried(newer, 1, kDown));
  EXPECT_EQ(world.router->packet_limit(owner.destination()), 300u) << "the same way";
  world.receive("down", Originator::carried(owner.announce(kEpoch + 120), 2, kDown));
  EXPECT_EQ(world.router->packet_limit(owner.destination()), 4'096u);
}

TEST_F(Signals, LimitsOfLinksEndToo) {
  const Bytes request =
      in_transport(kOwn, owner.destination(), wire::PacketType::kLinkRequest, Bytes(64, 7), 1);
  world.receive("up", request);
  const LinkId link = crypto::link_id(request);
  world.router->watch_flows();
  world.router->take_changed_flows(1'000);
  world.router->add_local_link(kOther);
  for (const Hash16& key : {Hash16(link), Hash16(kOther)}) {
    world.receive_control("down", HopControl::kPacketTooBig,
                          wire::encode_packet_too_big({key, 300}));
  }
  EXPECT_EQ(world.router->packet_limit(kOther), 300u);
  EXPECT_EQ(world.count(Counter::kControlTooBigLearned), 2u);
  world.advance(601);
  EXPECT_EQ(world.router->packet_limit(kOther), std::nullopt);
  const auto changed = world.router->take_changed_flows(1'000);
  EXPECT_NE(std::find(changed.begin(), changed.end(), kOther), changed.end());
}

TEST_F(Signals, FullQueuesAreToldToThoseWhoFillThem) {
  send("up", 100);
  const InterfaceId down = world.ids.at("down");
  world.router->queue_changed(down, 0.5, 1s, world.time());
  EXPECT_TRUE(world.told("up", HopControl::kCongestion).empty());
  world.router->queue_changed(down, 0.625, 1s, world.time());
  world.router->queue_changed(down, 0.875, 3s, world.time());
  world.router->queue_changed(down, 1, 3s, world.time());
  const auto told = world.told("up", HopControl::kCongestion);
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(wire::decode_congestion(told[0])->severity, wire::CongestionSeverity::kModerate);
  EXPECT_EQ(wire::decode_congestion(told[1])->severity, wire::CongestionSeverity::kSevere);
  EXPECT_EQ(wire::decode_congestion(told[2])->severity, wire::CongestionSeverity::kSaturated);
  EXPECT_EQ(wire::decode_congestion(told[2])->drain_ms, 3'000);
  EXPECT_TRUE(world.told("other", HopControl::kCongestion).empty()) << "sends nothing there";
  send("up", 100);
  EXPECT_EQ(world.told("up", HopControl::kCongestion).size(), 3u) << "within a second";
  world.advance(1.25);
  send("up", 100);
  EXPECT_EQ(world.told("up", HopControl::kCongestion).size(), 4u) << "still full";
  world.router->queue_changed(down, 0, 0s, world.time());
  world.advance(3);
  send("up", 100);
  EXPECT_EQ(world.told("up", HopControl::kCongestion).size(), 4u);
}

TEST_F(Signals, CongestionIsObeyedWhileItHolds) {
  passes_on("other", kOther, 90'000);
  ASSERT_EQ(way_of({HopPriority::kP2}), "down");
  congested("down", wire::CongestionSeverity::kSevere);
  EXPECT_EQ(way_of({HopPriority::kP1}), "down");
  EXPECT_EQ(way_of({HopPriority::kP2}), "other");
  EXPECT_EQ(way_of({HopPriority::kP3}), "other");
  congested("other", wire::CongestionSeverity::kSevere);
  EXPECT_EQ(way_of({HopPriority::kP2}), "down") << "everywhere the same: the best one";
  congested("down", wire::CongestionSeverity::kSaturated);
  congested("other", wire::CongestionSeverity::kSaturated);
  EXPECT_EQ(way_of({HopPriority::kP2}), "");
  EXPECT_EQ(world.count(Counter::kDataCongested), 1u);
  EXPECT_EQ(way_of({HopPriority::kP0}), "down");
  int through = 0;
  for (int i = 0; i < 30; ++i)
    through += way_of({HopPriority::kP1}).empty() ? 0 : 1;
  EXPECT_GT(through, 0);
  EXPECT_LT(through, 15) << "throttled";
  world.advance(2.5);
  EXPECT_EQ(way_of({HopPriority::kP2}), "down") << "the signal ran out";
}

TEST_F(Signals, EndlessCongestionWithoutAQueueIsDoubted) {
  for (int second = 0; second < 33; ++second) {
    congested("down", wire::CongestionSeverity::kSaturated);
    world.advance(world.now() + 1);
  }
  EXPECT_GT(world.count(Counter::kControlCongestionDoubted), 0u);
  EXPECT_EQ(way_of({HopPriority::kP2}), "down");
}

TEST_F(Signals, ClassesAreKeptWithinABudget) {
  EXPECT_EQ(way_of({HopPriority::kP0}), "down");
  EXPECT_EQ(world.sent.back().traffic.priority, HopPriority::kP0);
  EXPECT_EQ(way_of({HopPriority::kP3, 1}), "down");
  EXPECT_EQ(world.sent.back().traffic, (HopClass{HopPriority::kP3, 1}));
  int kept = 0;
  for (int i = 0; i < 200; ++i) {
    send("up", 450, {HopPriority::kP0});
    kept += world.sent.back().traffic.priority == HopPriority::kP0 ? 1 : 0;
  }
  // A quarter of 1 Mbit/s for two seconds: 62,500 bytes.
  EXPECT_NEAR(kept, 138, 3);
  EXPECT_EQ(world.count(Counter::kDataDemoted), static_cast<std::uint64_t>(200 - kept));
  EXPECT_EQ(world.sent.back().traffic.priority, HopPriority::kP2);
  send("friend", 100);
  EXPECT_EQ(world.sent.back().traffic.priority, HopPriority::kP2);
}

TEST_F(Signals, UntrustedNeighboursTravelLastAndForFree) {
  send("stranger", 100);
  EXPECT_EQ(world.count(Counter::kDataUntrustedPaid), 1u);
  send("friend", 100);
  EXPECT_EQ(world.count(Counter::kDataRelayed), 1u);
  passes_on("other", kOther, 0);
  send("stranger", 100);
  EXPECT_EQ(world.sent.back().interface, "other");
  EXPECT_EQ(world.sent.back().traffic.priority, HopPriority::kP3);
  for (int i = 0; i < 100; ++i)
    send("stranger", 450);
  EXPECT_GT(world.count(Counter::kDataUntrustedQuota), 20u);
  EXPECT_LT(world.count(Counter::kDataUntrustedQuota), 40u);
}

TEST_F(Signals, NonsenseEndsInCounters) {
  world.receive_control("up", HopControl::kPathCost, Bytes(26));
  world.receive_control("up", HopControl::kPacketTooBig, Bytes(17));
  world.receive_control("up", HopControl::kCongestion, Bytes{0xC0, 0, 0});
  EXPECT_EQ(world.count(Counter::kControlMalformed), 3u);
  world.receive_control("friend", HopControl::kCongestion, Bytes{0x80, 0, 0});
  world.receive_control("up", HopControl::kProbe, Bytes(4));
  EXPECT_EQ(world.count(Counter::kControlUnexpected), 2u);
}

}  // namespace
}  // namespace mehr::routing
