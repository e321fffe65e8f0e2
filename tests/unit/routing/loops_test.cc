// Who may be leaned on without a circle: one router between neighbours that say how near they are.
// The network of many such routers is in tests/sim.
#include <gtest/gtest.h>

#include "controlplane/routing/candidates.h"
#include "core/wire/path_cost.h"
#include "tests/unit/routing/world.h"

namespace mehr::routing {
namespace {

using test::kEpoch;
using test::Originator;
using test::World;
using wire::HopControl;

const Hash16 kOwn{{0x42}};
const Hash16 kSmall{{0x11}}, kAnna{{0xA1}}, kBert{{0xB1}};

InterfaceTraits hop(const Hash16& neighbour) {
  InterfaceTraits traits;
  traits.hop_link = true;
  traits.neighbour = neighbour;
  traits.latency = 10ms;
  traits.bitrate_bps = 1'000'000'000;
  traits.ingress_control = false;
  return traits;
}

class Loops : public testing::Test {
 protected:
  Loops() : world(true, {}, kOwn) {
    world.up("S", hop(kSmall));
    world.up("A", hop(kAnna));
    world.up("B", hop(kBert));
    world.up("plain", {});
    world.advance(0);
  }
  /// The announce that left the origin `age` seconds after the epoch.
  Bytes emitted(unsigned age) { return owner.announce(kEpoch + age); }
  void says(const std::string& name, const Bytes& announce, double cost, std::uint8_t hops,
            std::uint32_t sequence = 1) {
    const auto key = announce_key(owner.destination(), wire::decode_packet(announce)->data);
    const wire::PathCost path{wire::code_of_cost(cost), 20, 200, hops, 48};
    world.receive_control(name, HopControl::kPathCost,
                          wire::encode_path_cost_record({key, sequence, path}));
  }
  void passes_on(const std::string& name, const Hash16& who, const Bytes& announce, double cost,
                 std::uint8_t hops) {
    says(name, announce, cost, hops);
    world.receive(name, Originator::carried(announce, hops, who));
  }
  const PathEntry* path() const { return world.router->path(owner.destination()); }

