// Paths beyond what the vectors cover: ageing, flapping interfaces, the store, tunnels.
#include <gtest/gtest.h>

#include "core/crypto/tunnel.h"
#include "tests/unit/routing/caps.h"
#include "tests/unit/routing/world.h"

namespace mehr::routing {
namespace {

using border::Counter;
using test::in_transport;
using test::kEpoch;
using test::Originator;
using test::World;

const Hash16 kOwn{{0x42}};
constexpr double kDay = 86'400;

Bytes tunnel_packet(const crypto::PrivateIdentity& client, std::uint8_t random) {
  wire::Tunnel tunnel;
  tunnel.identity = client.public_identity();
  tunnel.interface_hash = Hash32{{5}};
  tunnel.random = Hash16{{random}};
  tunnel.signature = client.sign(wire::tunnel_signed_material(tunnel));
  return wire::encode_tunnel(tunnel);
}

InterfaceTraits client_traits() {
  InterfaceTraits traits;
  traits.parent = "server";
  return traits;
}

TEST(Paths, EndAWeekAfterTheirLastUse) {
  World world(true, {}, kOwn);
  world.up("A");
  world.up("B");
  Originator used(1);
  Originator unused(2);
  world.receive("A", used.announce(kEpoch));
  world.receive("A", unused.announce(kEpoch));
  world.jump(6 * kDay);
  world.router->tick(world.time());
  world.receive("B", in_transport(kOwn, used.destination(), wire::PacketType::kData, Bytes(20)));
  world.jump(7 * kDay + 10);
  world.router->tick(world.time());
  EXPECT_EQ(world.router->path(unused.destination()), nullptr);
  EXPECT_EQ(world.removed, std::vector<DestinationHash>{unused.destination()});
  ASSERT_NE(world.router->path(used.destination()), nullptr);
  world.jump(13 * kDay + 10);
  world.router->tick(world.time());
  EXPECT_EQ(world.router->path(used.destination()), nullptr);
}

TEST(Paths, TheKeyOutlivesThePathForAWhile) {
  World world(true, {}, kOwn);
  world.up("A");
  Originator origin(1);
  world.receive("A", origin.announce(kEpoch));
  EXPECT_EQ(world.router->known_identity(origin.destination()),
            origin.identity().public_identity());
  EXPECT_TRUE(world.router->drop_path(origin.destination()));
  EXPECT_FALSE(world.router->drop_path(origin.destination()));
  world.advance(300);
  EXPECT_TRUE(world.router->known_identity(origin.destination()));
  world.advance(370);
  EXPECT_FALSE(world.router->known_identity(origin.destination()));
  world.router->restore_identity(origin.destination(), origin.identity().public_identity());
  world.advance(3'000);
  EXPECT_TRUE(world.router->known_identity(origin.destination()));
}

TEST(Paths, SurviveAFlapOfAConfiguredInterface) {
  World world(true, {}, kOwn);
  world.up("radio");
  Originator origin(1);
  world.receive("radio", origin.announce(kEpoch));
  world.advance(100);
  world.down("radio");
  EXPECT_EQ(world.router->path(origin.destination()), nullptr);
  EXPECT_TRUE(world.removed.empty());
  EXPECT_EQ(world.stored.size(), 1u);
  world.advance(400);
  world.up("radio");
  ASSERT_NE(world.router->path(origin.destination()), nullptr);
  EXPECT_EQ(world.router->path(origin.destination())->interface, world.ids["radio"]);
  EXPECT_TRUE(world.router->known_identity(origin.destination()));
}

TEST(Paths, PutAsideOnesExpireAndAreThenForgotten) {
  World world(true, {}, kOwn);
  world.up("radio");
  Originator origin(1);
  world.receive("radio", origin.announce(kEpoch));
  world.down("radio");
  world.jump(8 * kDay);
  world.router->tick(world.time());
  EXPECT_EQ(world.removed.size(), 1u);
  world.up("radio");
  EXPECT_EQ(world.router->path(origin.destination()), nullptr);
}

TEST(Paths, ANewAnnounceReplacesWhatWasPutAside) {
  World world(true, {}, kOwn);
  world.up("radio");
  world.up("wire");
  Originator origin(1);
  world.receive("radio", origin.announce(kEpoch));
  world.down("radio");
  world.receive("wire", origin.announce(kEpoch + 5));
  world.up("radio");
  EXPECT_EQ(world.router->path(origin.destination())->interface_name, "wire");
}

TEST(Paths, ClientsOfAServerTakeTheirsAlong) {
  World world(true, {}, kOwn);
  world.up("client 1", client_traits());
  Originator origin(1);
  world.receive("client 1", origin.announce(kEpoch));
  world.down("client 1");
  EXPECT_EQ(world.removed.size(), 1u);
  EXPECT_TRUE(world.stored.empty());
}

TEST(Paths, FromTheStoreWaitForTheirInterface) {
  World old_world(true, {}, kOwn);
  old_world.up("A");
  Originator origin(1);
  Originator other(2);
  old_world.receive("A", origin.announce(kEpoch));
  old_world.receive("A", other.announce(kEpoch));

  World world(true, {}, kOwn);
  world.router->restore_path(old_world.stored[origin.destination()], world.time());
  EXPECT_EQ(world.router->path(origin.destination()), nullptr);
  world.up("A");
  ASSERT_NE(world.router->path(origin.destination()), nullptr);
  world.router->restore_path(old_world.stored[other.destination()], world.time());
  EXPECT_NE(world.router->path(other.destination()), nullptr);
  // Something newer is known: the stored one is ignored.
  world.receive("A", origin.announce(kEpoch + 10, 3, Hash16{{9}}));
  world.router->restore_path(old_world.stored[origin.destination()], world.time());
  EXPECT_EQ(world.router->path(origin.destination())->hops, 4);
  // The restored path carries what is needed to answer and to relay.
  world.up("B");
  world.receive("B", in_transport(kOwn, other.destination(), wire::PacketType::kData, Bytes(20)));
  EXPECT_EQ(world.sent_on("A").size(), 1u);
}

TEST(Paths, LocalDestinationsHaveNone) {
  World world(true, {}, kOwn);
  world.up("A");
  Originator origin(1);
  world.receive("A", origin.announce(kEpoch));
  const PathEntry entry = *world.router->path(origin.destination());
  world.router->add_local_destination(origin.destination());
  EXPECT_EQ(world.router->path(origin.destination()), nullptr);
  world.router->restore_path(entry, world.time());
  EXPECT_EQ(world.router->path(origin.destination()), nullptr);
}

TEST(Tunnels, BringPathsBackAfterARestart) {
  const Originator client(9);
  Originator origin(1);
  TunnelEntry stored;
  {
    World world(true, {}, kOwn);
    world.up("client 1", client_traits());
    world.receive("client 1", tunnel_packet(client.identity(), 1));
    world.receive("client 1", origin.announce(kEpoch));
    world.advance(2);  // a small set is reported after a second, in case we are killed
    ASSERT_EQ(world.tunnels.size(), 1u);
    EXPECT_EQ(world.tunnels.begin()->second.paths.size(), 1u);
    world.down("client 1");
    stored = world.tunnels.begin()->second;
    EXPECT_EQ(stored.paths.size(), 1u);
  }
  World world(true, {}, kOwn);
  world.router->restore_tunnel(stored, world.time());
  world.up("client 7", client_traits());
  EXPECT_EQ(world.router->path(origin.destination()), nullptr);
  world.receive("client 7", tunnel_packet(client.identity(), 2));
  ASSERT_NE(world.router->path(origin.destination()), nullptr);
  EXPECT_EQ(world.router->path(origin.destination())->interface_name, "client 7");
  EXPECT_TRUE(world.stored.contains(origin.destination()));
}

TEST(Tunnels, MoveWithTheClientBeforeTheOldConnectionDies) {
  World world(true, {}, kOwn);
  world.up("client 1", client_traits());
  const Originator client(9);
  Originator origin(1);
  world.receive("client 1", tunnel_packet(client.identity(), 1));
  world.receive("client 1", origin.announce(kEpoch));
  world.up("client 2", client_traits());
  world.receive("client 2", tunnel_packet(client.identity(), 2));
  EXPECT_EQ(world.router->path(origin.destination())->interface_name, "client 2");
  world.down("client 1");
  EXPECT_NE(world.router->path(origin.destination()), nullptr);
  // Nobody else can take it over with a recorded packet.
  world.up("thief", client_traits());
  world.receive("thief", tunnel_packet(client.identity(), 2));
  EXPECT_EQ(world.count(Counter::kPacketDuplicate), 1u);
  EXPECT_EQ(world.router->path(origin.destination())->interface_name, "client 2");
}

TEST(Tunnels, EndEightHoursAfterTheirLastPath) {
  World world(true, {}, kOwn);
  world.up("client 1", client_traits());
  const Originator client(9);
  Originator origin(1);
  world.receive("client 1", tunnel_packet(client.identity(), 1));
  world.receive("client 1", origin.announce(kEpoch));
  world.jump(10 * 3'600);
  world.router->tick(world.time());
  EXPECT_EQ(world.router->tables().tunnels, 1u);  // the connection stands
  world.down("client 1");
  world.jump(19 * 3'600);
  world.router->tick(world.time());
  EXPECT_EQ(world.router->tables().tunnels, 0u);
  EXPECT_TRUE(world.tunnels.begin()->second.paths.empty());
}

TEST(Tunnels, StayWithinTheirCap) {
  const RouterLimits limits = test::small_limits();
  World world(true, limits, kOwn);
  for (std::uint64_t i = 0; i < 10; ++i) {
    const std::string name = "client " + std::to_string(i);
    world.up(name, client_traits());
    world.receive(name, tunnel_packet(Originator(50 + i).identity(), 1));
    world.receive(name, Originator(100 + i).announce(kEpoch));
    if (i < 6) world.down(name);
  }
  EXPECT_LE(world.router->tables().tunnels, limits.tunnels);
  Bytes bad = tunnel_packet(Originator(1).identity(), 1);
  bad.back() ^= 1;
  world.receive("client 9", bad);
  EXPECT_EQ(world.count(Counter::kTunnelMalformed), 1u);
}

TEST(Tunnels, OurClientsAreAskedToIntroduceThemselves) {
  World world(true, {}, kOwn);
  InterfaceTraits traits;
  traits.tunnel_interface_hash = Hash32{{7}};
  const InterfaceId id = world.up("uplink", traits);
  ASSERT_EQ(world.synthesis.size(), 1u);
  EXPECT_EQ(world.synthesis[0].first, id);
  EXPECT_EQ(world.synthesis[0].second, Hash32{{7}});
}

}  // namespace
}  // namespace mehr::routing
