// What strangers may cost: replies, places, time. Tests of Links against peers that mean no good.
#include <gtest/gtest.h>

#include "controlplane/link/half_open.h"
#include "hop_wire.h"

namespace mehr::link {
namespace {

using border::Counter;

Bytes hello_of(Random& random, std::uint32_t index, bool padded) {
  return Initiation(random, index, padded).hello();
}

TEST(Strangers, ARepeatedHelloCutShortGetsNoLargerAnswer) {
  HopNetwork net;
  HopNode bob(net.wire, "b:1", 2);
  SeededRandom random(5);
  const Bytes hello = hello_of(random, 7, true);
  bob.links.receive({0, "x:1"}, hello, {}, net.now);
  ASSERT_EQ(net.wire.flights.size(), 1U);
  Bytes cut = hello;
  cut.resize(wire::kHopHelloMin);
  bob.links.receive({0, "x:1"}, cut, {}, net.now);
  EXPECT_EQ(net.wire.flights.size(), 1U) << "a forged source would be sent four times the bytes";
  bob.links.receive({0, "x:1"}, hello, {}, net.now);
  EXPECT_EQ(net.wire.flights.size(), 2U);
}

TEST(Strangers, AReplayFromElsewhereDoesNotTakeTheHonestHellosPlace) {
  HopNetwork net;
  HopNode bob(net.wire, "b:1", 2);
  SeededRandom random(5);
  const Bytes hello = hello_of(random, 7, true);
  bob.links.receive({0, "m:1"}, hello, {}, net.now);
  bob.links.receive({0, "a:1"}, hello, {}, net.now);
  ASSERT_EQ(net.wire.flights.size(), 2U);
  EXPECT_EQ(net.wire.flights.back().to, "a:1");
}

/// A stream cannot forge its source, but it can say hello as fast as it likes.
TEST(Strangers, OneStreamCannotTakeTheHandshakesOfAll) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), bob(net.wire, "b:1", 2);
  bob.links.carrier_up(9, {.name = "tcp", .forgeable_source = false}, net.now);
  SeededRandom random(5);
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    bob.links.receive({9, ""}, hello_of(random, i, false), {}, net.now);
    if (i % 10 == 0) net.now += 10ms;
  }
  EXPECT_LE(bob.links.half_open(), 64U);
  net.wire.flights.clear();
  alice.links.maintain_peer({0, "b:1"}, bob.id(), net.now);
  net.run(1s);
  EXPECT_EQ(bob.up.size(), 1U);
}

