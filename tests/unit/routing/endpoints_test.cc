// What local endpoints see and do: deliveries, originated packets, path requests, and a router
// driven by its own timers alone.
#include <gtest/gtest.h>

#include "core/wire/path_request.h"
#include "tests/unit/routing/world.h"

namespace mehr::routing {
namespace {

using border::Counter;
using test::in_transport;
using test::kEpoch;
using test::Originator;
using test::World;

const Hash16 kOwn{{0x42}};

Bytes packet_to(const Hash16& destination, wire::DestinationType type, wire::PacketType kind,
                std::uint8_t fill = 1, wire::Context context = wire::Context::kNone) {
  wire::Packet packet;
  packet.destination_type = type;
  packet.packet_type = kind;
  packet.destination = destination;
  packet.context = context;
  const Bytes data(80, fill);
  packet.data = data;
  return wire::encode_packet(packet);
}
Bytes data_to(const Hash16& destination, std::uint8_t fill = 1) {
  return packet_to(destination, wire::DestinationType::kSingle, wire::PacketType::kData, fill);
}

TEST(Delivery, LocalDestinationsGetDataAndLinkRequests) {
  World world(true, {}, kOwn);
  const InterfaceId a = world.up("A");
  const Hash16 local{{1}};
  world.router->add_local_destination(local);
  const Bytes raw = data_to(local);
  world.receive("A", raw);
  world.receive("A", raw);  // duplicate
  world.receive("A", in_transport(kOwn, local, wire::PacketType::kLinkRequest, Bytes(64)));
  ASSERT_EQ(world.delivered.size(), 2u);
  EXPECT_EQ(world.delivered[0].from, a);
  EXPECT_EQ(world.delivered[0].raw[1], 1);
  EXPECT_EQ(world.delivered[0].packet.hops, 1);
  EXPECT_EQ(world.delivered[0].hash, crypto::packet_hash(raw));
  world.router->remove_local_destination(local);
  world.receive("A", data_to(local, 2));
  EXPECT_EQ(world.count(Counter::kDataNotForUs), 1u);
}

TEST(Delivery, LocalLinksGetEverythingOfTheirs) {
  World world(true, {}, kOwn);
  world.up("A");
  world.up("B");
  const LinkId link{{2}};
  world.router->add_local_link(link);
  using wire::DestinationType;
  using wire::PacketType;
  world.receive("A", packet_to(link, DestinationType::kLink, PacketType::kProof, 1,
                               wire::Context::kLinkRequestProof));
  world.receive("A", packet_to(link, DestinationType::kLink, PacketType::kData));
  world.receive("A", packet_to(link, DestinationType::kLink, PacketType::kProof));
  EXPECT_EQ(world.delivered.size(), 3u);
  // Overheard on B first: the copy on A, where the link lives, still arrives.
  const Bytes raw = packet_to(link, DestinationType::kLink, PacketType::kData, 9);
  world.receive("B", raw);
  world.receive("A", raw);
  world.receive("A", raw);
  EXPECT_EQ(world.delivered.size(), 5u);
  EXPECT_EQ(world.count(Counter::kPacketDuplicate), 1u);
  world.router->remove_local_link(link);
  world.receive("A", packet_to(link, DestinationType::kLink, PacketType::kData, 3));
  EXPECT_EQ(world.count(Counter::kLinkUnknown), 1u);
}

TEST(Delivery, UnclaimedProofsAreOffered) {
  World world(true, {}, kOwn);
  world.up("A");
  world.receive("A",
                packet_to(Hash16{{3}}, wire::DestinationType::kSingle, wire::PacketType::kProof));
  EXPECT_EQ(world.delivered.size(), 1u);
  EXPECT_EQ(world.count(Counter::kProofDelivered), 1u);
}

TEST(Sending, FollowsThePathOrGoesEverywhere) {
  World world(true, {}, kOwn);
  InterfaceTraits slow;
  slow.bitrate_bps = 1'000;
  world.up("A", slow);
  world.up("B");
  Originator near(1);
  Originator far(2);
  const Hash16 relay{{9}};
  world.receive("A", near.announce(kEpoch));
  world.receive("A", far.announce(kEpoch, 2, relay));

  const Bytes to_near = data_to(near.destination());
  SendOutcome outcome = world.router->send(to_near, world.time());
  EXPECT_TRUE(outcome.sent && outcome.path_known);
  EXPECT_EQ(outcome.hops, 1);
  EXPECT_EQ(outcome.first_hop_timeout, 10s);
  EXPECT_EQ(outcome.interface, world.ids["A"]);
  EXPECT_EQ(outcome.packet_hash, crypto::packet_hash(to_near));
  EXPECT_EQ(world.sent.back().raw, to_near);

  outcome = world.router->send(data_to(far.destination()), world.time());
  EXPECT_EQ(outcome.hops, 3);
  const auto packet = wire::decode_packet(world.sent.back().raw).value();
  EXPECT_EQ(packet.header_type, wire::HeaderType::kTwo);
  EXPECT_EQ(packet.transport_id, relay);
  EXPECT_EQ(packet.destination, far.destination());
  EXPECT_EQ(packet.hops, 0);

  world.sent.clear();
  outcome = world.router->send(data_to(Hash16{{5}}), world.time());
  EXPECT_TRUE(outcome.sent);
  EXPECT_FALSE(outcome.path_known);
  EXPECT_EQ(world.sent.size(), 2u);
  // The echo of what we sent is not news.
  world.receive("A", data_to(Hash16{{5}}));
  EXPECT_EQ(world.count(Counter::kPacketDuplicate), 1u);

  World lonely(true, {}, kOwn);
  EXPECT_FALSE(lonely.router->send(data_to(Hash16{{5}}), lonely.time()).sent);
  EXPECT_FALSE(lonely.router->send_on(InterfaceId{9}, data_to(Hash16{{5}}), lonely.time()).sent);
}

TEST(Requests, AreThrottledTaggedAndNotAnsweredByTheirEcho) {
  World world(true, {}, kOwn);
  InterfaceTraits gateway;
  gateway.mode = InterfaceMode::kGateway;
  world.up("A", gateway);
  world.up("B", gateway);
  const Hash16 wanted{{1}};
  EXPECT_TRUE(world.router->request_path(wanted, world.time()));
  EXPECT_FALSE(world.router->request_path(wanted, world.time()));
  EXPECT_TRUE(world.router->request_path(wanted, world.time(), true));
  world.advance(20);
  EXPECT_TRUE(world.router->request_path(wanted, world.time()));
  ASSERT_EQ(world.sent.size(), 6u);
  world.receive("A", world.sent.back().raw);
  EXPECT_EQ(world.count(Counter::kRequestDuplicate), 1u);
  EXPECT_EQ(world.sent.size(), 6u);
  const auto packet = wire::decode_packet(world.sent[0].raw).value();
  EXPECT_EQ(packet.data.size(), 48u);
}

TEST(Requests, ForLocalDestinationsAreHandedOver) {
  World world(true, {}, kOwn);
  const InterfaceId a = world.up("A");
  const Hash16 local{{1}};
  const Hash16 tag{{2}};
  world.router->add_local_destination(local);
  const Bytes raw = wire::encode_path_request({local, std::nullopt, tag.view()});
  world.receive("A", raw);
  world.receive("A", raw);
  ASSERT_EQ(world.wanted.size(), 1u);
  EXPECT_EQ(world.wanted[0], std::pair(local, a));
}

TEST(Requests, TooManyStartNoDiscovery) {
  World world(true, {}, kOwn);
  InterfaceTraits gateway;
  gateway.mode = InterfaceMode::kGateway;
  world.up("A", gateway);
  world.up("B");
  for (std::uint8_t i = 0; i < 10; ++i) {
    const Hash16 value{{i, 1}};
    world.advance(i * 0.05);
    world.receive("A", wire::encode_path_request({value, std::nullopt, value.view()}));
  }
  EXPECT_EQ(world.count(Counter::kRequestDiscovering), 2u);
  EXPECT_EQ(world.count(Counter::kRequestLimited), 8u);
}

/// Runs the router by next_due() alone. @return how often it was woken
int run_by_events(World& world, Time until) {
  int wakeups = 0;
  while (world.router->next_due() <= until) {
    const Time due = world.router->next_due();
    world.router->tick(due);
    EXPECT_GT(world.router->next_due(), due);
    if (++wakeups > 10'000) break;
  }
  return wakeups;
}

TEST(Timers, AnIdleRouterSleeps) {
  World world(true, {}, kOwn);
  world.up("A");
  world.up("B");
  EXPECT_EQ(world.router->next_due(), Time::max());
  Originator origin(1);
  world.receive("A", origin.announce(kEpoch));
  const int wakeups = run_by_events(world, world.time() + 1h);
  EXPECT_EQ(world.sent_on("B").size(), 2u);
  EXPECT_LE(wakeups, 4);
  EXPECT_GT(world.router->next_due(), world.time() + 24h);
}

TEST(Timers, CarryEverythingWithoutPolling) {
  World world(true, {}, kOwn);
  InterfaceTraits slow;
  slow.bitrate_bps = 3'125;
  slow.ingress_control = false;
  world.up("wire");
  world.up("radio", slow);
  for (std::uint64_t i = 0; i < 20; ++i) {
    world.jump(static_cast<double>(i) * 0.02);
    world.receive("wire", Originator(i).announce(kEpoch));
  }
  EXPECT_GT(world.router->tables().held, 10u);
  const int wakeups = run_by_events(world, world.time() + 1h);
  EXPECT_EQ(world.router->tables().held, 0u);
  EXPECT_EQ(world.router->tables().queued, 0u);
  EXPECT_EQ(world.router->tables().announces, 0u);
  EXPECT_EQ(world.router->tables().paths, 20u);
  EXPECT_LT(wakeups, 200);
  world.router->request_path(Hash16{{1}}, world.time() + 2h);
  run_by_events(world, world.time() + 3h);
  EXPECT_GT(world.router->next_due(), world.time() + 24h);
}

}  // namespace
}  // namespace mehr::routing
