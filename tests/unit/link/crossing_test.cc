// Handshakes that cross: both ends want the link, perhaps under different addresses, and somebody
// tries to make use of it. Always one link at the end, the same at both ends, and it stays.
#include <gtest/gtest.h>

#include "hop_wire.h"

namespace mehr::link {
namespace {

using border::Counter;

void expect_one_lasting_link(HopNetwork& net, HopNode& alice, HopNode& bob) {
  net.run(60s);
  ASSERT_EQ(alice.up.size(), 1U);
  ASSERT_EQ(bob.up.size(), 1U);
  const auto downs = alice.downs.size() + bob.downs.size();
  const NeighbourId at_alice = alice.up.begin()->second.id;
  net.run(600s);
  EXPECT_EQ(alice.downs.size() + bob.downs.size(), downs) << "no link replaces another for ever";
  ASSERT_EQ(alice.up.size(), 1U);
  EXPECT_EQ(alice.up.begin()->second.id, at_alice);
  alice.links.send(at_alice, packet_record("to bob"), 0, net.now);
  bob.links.send(bob.up.begin()->second.id, packet_record("to alice"), 0, net.now);
  net.run(1s);
  EXPECT_EQ(bob.records.size(), 1U);
  EXPECT_EQ(alice.records.size(), 1U);
}

/// Alice is behind a NAT that forwards the port Bob was told: two addresses, one node.
TEST(Crossing, TwoAddressesOfOnePeerStillMakeOneLink) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    HopNetwork net;
    HopNode alice(net.wire, "a:1", seed * 2), bob(net.wire, "b:1", seed * 2 + 1);
    net.wire.outside_of["a:1"] = "nat:999";
    const bool by_name = seed % 2 == 0;
    alice.links.maintain_peer({0, "b:1"}, by_name ? std::optional(bob.id()) : std::nullopt,
                              net.now);
    bob.links.maintain_peer({0, "a:1"}, by_name ? std::optional(alice.id()) : std::nullopt,
                            net.now);
    alice.links.tick(net.now);
    bob.links.tick(net.now);
    expect_one_lasting_link(net, alice, bob);
  }
}

TEST(Crossing, LossNeverLeavesEachEndWithADifferentLink) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    HopNetwork net;
    net.loss_percent = 40;
    net.chance = SeededRandom(seed);
    HopNode alice(net.wire, "a:1", seed * 2), bob(net.wire, "b:1", seed * 2 + 1);
    if (seed % 2 == 0) net.wire.outside_of["a:1"] = "nat:999";
    alice.links.maintain_peer({0, "b:1"}, bob.id(), net.now);
    bob.links.maintain_peer({0, "a:1"}, alice.id(), net.now);
    net.run(20s);
    net.loss_percent = 0;
    SCOPED_TRACE(seed);
    expect_one_lasting_link(net, alice, bob);
  }
}

/// Neither lists the other for incoming links: being wanted by name is welcome enough.
TEST(Crossing, AWantedPeerIsWelcomeWhoeverBegins) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    HopNetwork net;
    HopNode alice(net.wire, "a:1", seed * 2, LinksConfig{}),
        bob(net.wire, "b:1", seed * 2 + 1, LinksConfig{});
    alice.links.maintain_peer({0, "b:1"}, bob.id(), net.now);
    bob.links.maintain_peer({0, "a:1"}, alice.id(), net.now);
    alice.links.tick(net.now);
    bob.links.tick(net.now);
    net.run(2s);
    EXPECT_EQ(alice.up.size(), 1U);
    EXPECT_EQ(bob.up.size(), 1U);
  }
}

/// A hello proves nothing: one that pretends to come from the wanted peer must not end ours.
TEST(Crossing, SpoofedHellosOfTheWantedPeerChangeNothing) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), bob(net.wire, "b:1", 2);
  alice.links.maintain_peer({0, "b:1"}, bob.id(), net.now);
  alice.links.tick(net.now);
  for (std::uint8_t i = 1; i < 30; ++i) {
    wire::HopHello spoofed;
    spoofed.sender_index = i;
    spoofed.ephemeral.bytes[31] = i;  // smaller than any honest one
    spoofed.padded = true;
    alice.links.receive({0, "b:1"}, wire::encode_hop_hello(spoofed), {}, net.now);
  }
  net.run(1s);
  EXPECT_EQ(alice.up.size(), 1U);
  EXPECT_EQ(bob.up.size(), 1U);
}

/// On a radio everybody hears the hello, and the wrong one may be quicker.
TEST(Crossing, AnUnexpectedAnswerDoesNotKeepTheRightOneOut) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), bob(net.wire, "b:1", 2), mallory(net.wire, "m:1", 3);
  alice.links.maintain_peer({0, "b:1"}, bob.id(), net.now);
  alice.links.tick(net.now);
  const Bytes hello = net.wire.flights.front().frame;
  mallory.links.receive({0, "a:1"}, hello, {}, net.now);
  alice.links.receive({0, "b:1"}, net.wire.flights.back().frame, {}, net.now);
  EXPECT_EQ(alice.counters.value(Counter::kHopUnwelcome), 1U);
  net.wire.flights.pop_back();
  net.deliver_all();
  EXPECT_EQ(alice.up.size(), 1U);
  EXPECT_EQ(bob.up.size(), 1U);
}

}  // namespace
}  // namespace mehr::link
