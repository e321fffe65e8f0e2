// Whole nodes' link layers against each other over a wire in memory.
#include "controlplane/link/links.h"

#include <gtest/gtest.h>

#include "hop_wire.h"

namespace mehr::link {
namespace {

using border::Counter;

TEST(Links, TwoNodesMeetAndTalkBothWays) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), bob(net.wire, "b:1", 2);
  alice.links.maintain_peer({0, "b:1"}, bob.id(), net.now);
  net.run(2s);
  ASSERT_EQ(alice.up.size(), 1U);
  ASSERT_EQ(bob.up.size(), 1U);
  EXPECT_EQ(bob.up.begin()->second.identity, alice.id());
  alice.links.send(alice.up.begin()->second.id, packet_record("to bob"), 0, net.now);
  bob.links.send(bob.up.begin()->second.id, packet_record("to alice"), 0, net.now);
  net.run(1s);
  EXPECT_EQ(bob.records, std::vector<Bytes>{to_bytes(as_bytes("to bob"))});
  EXPECT_EQ(alice.records, std::vector<Bytes>{to_bytes(as_bytes("to alice"))});
}

TEST(Links, BothMaySayHelloAtOnce) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    HopNetwork net;
    HopNode alice(net.wire, "a:1", seed * 2), bob(net.wire, "b:1", seed * 2 + 1);
    alice.links.maintain_peer({0, "b:1"}, {}, net.now);
    bob.links.maintain_peer({0, "a:1"}, {}, net.now);
    alice.links.tick(net.now);
    bob.links.tick(net.now);
    net.run(300s);
    EXPECT_EQ(alice.up.size(), 1U);
    EXPECT_EQ(bob.up.size(), 1U);
    EXPECT_TRUE(alice.downs.empty() && bob.downs.empty()) << "one session, not two";
  }
}

TEST(Links, AnUnexpectedIdentityNeverLinks) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), mallory(net.wire, "b:1", 3);
  SeededRandom random(9);
  const auto bob = crypto::PrivateIdentity::generate(random);
  alice.links.maintain_peer({0, "b:1"}, bob.hash(), net.now);
  net.run(60s);
  EXPECT_TRUE(alice.up.empty());
  EXPECT_TRUE(mallory.up.empty());
  EXPECT_GT(alice.counters.value(Counter::kHopUnwelcome), 0U);
}

TEST(Links, AnUnlistedInitiatorIsRefused) {
  HopNetwork net;
  HopNode bob(net.wire, "b:1", 2, LinksConfig{}), mallory(net.wire, "m:1", 3);
  mallory.links.maintain_peer({0, "b:1"}, {}, net.now);
  net.run(30s);
  EXPECT_TRUE(bob.up.empty());
  EXPECT_TRUE(mallory.up.empty()) << "never confirmed by a frame of Bob's";
  EXPECT_GT(bob.counters.value(Counter::kHopUnwelcome), 0U);
}

TEST(Links, ThirtyPercentLossOnlyDelaysTheHandshake) {
  int linked = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    HopNetwork net;
    net.loss_percent = 30;
    net.chance = SeededRandom(seed);
    HopNode alice(net.wire, "a:1", seed), bob(net.wire, "b:1", seed + 1000);
    alice.links.maintain_peer({0, "b:1"}, {}, net.now);
    net.run(30s);
    linked += alice.up.size() == 1 && bob.up.size() == 1 ? 1 : 0;
  }
  EXPECT_EQ(linked, 50);
}

TEST(Links, ANewAddressIsFollowedOnlyAfterAFreshFrame) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), bob(net.wire, "b:1", 2);
  alice.links.maintain_peer({0, "b:1"}, {}, net.now);
  net.run(2s);
  ASSERT_EQ(bob.up.size(), 1U);
  const NeighbourId at_alice = alice.up.begin()->second.id;
  alice.links.send(at_alice, packet_record("old"), 0, net.now);
  const Bytes replayed = net.wire.flights.back().frame;
  net.deliver_all();
  bob.links.receive({0, "m:1"}, replayed, {}, net.now);
  EXPECT_EQ(bob.links.neighbours()[0].path.address, "a:1") << "a replay moves nothing";
  Bytes forged = replayed;
  forged.back() = static_cast<std::uint8_t>(forged.back() ^ 1);
  forged[8] = static_cast<std::uint8_t>(forged[8] + 100);
  bob.links.receive({0, "m:1"}, forged, {}, net.now);
  EXPECT_EQ(bob.links.neighbours()[0].path.address, "a:1") << "a forgery moves nothing";
  alice.links.send(at_alice, packet_record("new"), 0, net.now);
  const Bytes fresh = net.wire.flights.back().frame;
  net.wire.flights.clear();
  bob.links.receive({0, "a:2"}, fresh, {}, net.now);
  EXPECT_EQ(bob.links.neighbours()[0].path.address, "a:2");
}

