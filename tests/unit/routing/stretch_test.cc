// Hop links that ride in Reticulum links: what is neither learned nor told over them, so that none
// rides in itself.
#include "controlplane/routing/stretch.h"

#include <gtest/gtest.h>

#include "controlplane/routing/candidates.h"
#include "core/wire/path_cost.h"
#include "tests/unit/routing/world.h"

namespace mehr::routing {
namespace {

using border::Counter;
using test::kEpoch;
using test::Originator;
using test::World;
using wire::HopControl;

const Hash16 kOwn{{0x42}};
const Hash16 kAnna{{0xA1}}, kBert{{0xB1}};

/// "plain" carries the stretch to Anna; "other" is plain as well; Bert has an ordinary hop link.
class StretchTest : public testing::Test {
 protected:
  StretchTest() : world(true, {}, kOwn) {
    const InterfaceId below = world.up("plain", plain());
    world.up("other", plain());
    InterfaceTraits stretch = hop(kAnna);
    stretch.rides_on = below;
    world.up("stretch", stretch);
    world.up("hop", hop(kBert));
    world.advance(0);
  }
  static InterfaceTraits plain() {
    InterfaceTraits traits;
    traits.ingress_control = false;
    return traits;
  }
  static InterfaceTraits hop(const Hash16& neighbour) {
    InterfaceTraits traits = plain();
    traits.hop_link = true;
    traits.neighbour = neighbour;
    traits.hardware_mtu = 4'096;
    return traits;
  }
  std::size_t sent(const std::string& name) const { return world.sent_on(name).size(); }
  /// The last cost told on a hop link.
  std::optional<wire::PathCost> told(const std::string& name) const {
    const auto all = world.told(name, HopControl::kPathCost);
    if (all.empty()) return std::nullopt;
    return wire::decode_path_cost_record(all.back()).value().cost;
  }

  World world;
  Originator node{1, kHopDestination}, friendly{2};
};

TEST_F(StretchTest, HopDestinationsAreNotLearnedOverAStretch) {
  world.receive("stretch", Originator::carried(node.announce(kEpoch), 1, kAnna));
  EXPECT_EQ(world.count(Counter::kAnnounceOverStretch), 1U);
  EXPECT_EQ(world.router->path(node.destination()), nullptr);
  world.receive("hop", Originator::carried(node.announce(kEpoch), 1, kBert));
  ASSERT_NE(world.router->path(node.destination()), nullptr)
      << "an ordinary hop link may carry one";
  EXPECT_EQ(world.router->path(node.destination())->interface, world.ids.at("hop"));
}

TEST_F(StretchTest, HopDestinationsAreNotToldOverAStretch) {
  world.receive("other", Originator::carried(node.announce(kEpoch), 3, Hash16{{0x0F}}));
  world.advance(5);
  EXPECT_EQ(sent("stretch"), 0U);
  EXPECT_EQ(sent("hop"), 1U);
  EXPECT_EQ(sent("plain"), 1U);
  EXPECT_EQ(world.count(Counter::kAnnounceRelayed), 3U) << "counted where it left: back out, too";
  // Nor when asked, nor our own.
  const Bytes own = Originator(3, kHopDestination).announce(kEpoch);
  world.router->announce(own, std::nullopt, world.time());
  world.router->announce(own, world.ids.at("stretch"), world.time());
  EXPECT_EQ(sent("stretch"), 0U);
  EXPECT_EQ(sent("other"), 2U);
}

TEST_F(StretchTest, OthersAreToldEverywhereButBelow) {
  world.receive("stretch", Originator::carried(friendly.announce(kEpoch), 1, kAnna));
  world.advance(5);
  ASSERT_NE(world.router->path(friendly.destination()), nullptr);
  EXPECT_EQ(sent("plain"), 0U) << "the plain nodes there heard it themselves";
  EXPECT_EQ(sent("other"), 1U);
  EXPECT_EQ(sent("hop"), 1U);
  ASSERT_TRUE(told("hop"));
}

TEST_F(StretchTest, WhatComesFromBelowIsToldOverTheStretch) {
  world.receive("plain", Originator::carried(friendly.announce(kEpoch), 1, Hash16{{0x0F}}));
  world.advance(5);
  EXPECT_EQ(sent("stretch"), 1U);
}

TEST_F(StretchTest, TheNeighbourBelowIsToldNoCost) {
  // Bert's hop link carries another stretch, to Cara: he must not come back to us for what is
  // there.
  InterfaceTraits second = hop(Hash16{{0xC1}});
  second.rides_on = world.ids.at("hop");
  world.up("second", second);
  world.receive("hop", Originator::carried(friendly.announce(kEpoch), 4, kBert));
  world.advance(5);
  const std::size_t before = sent("hop");  // relayed back out, as Reticulum does
  const Bytes next = friendly.announce(kEpoch + 60);
  const Hash16 key = announce_key(friendly.destination(), wire::decode_packet(next)->data);
  world.receive_control("second", HopControl::kPathCost,
                        wire::encode_path_cost_record({key, 1, wire::PathCost{}}));
  world.receive("second", Originator::carried(next, 1, Hash16{{0xC1}}));
  world.advance(60);
  ASSERT_EQ(world.router->path(friendly.destination())->interface, world.ids.at("second"));
  EXPECT_EQ(sent("hop"), before);
  for (const Bytes& body : world.told("hop", HopControl::kPathCost)) {
    EXPECT_FALSE(wire::decode_path_cost_record(body).value().cost.cost_known());
  }
  ASSERT_TRUE(told("stretch"));
  EXPECT_TRUE(told("stretch")->cost_known()) << "others hear what it costs";
}

TEST(Stretch, NamesItsDestination) {
  Originator node(1, kHopDestination);
  EXPECT_EQ(hop_destination(node.identity().hash()), node.destination());
  InterfaceTraits stretch;
  stretch.rides_on = InterfaceId{1};
  EXPECT_TRUE(announce_may_cross(stretch, Bytes(73)))
      << "too short: counted as malformed elsewhere";
}

}  // namespace
}  // namespace mehr::routing
