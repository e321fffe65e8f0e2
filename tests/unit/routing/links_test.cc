// Links that pass: proofs in time and not, ageing, shared channels, and what an unproved request
// sets in motion.
#include <gtest/gtest.h>

#include "controlplane/routing/link_transport.h"
#include "core/crypto/link_proof.h"
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

class Links : public testing::Test {
 protected:
  Links() : world(true, {}, kOwn) {
    for (const char* name : {"A", "B", "C"})
      world.up(name);
    world.advance(0);
    world.receive("B", owner.announce(kEpoch, 0, std::nullopt, 0, wire::Context::kPathResponse));
  }

  /// Sends a request in on `from` and returns its link id.
  LinkId request(const std::string& from, std::uint8_t hops) {
    const Bytes raw = in_transport(kOwn, owner.destination(), wire::PacketType::kLinkRequest,
                                   Bytes(64, next_++), hops);
    world.receive(from, raw);
    return crypto::link_id(raw);
  }
  Bytes proof(const LinkId& link, std::uint8_t hops) {
    wire::LinkProof out;
    out.agreement_key = Hash32{{3}};
    const auto key = crypto::verify_key(owner.identity().public_identity());
    out.signature = owner.identity().sign(
        crypto::link_proof_signed_data(link, out.agreement_key, key, std::nullopt));
    Bytes raw = crypto::encode_link_proof_packet(link, out);
    raw[1] = hops;
    return raw;
  }
  Bytes traffic(const LinkId& link, std::uint8_t hops) {
    wire::Packet packet;
    packet.destination_type = wire::DestinationType::kLink;
    packet.destination = link;
    packet.hops = hops;
    const Bytes data(30, next_++);
    packet.data = data;
    return wire::encode_packet(packet);
  }

  World world;
  Originator owner{1};
  std::uint8_t next_ = 1;
};

TEST_F(Links, AnUnprovedRequestMarksThePathAndAsksElsewhere) {
  request("A", 0);
  EXPECT_EQ(world.router->tables().links, 1u);
  world.advance(6.0);
  world.sent.clear();
  world.advance(12.0);
  EXPECT_EQ(world.router->tables().links, 0u);
  EXPECT_EQ(world.count(Counter::kLinkUnproved), 1u);
  EXPECT_EQ(world.router->path(owner.destination())->state, PathState::kUnresponsive);
  ASSERT_EQ(world.sent.size(), 2u);  // not towards the initiator
  EXPECT_EQ(world.sent[0].interface, "B");
  EXPECT_EQ(world.sent[1].interface, "C");
  const auto packet = wire::decode_packet(world.sent[0].raw).value();
  const auto asked = wire::decode_path_request(packet.data).value();
  EXPECT_EQ(asked.destination, owner.destination());
  EXPECT_EQ(asked.transport_id, kOwn);
  // A second failure within 20 s asks nobody again.
  world.sent.clear();
  request("A", 0);
  world.advance(24.0);
  EXPECT_EQ(world.sent.size(), 1u);  // the relayed request alone
}

TEST_F(Links, RequestsFromBoundariesDoNotMark) {
  InterfaceTraits boundary;
  boundary.mode = InterfaceMode::kBoundary;
  world.up("D", boundary);
  request("D", 0);
  world.advance(14.0);
  EXPECT_EQ(world.count(Counter::kLinkUnproved), 1u);
  EXPECT_EQ(world.router->path(owner.destination())->state, PathState::kUnknown);
}

TEST_F(Links, ProvedLinksLive900SecondsAfterTheirLastPacket) {
  const LinkId link = request("A", 3);
  world.receive("B", proof(link, 0));
  EXPECT_EQ(world.count(Counter::kLinkProved), 1u);
  EXPECT_EQ(world.router->path(owner.destination())->state, PathState::kResponsive);
  world.advance(800);
  world.receive("A", traffic(link, 3));
  EXPECT_EQ(world.count(Counter::kLinkRelayed), 1u);
  world.advance(1'600);
  EXPECT_EQ(world.router->tables().links, 1u);
  world.advance(1'706);
  EXPECT_EQ(world.router->tables().links, 0u);
  EXPECT_EQ(world.count(Counter::kLinkUnproved), 0u);
}

TEST_F(Links, OnOneChannelHopsTellTheDirection) {
  const LinkId link = request("B", 3);
  world.receive("B", proof(link, 0));
  EXPECT_EQ(world.count(Counter::kLinkProved), 1u);
  world.receive("B", traffic(link, 3));
  world.receive("B", traffic(link, 0));
  EXPECT_EQ(world.count(Counter::kLinkRelayed), 2u);
  world.receive("B", traffic(link, 1));
  EXPECT_EQ(world.count(Counter::kLinkWrongHops), 1u);
  world.receive("A", traffic(link, 3));
  EXPECT_EQ(world.count(Counter::kLinkWrongInterface), 1u);
}

TEST_F(Links, APacketOverheardEarlyIsStillRelayedInItsTurn) {
  const LinkId link = request("A", 3);
  world.receive("B", proof(link, 0));
  Bytes packet = traffic(link, 1);
  world.receive("A", packet);
  EXPECT_EQ(world.count(Counter::kLinkWrongHops), 1u);
  packet[1] = 3;
  world.receive("A", packet);
  EXPECT_EQ(world.count(Counter::kLinkRelayed), 1u);
  world.receive("A", packet);
  EXPECT_EQ(world.count(Counter::kPacketDuplicate), 1u);
}

TEST_F(Links, ARepeatedRequestDoesNotUndoAProvedLink) {
  LinkTable table(8);
  LinkEntry entry;
  entry.proof_deadline = Time{} + 6s;
  const LinkId link{{1}};
  ASSERT_TRUE(table.add(link, entry));
  table.validated(link, Time{} + 1s);
  ASSERT_TRUE(table.add(link, entry));
  EXPECT_TRUE(table.find(link)->validated);
}

TEST_F(Links, GoWithTheirInterfaces) {
  request("A", 0);
  request("C", 0);
  world.down("A");
  EXPECT_EQ(world.router->tables().links, 1u);
  world.down("B");
  EXPECT_EQ(world.router->tables().links, 0u);
}

TEST_F(Links, ShortRequestsAreRefused) {
  world.receive("A",
                in_transport(kOwn, owner.destination(), wire::PacketType::kLinkRequest, Bytes(63)));
  EXPECT_EQ(world.count(Counter::kLinkMalformed), 1u);
  EXPECT_TRUE(world.sent.empty());
}

TEST(ProofWait, CountsHopsAndSerialisation) {
  EXPECT_EQ(proof_wait(0, 0), 6s);
  EXPECT_EQ(proof_wait(3, 1'000), 22s);
}

}  // namespace
}  // namespace mehr::routing