TEST(Links, UnderLoadStrangersProveTheirAddressFirst) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), bob(net.wire, "b:1", 2);
  bob.links.receive({0, "x"}, Bytes{0x95}, 50ms, net.now);
  net.now += 200ms;
  bob.links.receive({0, "x"}, Bytes{0x95}, 50ms, net.now);
  ASSERT_TRUE(bob.links.under_load());
  alice.links.maintain_peer({0, "b:1"}, {}, net.now);
  alice.links.tick(net.now);
  net.deliver_all(50ms);
  EXPECT_EQ(bob.counters.value(Counter::kHopCookieSent), 1U);
  EXPECT_EQ(bob.up.size(), 1U);
}

TEST(Links, ASpoofedFloodLeavesNoStateUnderLoad) {
  HopNetwork net;
  HopNode bob(net.wire, "b:1", 2);
  SeededRandom random(77);
  bob.links.receive({0, "x"}, Bytes{0x95}, 50ms, net.now);
  net.now += 200ms;
  bob.links.receive({0, "x"}, Bytes{0x95}, 50ms, net.now);
  for (int i = 0; i < 20'000; ++i) {
    Initiation initiation(random, static_cast<std::uint32_t>(i + 1), true);
    const Bytes hello = initiation.hello();
    bob.links.receive({0, std::to_string(random.below(250)) + ".1.1.1:5"}, hello, 50ms, net.now);
    ASSERT_LE(net.wire.flights.back().frame.size(), hello.size());
    net.wire.flights.clear();
  }
  EXPECT_EQ(bob.links.half_open(), 0U);
}

TEST(Links, RekeyBySchedulerAndByHandLosesNothing) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), bob(net.wire, "b:1", 2);
  alice.links.maintain_peer({0, "b:1"}, {}, net.now);
  net.run(2s);
  const NeighbourId to_bob = alice.up.begin()->second.id;
  for (int i = 0; i < 1000; ++i) {
    if (i % 100 == 0) alice.links.rekey(to_bob, net.now);
    ASSERT_GT(alice.links.send(to_bob, packet_record("x"), 0, net.now), 0U);
    if (i % 7 == 0) net.run(10ms);
  }
  net.run(1s);
  EXPECT_EQ(bob.records.size(), 1000U);
  EXPECT_GE(alice.links.neighbours()[0].epoch, 9U);
  net.run(Duration{3h});
  EXPECT_EQ(alice.links.neighbours().size(), 1U) << "three hours of hourly re-keys";
  EXPECT_GE(alice.links.neighbours()[0].epoch, 11U);
  EXPECT_TRUE(alice.downs.empty());
}

TEST(Links, ASilentNeighbourEndsAndIsFoundAgain) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), bob(net.wire, "b:1", 2);
  alice.links.maintain_peer({0, "b:1"}, {}, net.now);
  net.run(2s);
  net.loss_percent = 100;
  net.run(90s);
  EXPECT_TRUE(alice.up.empty());
  EXPECT_TRUE(bob.up.empty());
  net.loss_percent = 0;
  net.run(60s);
  EXPECT_EQ(alice.up.size(), 1U);
  EXPECT_EQ(bob.up.size(), 1U);
}

TEST(Links, ARestartedPeerReplacesItsOldLink) {
  HopNetwork net;
  HopNode bob(net.wire, "b:1", 2);
  {
    HopNode alice(net.wire, "a:1", 1);
    alice.links.maintain_peer({0, "b:1"}, {}, net.now);
    net.run(2s);
  }
  HopNode again(net.wire, "a:1", 1);
  again.links.maintain_peer({0, "b:1"}, {}, net.now);
  net.run(2s);
  EXPECT_EQ(bob.up.size(), 1U);
  EXPECT_EQ(bob.downs, std::vector<std::string>{"replaced"});
}

TEST(Links, AReplayedHandshakeNeverLinks) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), bob(net.wire, "b:1", 2);
  std::vector<HopWire::Flight> seen;
  alice.links.maintain_peer({0, "b:1"}, {}, net.now);
  alice.links.tick(net.now);
  for (int i = 0; i < 3 && !net.wire.flights.empty(); ++i) {
    const HopWire::Flight flight = net.wire.flights.front();
    net.wire.flights.pop_front();
    if (flight.to == "b:1") seen.push_back(flight);
    net.wire.nodes[flight.to]->links.receive({0, flight.from}, flight.frame, {}, net.now);
  }
  net.deliver_all();
  ASSERT_EQ(bob.up.size(), 1U);
  const std::uint64_t linked = bob.counters.value(Counter::kHopLinked);
  for (int round = 0; round < 5; ++round) {
    for (const auto& flight : seen)
      bob.links.receive({0, "m:1"}, flight.frame, {}, net.now);
    net.wire.flights.clear();
    net.now += 3s;
  }
  EXPECT_EQ(bob.counters.value(Counter::kHopLinked), linked);
}

}  // namespace
}  // namespace mehr::link