/// A connection for every hello: they come from one network all the same.
TEST(Strangers, ManyStreamsOfOneNetworkShareItsRate) {
  HopNetwork net;
  HopNode bob(net.wire, "b:1", 2);
  SeededRandom random(5);
  const auto open = [&](std::uint32_t carrier, const std::string& source) {
    bob.links.carrier_up(carrier, {.name = "tcp", .forgeable_source = false, .source = source},
                         net.now);
    bob.links.receive({carrier, ""}, hello_of(random, carrier, false), {}, net.now);
  };
  for (std::uint32_t i = 0; i < 1'000; ++i)
    open(100 + i, "192.0.2." + std::to_string(i % 200) + ":" + std::to_string(1'024 + i));
  EXPECT_EQ(bob.links.half_open(), 5U);
  EXPECT_EQ(bob.counters.value(Counter::kHopSourceLimited), 995U);
  open(2'000, "198.51.100.7:1024");
  EXPECT_EQ(bob.links.half_open(), 6U) << "another network is not concerned";
}

/// Twelve radios hold more half-open handshakes together than one has indices, and one of them
/// wants more peers than that: every hello is dealt with.
TEST(Strangers, RadiosDoNotTakeIndicesFromOneAnother) {
  HopNetwork net;
  HopNode bob(net.wire, "b:1", 2);
  SeededRandom random(5);
  for (std::uint32_t radio = 1; radio <= 12; ++radio) {
    bob.links.carrier_up(radio, {.name = "radio", .forgeable_source = false, .compact = true},
                         net.now);
    for (std::uint32_t i = 0; i < 60; ++i) {
      bob.links.receive({radio, "x"}, hello_of(random, i % 64, false), {}, net.now);
      net.now += 200ms;
    }
  }
  EXPECT_GT(bob.links.half_open(), 64U);
  for (int i = 0; i < 100; ++i)
    bob.links.maintain_peer({1, "p" + std::to_string(i)}, {}, net.now);
  net.wire.flights.clear();
  bob.links.tick(net.now);
  EXPECT_EQ(net.wire.flights.size(), 4U) << "the others wait for their turn";
  net.run(60s);
  EXPECT_EQ(bob.links.wanted().size(), 100U);
}

/// More hellos on a radio than it has indices: every one is dealt with, and a neighbour still fits.
TEST(Strangers, ARadioFullOfHellosStillHasAnIndexForANeighbour) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), bob(net.wire, "b:1", 2);
  const CarrierTraits radio{.name = "radio",
                            .forgeable_source = false,
                            .compact = true,
                            .max_frame = 255,
                            .bitrate_bps = 20'000};
  alice.links.carrier_up(0, radio, net.now);
  bob.links.carrier_up(0, radio, net.now);
  SeededRandom random(5);
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    bob.links.receive({0, "x"}, hello_of(random, i % 64, false), {}, net.now);
    net.now += 50ms;
  }
  EXPECT_LE(bob.links.half_open(), 8U);
  net.wire.flights.clear();
  alice.links.maintain_peer({0, "b:1"}, bob.id(), net.now);
  net.run(5s);
  EXPECT_EQ(bob.up.size(), 1U);
  ASSERT_EQ(alice.up.size(), 1U);
  alice.links.send(alice.up.begin()->second.id, packet_record("x"), 3, net.now);
  net.run(1s);
  EXPECT_EQ(bob.records.size(), 1U) << "lane 0 on a radio, whatever was asked for";
}

/// A receiver index that does not fit a compact header must not reach the code that writes one.
TEST(Strangers, IndicesARadioCannotAddressAreMalformed) {
  HopNetwork net;
  HopNode bob(net.wire, "b:1", 2);
  bob.links.carrier_up(0, {.name = "radio", .forgeable_source = false, .compact = true}, net.now);
  SeededRandom random(5);
  bob.links.receive({0, "x"}, hello_of(random, 64, false), {}, net.now);
  EXPECT_EQ(bob.counters.value(Counter::kHopMalformed), 1U);
  EXPECT_EQ(bob.links.half_open(), 0U);
}

TEST(Strangers, ARefusedPeerAsksLessAndLessOften) {
  HopNetwork net;
  HopNode bob(net.wire, "b:1", 2, LinksConfig{}), mallory(net.wire, "m:1", 3);
  mallory.links.maintain_peer({0, "b:1"}, {}, net.now);
  net.run(600s);
  EXPECT_TRUE(bob.up.empty());
  EXPECT_LE(bob.counters.value(Counter::kHopUnwelcome), 24U) << "30 s and 10 s apart, not 1 s";
}

TEST(Strangers, WhoFillsTheTableMakesRoomForTheNextOne) {
  SeededRandom random(3);
  const auto self = crypto::PrivateIdentity::generate(random);
  HalfOpenTable table(4);
  for (std::uint32_t i = 0; i < 6; ++i) {
    const auto hello = wire::decode_hop_hello(hello_of(random, i, true));
    auto response = Response::begin(*hello, 100 + i, self.public_identity(), {}, random);
    const CarrierPath path{i % 2, std::to_string(i)};
    table.add(100 + i, {std::move(*response), path, Time{Duration{i}}}, 3);
    ASSERT_NE(table.begun_by(hello->ephemeral, path), nullptr);
    EXPECT_EQ(table.begun_by(hello->ephemeral, {7, "elsewhere"}), nullptr);
  }
  EXPECT_EQ(table.size(), 4U);
  EXPECT_EQ(table.find(100), nullptr) << "the two that would have ended first are gone";
  EXPECT_EQ(table.find(101), nullptr);
  EXPECT_EQ(table.next_due(), Time{Duration{2}});
  EXPECT_EQ(table.expire(Time{Duration{3}}), 2U);
  table.forget_carrier(0);
  EXPECT_EQ(table.size(), 1U);
  table.forget(105);
  EXPECT_EQ(table.next_due(), Time::max());
}

}  // namespace
}  // namespace mehr::link
