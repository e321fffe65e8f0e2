// Path costs beside announces and the choice among several ways, one router at a time.
#include <gtest/gtest.h>

#include "controlplane/routing/candidates.h"
#include "controlplane/routing/hop_offset.h"
#include "core/wire/path_cost.h"
#include "tests/unit/routing/world.h"

namespace mehr::routing {
namespace {

using border::Counter;
using test::in_transport;
using test::kEpoch;
using test::Originator;
using test::World;
using wire::HopControl;

const Hash16 kOwn{{0x42}};
const Hash16 kAnna{{0xA1}}, kBert{{0xB1}}, kCara{{0xC1}};

InterfaceTraits hop(const Hash16& neighbour, Duration latency = 10ms) {
  InterfaceTraits traits;
  traits.hop_link = true;
  traits.neighbour = neighbour;
  traits.latency = latency;
  traits.bitrate_bps = 1'000'000'000;
  traits.hardware_mtu = 4'096;
  traits.ingress_control = false;
  return traits;
}

RouterConfig priced(std::uint64_t price) {
  RouterConfig config;
  config.price_umhr_per_mib = price;
  return config;
}

/// A router between Anna, Bert and Cara, and a destination somewhere behind them.
class HopLinks : public testing::Test {
 protected:
  HopLinks() : world(true, {}, kOwn, priced(1'000)) {
    world.up("A", hop(kAnna));
    world.up("B", hop(kBert));
    world.up("C", hop(kCara));
    world.up("plain", {});
    world.advance(0);
    announce = owner.announce(kEpoch);
    key = announce_key(owner.destination(), wire::decode_packet(announce)->data);
  }
  Bytes record(double cost, std::uint8_t hops, std::uint32_t sequence,
               std::uint16_t latency = 20) const {
    wire::PathCost path{wire::code_of_cost(cost), latency, 200, hops, 48};
    return wire::encode_path_cost_record({key, sequence, path});
  }
  /// The neighbour on `name` passes the announce on, its cost first.
  void passes_on(const std::string& name, const Hash16& who, double cost, std::uint8_t hops = 1) {
    world.receive_control(name, HopControl::kPathCost, record(cost, hops, 1));
    world.receive(name, Originator::carried(announce, hops, who));
  }
  std::optional<wire::PathCostRecord> last_told(const std::string& name) const {
    const auto all = world.told(name, HopControl::kPathCost);
    return all.empty() ? std::nullopt : wire::decode_path_cost_record(all.back());
  }
  const PathEntry& path() const { return *world.router->path(owner.destination()); }

  World world;
  Originator owner{1};
  Bytes announce;
  Hash16 key;
};

TEST_F(HopLinks, CostsGoBeforeTheAnnounceAndAddUp) {
  passes_on("A", kAnna, 500);
  world.advance(3);
  ASSERT_EQ(world.sent_on("B").size(), 1u);
  const auto told = last_told("B");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->announce, key);
  EXPECT_NEAR(wire::cost_of_code(told->cost.cost_code), 1'500, 1'500 * 0.045);
  EXPECT_EQ(told->cost.hops, 2);
  EXPECT_EQ(told->cost.worst_latency_ms, 20);
  EXPECT_TRUE(is_unavailable(last_told("A")->cost)) << "Anna must not come back to us";
  for (const auto& each : world.controls) {
    ASSERT_LT(each.packets_before, world.sent.size());
    EXPECT_EQ(world.sent[each.packets_before].interface, each.interface) << "record, then announce";
  }
  EXPECT_EQ(world.sent_on("plain").size(), 1u);
  EXPECT_TRUE(world.told("plain", HopControl::kPathCost).empty());
  const auto on_b = world.sent_on("B");
  const auto relayed = wire::decode_packet(on_b[0]);
  const auto original = wire::decode_packet(announce);
  EXPECT_TRUE(std::equal(relayed->data.begin(), relayed->data.end(), original->data.begin(),
                         original->data.end()));
  for (const auto& each : world.sent)
    EXPECT_EQ(each.traffic.priority, wire::HopPriority::kP1);
}

TEST_F(HopLinks, PlainReticulumCostsAreUnknown) {
  world.receive("plain", Originator::carried(announce, 2, Hash16{{7}}));
  world.advance(3);
  EXPECT_FALSE(last_told("A")->cost.cost_known());
  EXPECT_FALSE(is_unavailable(last_told("A")->cost));
  EXPECT_EQ(last_told("A")->cost.hops, 3);
}

TEST_F(HopLinks, OwnAnnouncesCostNothing) {
  Originator self(9);
  world.router->add_local_destination(self.destination());
  world.router->announce(self.announce(kEpoch), std::nullopt, world.time());
  EXPECT_EQ(last_told("A")->cost, wire::PathCost{});
  const std::uint8_t start = world.sent_on("A")[0][1];
  EXPECT_LE(start, kHopOffsetMax);
  EXPECT_EQ(world.sent_on("plain")[0][1], 0);
  world.router->announce(self.announce(kEpoch + 1), std::nullopt, world.time());
  EXPECT_EQ(world.sent_on("A")[1][1], start) << "constant per destination and link";
}

TEST_F(HopLinks, ChangesAreToldAgainButNotOften) {
  passes_on("A", kAnna, 500);
  world.advance(10);  // both relays are out
  const std::size_t before = world.told("B", HopControl::kPathCost).size();
  world.receive_control("A", HopControl::kPathCost, record(510, 1, 2));
  world.advance(11);
  EXPECT_EQ(world.told("B", HopControl::kPathCost).size(), before) << "below an eighth";
  world.receive_control("A", HopControl::kPathCost, record(900, 1, 3));
  world.advance(12);
  ASSERT_EQ(world.told("B", HopControl::kPathCost).size(), before + 1);
  EXPECT_NEAR(wire::cost_of_code(last_told("B")->cost.cost_code), 1'900, 90);
  world.receive_control("A", HopControl::kPathCost, record(5'000, 1, 4));
  world.advance(20);
  EXPECT_EQ(world.told("B", HopControl::kPathCost).size(), before + 1) << "within 10 s";
  world.advance(23);
  EXPECT_EQ(world.told("B", HopControl::kPathCost).size(), before + 2);
  EXPECT_NEAR(wire::cost_of_code(last_told("B")->cost.cost_code), 6'000, 540);
  world.receive_control("A", HopControl::kPathCost, record(1, 1, 4));
  EXPECT_EQ(world.count(Counter::kPathCostStale), 1u) << "sequence seen before";
}

TEST_F(HopLinks, AFullQueueMakesUsDearer) {
  passes_on("A", kAnna, 500);
  world.advance(3);
  world.router->queue_changed(world.ids.at("A"), 0.5, 1s, world.time());
  world.advance(4);
  const auto told = world.told("B", HopControl::kPathCost).size();
  world.router->queue_changed(world.ids.at("A"), 0.875, 1s, world.time());
  world.advance(5);
  ASSERT_EQ(world.told("B", HopControl::kPathCost).size(), told + 1);
  EXPECT_NEAR(wire::cost_of_code(last_told("B")->cost.cost_code), 500 + 1'000 * (1 + 0.765), 110);
  world.router->queue_changed(world.ids.at("A"), 0.1, 1s, world.time());
  world.advance(17);
  EXPECT_NEAR(wire::cost_of_code(last_told("B")->cost.cost_code), 1'500, 70);
}

TEST_F(HopLinks, TheCheapestOfSeveralServesAndTheOthersTakeOver) {
  passes_on("A", kAnna, 5'000);
  EXPECT_EQ(path().next_hop, kAnna);
  passes_on("B", kBert, 100);
  EXPECT_EQ(world.count(Counter::kAnnounceAlternative), 1u);
  EXPECT_EQ(path().next_hop, kBert) << "clearly cheaper";
  passes_on("C", kCara, 98);
  EXPECT_EQ(path().next_hop, kBert) << "not worth a change";
  world.down("B");
  EXPECT_EQ(path().next_hop, kCara) << "at once";
  world.down("C");
  EXPECT_EQ(path().next_hop, kAnna);
  EXPECT_TRUE(world.removed.empty());
  world.down("A");
  EXPECT_EQ(world.router->path(owner.destination()), nullptr);
}

TEST_F(HopLinks, AnUnprovedLinkRequestMovesThePath) {
  passes_on("A", kAnna, 100);
  passes_on("B", kBert, 5'000);
  ASSERT_EQ(path().next_hop, kAnna);
  world.receive("C", in_transport(kOwn, owner.destination(), wire::PacketType::kLinkRequest,
                                  Bytes(64, 1), 3));
  EXPECT_EQ(world.sent_on("A").back().size(), 35 + 64u);
  world.advance(40);
  EXPECT_EQ(world.count(Counter::kLinkUnproved), 1u);
  EXPECT_EQ(path().next_hop, kBert);
}

TEST_F(HopLinks, AWithdrawnPathIsWithdrawnOnwards) {
  passes_on("A", kAnna, 100);
  world.advance(3);
  world.receive_control("A", HopControl::kPathCost,
                        wire::encode_path_cost_record({key, 2, unavailable_cost()}));
  EXPECT_EQ(world.router->path(owner.destination()), nullptr);
  EXPECT_EQ(world.count(Counter::kPathWithdrawn), 1u);
  world.advance(4);
  EXPECT_TRUE(is_unavailable(last_told("B")->cost));
}

TEST_F(HopLinks, WhatIsToldOfAPathThatCameBackIsNewerThanItsWithdrawal) {
  passes_on("A", kAnna, 100);
  world.advance(3);
  world.receive_control("A", HopControl::kPathCost,
                        wire::encode_path_cost_record({key, 2, unavailable_cost()}));
  world.advance(4);
  const auto gone = last_told("B");
  ASSERT_TRUE(gone && is_unavailable(gone->cost));
  announce = owner.announce(kEpoch + 10);
  key = announce_key(owner.destination(), wire::decode_packet(announce)->data);
  passes_on("A", kAnna, 100);
  world.advance(8);
  const auto back = last_told("B");
  ASSERT_TRUE(back && !is_unavailable(back->cost));
  EXPECT_GT(back->relay_sequence, gone->relay_sequence);
}

TEST_F(HopLinks, ANeighbourThatLostItsWayAndTellsOfANewerAnnounceIsBelieved) {
  passes_on("A", kAnna, 100);
  passes_on("B", kBert, 100);
  world.advance(3);
  world.receive_control("B", HopControl::kPathCost,
                        wire::encode_path_cost_record({key, 58, unavailable_cost()}));
  announce = owner.announce(kEpoch + 10);
  key = announce_key(owner.destination(), wire::decode_packet(announce)->data);
  passes_on("A", kAnna, 100);  // first, so that the set is of the newer announce already
  const auto stale = world.count(Counter::kPathCostStale);
  passes_on("B", kBert, 100);  // its numbers begin anew
  EXPECT_EQ(world.count(Counter::kPathCostStale), stale);
  world.down("A");
  ASSERT_NE(world.router->path(owner.destination()), nullptr) << "Bert takes over";
  EXPECT_EQ(world.router->path(owner.destination())->next_hop, kBert);
}

TEST_F(HopLinks, EchoesOfOurOwnRelayAreNoWay) {
  passes_on("A", kAnna, 100);
  world.advance(3);
  // Bert passes on what he heard from us, and says that he goes through us.
  world.receive_control("B", HopControl::kPathCost,
                        wire::encode_path_cost_record({key, 1, unavailable_cost()}));
  world.receive("B", Originator::carried(announce, 3, kBert));
  // A plain node does the same without saying so: farther away than we are.
  world.receive("plain", Originator::carried(announce, 3, Hash16{{7}}));
  world.down("A");
  EXPECT_EQ(world.router->path(owner.destination()), nullptr);
}

TEST_F(HopLinks, PoliciesChooseForTheirPackets) {
  passes_on("A", kAnna, 100);
  world.receive_control("B", HopControl::kPathCost, record(100'000, 1, 1, 1));
  world.receive("B", Originator::carried(announce, 1, kBert));
  ASSERT_EQ(path().next_hop, kAnna);
  wire::HopClass fast{wire::HopPriority::kP2, 2};
  const Bytes packet =
      in_transport(kOwn, owner.destination(), wire::PacketType::kData, Bytes(40, 1), 1);
  const std::size_t a = world.sent_on("A").size(), b = world.sent_on("B").size();
  world.receive("C", packet, fast);
  const auto explained =
      world.router->explain(owner.destination(), PathPolicy::kCheapest, world.time());
  ASSERT_EQ(explained.candidates.size(), 2u);
  EXPECT_EQ(explained.candidates[0].next_hop, kAnna);
  EXPECT_TRUE(explained.candidates[0].winner);
  EXPECT_LT(explained.candidates[0].score.total, explained.candidates[1].score.total);
  EXPECT_EQ(explained.candidates[1].score.cost, kWholeTerm);
  EXPECT_FALSE(explained.why.empty());
  EXPECT_EQ(explained.candidates[0].neighbour, kAnna);
  EXPECT_EQ(world.sent_on("A").size() + world.sent_on("B").size(), a + b + 1);
  EXPECT_FALSE(world.router->explain(Hash16{{1}}, PathPolicy::kBalanced, world.time()).known);
}

TEST_F(HopLinks, NothingGoesBackToTheNeighbourItCameFrom) {
  passes_on("A", kAnna, 100);
  world.advance(3);
  const Bytes packet =
      in_transport(kOwn, owner.destination(), wire::PacketType::kData, Bytes(40, 1), 1);
  const auto sent = world.sent.size();
  world.receive("A", packet);
  EXPECT_EQ(world.sent.size(), sent);
  EXPECT_EQ(world.count(Counter::kDataBackward), 1u);
}

TEST_F(HopLinks, ProofsMakeACandidateReliable) {
  passes_on("A", kAnna, 100);
  for (std::uint8_t i = 0; i < 20; ++i) {
    const Bytes packet =
        in_transport(kOwn, owner.destination(), wire::PacketType::kData, Bytes(40, i), 1);
    world.receive("C", packet);
    wire::Packet proof;
    proof.packet_type = wire::PacketType::kProof;
    proof.destination = crypto::truncate(crypto::packet_hash(packet));
    const Bytes signature(64, 1);
    proof.data = signature;
    world.receive("A", wire::encode_packet(proof));
  }
  const auto row = [&] {
    return world.router->explain(owner.destination(), PathPolicy::kBalanced, world.time())
        .candidates.at(0);
  };
  EXPECT_GT(row().reliability, 240);
  for (std::uint8_t i = 0; i < 200; ++i) {
    world.advance(world.now() + 2);
    world.receive(
        "C", in_transport(kOwn, owner.destination(), wire::PacketType::kData, Bytes(41, i), 1));
  }
  EXPECT_LT(row().reliability, 40);
}

}  // namespace
}  // namespace mehr::routing
