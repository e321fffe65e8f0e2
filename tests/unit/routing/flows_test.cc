// What the router tells a forwarding plane, and when it says that something changed.
#include <gtest/gtest.h>

#include <algorithm>

#include "controlplane/routing/candidates.h"
#include "core/wire/hop_signals.h"
#include "core/wire/path_cost.h"
#include "tests/unit/routing/world.h"

namespace mehr::routing {
namespace {

using test::in_transport;
using test::kEpoch;
using test::Originator;
using test::World;

const Hash16 kOwn{{0x42}}, kAnna{{0xA1}}, kBert{{0xB1}};

InterfaceTraits hop(const Hash16& neighbour) {
  InterfaceTraits traits;
  traits.hop_link = true;
  traits.neighbour = neighbour;
  traits.bitrate_bps = 1'000'000'000;
  traits.hardware_mtu = 1'200;
  traits.ingress_control = false;
  return traits;
}

class Flows : public testing::Test {
 protected:
  Flows() : world(true, {}, kOwn) {
    world.up("A", hop(kAnna));
    world.up("B", hop(kBert));
    world.advance(0);
    world.router->watch_flows();
    world.router->take_changed_flows(100);
  }
  void announced(const std::string& name, const Hash16& who, std::uint8_t hops) {
    const Bytes raw = owner.announce(kEpoch + ++emission_);
    const Hash16 key = announce_key(owner.destination(), wire::decode_packet(raw)->data);
    world.receive_control(name, wire::HopControl::kPathCost,
                          wire::encode_path_cost_record({key, 1, {0, 20, 200, hops, 48}}));
    world.receive(name, hops == 0 ? raw : Originator::carried(raw, hops, who));
  }
  /// True when this key, and only keys of what we did, are to be asked about.
  bool changed(const Hash16& key) {
    const auto keys = world.router->take_changed_flows(100);
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  }
  LinkId request() {
    const Bytes raw =
        in_transport(kOwn, owner.destination(), wire::PacketType::kLinkRequest, Bytes(64, 7), 4);
    world.receive("B", raw);
    return crypto::link_id(raw);
  }

  World world;
  Originator owner{1};
  std::uint64_t emission_ = 0;
};

TEST_F(Flows, APathIsToldWithItsNextHopAndLimit) {
  EXPECT_EQ(world.router->flow(owner.destination()), Flow{});
  announced("A", kAnna, 2);
  EXPECT_TRUE(changed(owner.destination()));
  const PathFlow expected{kAnna, world.ids.at("A"), false, false, 1'200};
  EXPECT_EQ(world.router->flow(owner.destination()), Flow{expected});
  EXPECT_FALSE(changed(owner.destination())) << "told once";

  world.receive_control("A", wire::HopControl::kPacketTooBig,
                        wire::encode_packet_too_big({owner.destination(), 700}));
  EXPECT_TRUE(changed(owner.destination()));
  EXPECT_EQ(std::get<PathFlow>(world.router->flow(owner.destination())).limit, 700u);
}

TEST_F(Flows, TheNeighbourItselfIsTheLastHop) {
  announced("A", kAnna, 0);
  EXPECT_TRUE(std::get<PathFlow>(world.router->flow(owner.destination())).last);
}

TEST_F(Flows, APathThatEndsIsToldAsWell) {
  announced("A", kAnna, 2);
  EXPECT_TRUE(changed(owner.destination()));
  world.down("A");
  EXPECT_TRUE(changed(owner.destination()));
  EXPECT_EQ(world.router->flow(owner.destination()), Flow{});
}

TEST_F(Flows, OverAPlainInterfaceThereIsNone) {
  world.up("plain", {});
  world.receive("plain", owner.announce(kEpoch));
  ASSERT_NE(world.router->path(owner.destination()), nullptr);
  const Flow flow = world.router->flow(owner.destination());
  const auto* path = std::get_if<PathFlow>(&flow);
  EXPECT_TRUE(path == nullptr || path->interface == world.ids.at("plain"))
      << "nothing that leads over a hop link";
}

TEST_F(Flows, ALinkIsToldWithBothSidesAndItsHops) {
  announced("A", kAnna, 2);
  world.router->take_changed_flows(100);
  const LinkId link = request();
  EXPECT_TRUE(changed(link));
  const LinkFlow expected{world.ids.at("A"), world.ids.at("B"), 3, 5, 1'200};
  EXPECT_EQ(world.router->flow(link), Flow{expected});
  world.advance(60);
  EXPECT_TRUE(changed(link)) << "never proved, so it ended";
  EXPECT_EQ(world.router->flow(link), Flow{});
}

TEST_F(Flows, WhatTheOtherPlaneCarriesLivesOn) {
  announced("A", kAnna, 2);
  const LinkId link = request();
  world.advance(5);
  world.router->flow_used(link, world.time());
  world.router->flow_used(owner.destination(), world.time());
  EXPECT_EQ(world.router->path(owner.destination())->last_used, world.time());
}

TEST_F(Flows, LocalOnesAreLocal) {
  world.router->add_local_link(LinkId{{5}});
  EXPECT_TRUE(changed(LinkId{{5}}));
  EXPECT_EQ(world.router->flow(LinkId{{5}}), Flow{LocalFlow{}});
  world.router->remove_local_link(LinkId{{5}});
  EXPECT_TRUE(changed(LinkId{{5}}));
  EXPECT_EQ(world.router->flow(LinkId{{5}}), Flow{});
}

TEST_F(Flows, WhoComesLaterIsToldEverything) {
  World other(true, {}, kOwn);
  other.up("A", hop(kAnna));
  other.advance(0);
  other.receive("A", Originator::carried(owner.announce(kEpoch), 2, kAnna));
  EXPECT_TRUE(other.router->take_changed_flows(100).empty()) << "nobody watched";
  other.router->watch_flows();
  EXPECT_EQ(other.router->take_changed_flows(100), std::vector<Hash16>{owner.destination()});
}

}  // namespace
}  // namespace mehr::routing