  World world;
  Originator owner{1};
};

TEST_F(Loops, WhoIsNotNearerIsNoNextHop) {
  const Bytes first = emitted(0);
  passes_on("A", kAnna, first, 100, 2);
  world.advance(3);  // we said 3
  passes_on("B", kBert, first, 1, 4);
  world.receive("plain", Originator::carried(first, 3, Hash16{{0x77}}));  // 4 with us: as Bert
  EXPECT_EQ(path()->next_hop, kAnna);
  world.down("A");
  EXPECT_EQ(path()->next_hop, (Hash16{{0x77}})) << "as near as we were, and the greater id";
  world.down("plain");
  EXPECT_EQ(path(), nullptr) << "Bert may go through us";
}

TEST_F(Loops, WhatPlainNodesWereToldBindsAfterThePathIsLost) {
  const Bytes first = emitted(0);
  passes_on("A", kAnna, first, 100, 2);
  world.advance(3);  // we said 3 to whoever is behind "plain"
  world.down("A");
  ASSERT_EQ(path(), nullptr);
  passes_on("B", kBert, first, 1, 5);
  EXPECT_EQ(path(), nullptr) << "Bert may go through whoever still goes through us";
  passes_on("B", kBert, emitted(60), 1, 5);
  ASSERT_NE(path(), nullptr) << "nobody was told of the newer one by us";
  EXPECT_EQ(path()->next_hop, kBert);
}

// Who leans on us on the plain side repeats our own word: no longer way, but the way round.
TEST_F(Loops, WhatPlainNodesWereToldBindsAgainstTheirEcho) {
  const Bytes first = emitted(0);
  passes_on("A", kAnna, first, 100, 2);
  world.advance(3);  // we said 3 to whoever is behind "plain"
  const auto key = announce_key(owner.destination(), wire::decode_packet(first)->data);
  world.receive_control("A", HopControl::kPathCost,
                        wire::encode_path_cost_record({key, 2, unavailable_cost()}));
  ASSERT_EQ(path(), nullptr) << "Anna took it back";
  const Bytes echo = Originator::carried(first, 4, Hash16{{0x77}});
  world.receive("plain", echo);
  EXPECT_EQ(path(), nullptr);
  world.advance(70);
  world.receive("plain", echo);
  EXPECT_NE(path(), nullptr) << "all echoes have died away, and it is the only way left";
}

TEST_F(Loops, WherePlainNodesAloneLeadNothingBinds) {
  const Bytes first = emitted(0);
  world.receive("plain", Originator::carried(first, 2, Hash16{{0x66}}));
  world.advance(3);
  world.router->drop_path(owner.destination());
  ASSERT_EQ(path(), nullptr);
  world.receive("plain", Originator::carried(first, 4, Hash16{{0x77}}));
  EXPECT_NE(path(), nullptr);
}

TEST_F(Loops, WhoIsNearerIsTakenAfterTheLoss) {
  const Bytes first = emitted(0);
  passes_on("A", kAnna, first, 100, 2);
  world.advance(3);
  world.down("A");
  passes_on("B", kBert, first, 1, 1);
  ASSERT_NE(path(), nullptr);
  EXPECT_EQ(path()->next_hop, kBert);
}

TEST_F(Loops, WhatPlainNodesWereToldBindsForTenMinutes) {
  const Bytes first = emitted(0);
  passes_on("A", kAnna, first, 100, 2);
  world.advance(3);
  world.down("A");
  world.advance(500);
  passes_on("B", kBert, first, 1, 5);
  ASSERT_EQ(path(), nullptr) << "refusing it does not prolong anything";
  world.advance(610);
  passes_on("B", kBert, first, 1, 5);
  EXPECT_NE(path(), nullptr);
}

TEST_F(Loops, HopNeighboursHearOfTheLossAndBindNobody) {
  world.down("plain");
  const Bytes first = emitted(0);
  passes_on("A", kAnna, first, 100, 2);
  world.advance(3);
  world.down("A");
  passes_on("B", kBert, first, 1, 5);
  ASSERT_NE(path(), nullptr);
  EXPECT_EQ(path()->next_hop, kBert);
}

TEST_F(Loops, AnOlderAnnounceIsNoWayRoundWhatWasTold) {
  const Bytes older = emitted(0), newer = emitted(60);
  passes_on("A", kAnna, newer, 100, 2);
  world.advance(3);
  world.down("A");
  passes_on("B", kBert, older, 1, 1);
  EXPECT_EQ(path(), nullptr);
}

TEST(KeptDistances, AreBounded) {
  Candidates candidates(4, 2);
  const auto lose = [&](std::uint8_t n) {
    const DestinationHash destination{{n}};
    candidates.renew(destination, Hash16{{n}}, 1, Time{});
    candidates.find(destination)->told_plainly(3, Time{Duration{n}});
    candidates.erase(destination);
  };
  for (std::uint8_t n = 1; n <= 3; ++n)
    lose(n);
  EXPECT_EQ(candidates.kept(), 2U);
  candidates.renew(DestinationHash{{1}}, Hash16{{1}}, 1, Time{});
  EXPECT_EQ(candidates.find(DestinationHash{{1}})->feasible, kNothingTold) << "ended first";
  candidates.renew(DestinationHash{{3}}, Hash16{{3}}, 1, Time{});
  EXPECT_EQ(candidates.find(DestinationHash{{3}})->feasible, 3U);
  candidates.expire(Time{kFeasibleKept + 1s});
  EXPECT_EQ(candidates.kept(), 0U);
}

TEST_F(Loops, OfEqualsTheSmallerIdIsLeanedOnOnlyWhileItLeansOnNobody) {
  const Bytes first = emitted(0);
  passes_on("A", kAnna, first, 100, 2);
  world.advance(3);
  passes_on("S", kSmall, first, 100, 3);
  world.receive("plain", Originator::carried(first, 3, Hash16{{0x07}}));
  world.down("A");
  ASSERT_NE(path(), nullptr);
  EXPECT_EQ(path()->next_hop, kSmall);
  // Three that lean on each other all say so: each is farther away than it was.
  says("S", first, 100, 4, 2);
  EXPECT_EQ(path(), nullptr) << "and a plain node would not even say so";
}

TEST_F(Loops, WhoBecomesFartherWithoutLosingItsWayStillServes) {
  const Bytes first = emitted(0);
  passes_on("A", kAnna, first, 100, 2);
  world.advance(3);
  says("A", first, 100, 7, 2);
  ASSERT_NE(path(), nullptr);
  EXPECT_EQ(path()->next_hop, kAnna);
}

TEST_F(Loops, ANeighbourThatComesNearerIsNotTakenForTheDestination) {
  const Bytes first = emitted(0);
  says("A", first, 100, 4);
  world.receive("A", Originator::carried(first, 1, kAnna));  // counted on another scale
  ASSERT_NE(path(), nullptr);
  says("A", first, 100, 1, 2);
  EXPECT_EQ(path()->hops, 2);
}

TEST_F(Loops, NobodyServesWhoIsBehindOnceTheNewestIsTold) {
  const Bytes first = emitted(0), second = emitted(60);
  passes_on("A", kAnna, first, 100, 2);
  world.advance(10);
  const auto before = world.sent_on("plain").size();
  passes_on("B", kBert, second, 5'000, 2);
  EXPECT_EQ(path()->next_hop, kAnna) << "nobody was told of the newer one yet";
  world.advance(11.5);
  EXPECT_EQ(world.sent_on("plain").size(), before) << "the relay waits a moment for Anna";
  world.advance(14);
  EXPECT_EQ(world.sent_on("plain").size(), before + 1);
  EXPECT_EQ(path()->next_hop, kBert) << "Anna may have heard it from us";
}

TEST_F(Loops, WhoServesAndConfirmsInTimeGoesOnServing) {
  const Bytes first = emitted(0), second = emitted(60);
  passes_on("A", kAnna, first, 100, 4);
  world.advance(10);
  passes_on("B", kBert, second, 5'000, 2);
  world.advance(11);
  passes_on("A", kAnna, second, 100, 4);
  world.advance(14);
  EXPECT_EQ(path()->next_hop, kAnna) << "longer, but cheaper";
  EXPECT_EQ(world.sent_on("plain").back()[1], path()->hops);
}

}  // namespace
}  // namespace mehr::routing
