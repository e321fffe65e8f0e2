// The life of keys as Links runs it: worn by bytes as well as by time, gone when they should be,
// and addresses that follow only what is newest.
#include <gtest/gtest.h>

#include "hop_wire.h"
#include "pair.h"

namespace mehr::link {
namespace {

struct Linked {
  HopNetwork net;
  HopNode alice{net.wire, "a:1", 1}, bob{net.wire, "b:1", 2};
  NeighbourId to_bob, to_alice;

  explicit Linked(std::uint64_t bitrate_bps = 100'000'000) {
    for (HopNode* node : {&alice, &bob})
      node->links.carrier_up(0, {.name = "udp", .bitrate_bps = bitrate_bps}, net.now);
    alice.links.maintain_peer({0, "b:1"}, {}, net.now);
    net.run(3s);
    to_bob = alice.up.begin()->second.id;
    to_alice = bob.up.begin()->second.id;
  }
};

/// 5 MB through a link whose keys last 1 MB, without a single timer: the bytes themselves ask for
/// new keys, from whichever end.
TEST(Keys, BytesAloneReKeyBeforeTheHardStop) {
  for (const bool from_initiator : {true, false}) {
    Linked ends(64'000);
    HopNode& from = from_initiator ? ends.alice : ends.bob;
    HopNode& to = from_initiator ? ends.bob : ends.alice;
    const NeighbourId id = from_initiator ? ends.to_bob : ends.to_alice;
    const Bytes record = packet_record(std::string(1'000, 'x'));
    for (int i = 0; i < 5'000; ++i) {
      ASSERT_GT(from.links.send(id, record, 0, ends.net.now), 0U) << i;
      ends.net.deliver_all();
      ends.net.now += 1ms;
    }
    EXPECT_EQ(to.records.size(), 5'000U);
    EXPECT_GE(from.links.neighbours()[0].epoch, 4U);
  }
}

TEST(Keys, AFrameThatWasLateDoesNotMoveTheAddressBack) {
  Linked ends;
  ends.alice.links.send(ends.to_bob, packet_record("late"), 0, ends.net.now);
  const Bytes late = ends.net.wire.flights.back().frame;
  ends.alice.links.send(ends.to_bob, packet_record("new"), 0, ends.net.now);
  const Bytes newest = ends.net.wire.flights.back().frame;
  ends.net.wire.flights.clear();
  ends.bob.links.receive({0, "a:2"}, newest, {}, ends.net.now);
  ends.bob.links.receive({0, "a:1"}, late, {}, ends.net.now);
  EXPECT_EQ(ends.bob.records.size(), 2U);
  EXPECT_EQ(ends.bob.links.neighbours()[0].path.address, "a:2");
}

TEST(Keys, FramesUnderOldKeysNeverMoveTheAddressAndSoonAreStrangers) {
  Linked ends;
  std::vector<Bytes> old;
  for (int i = 0; i < 2; ++i) {
    ends.alice.links.send(ends.to_bob, packet_record("old"), 0, ends.net.now);
    old.push_back(ends.net.wire.flights.back().frame);
  }
  ends.net.wire.flights.clear();
  ends.alice.links.rekey(ends.to_bob, ends.net.now);
  ends.net.deliver_all();  // nobody sends anything, and still both change
  ASSERT_EQ(ends.bob.links.neighbours()[0].epoch, 1U);
  ends.bob.links.receive({0, "a:2"}, old[0], {}, ends.net.now);
  EXPECT_EQ(ends.bob.records.size(), 1U) << "on the way while the keys changed: not lost";
  EXPECT_EQ(ends.bob.links.neighbours()[0].path.address, "a:1");
  ends.net.run(15s);
  ends.bob.links.receive({0, "a:2"}, old[1], {}, ends.net.now);
  EXPECT_EQ(ends.bob.records.size(), 1U) << "old keys are gone after ten seconds";
  EXPECT_GT(ends.bob.counters.value(border::Counter::kHopUnknownIndex), 0U);
}

TEST(Keys, LanesBeyondThoseThePeerReceivesOnAreFoldedIn) {
  Linked ends;
  for (int lane = 0; lane < 8; ++lane) {
    ends.alice.links.send(ends.to_bob, packet_record("x"), static_cast<std::uint8_t>(lane),
                          ends.net.now);
  }
  ends.net.deliver_all();
  EXPECT_EQ(ends.bob.records.size(), 8U);
}

/// One offer a pair of keys: a peer that keeps changing it makes us compute nothing.
TEST(Keys, ASecondOfferForTheSameKeysIsIgnored) {
  Pair pair;
  std::uint32_t indices = 100;
  const auto next = [&indices] { return ++indices; };
  Session alice(pair.at_alice, {}, pair.random, next, Time{1s});
  Session bob(pair.at_bob, {}, pair.random, next, Time{1s});
  const auto offer = [&](std::uint32_t sender_index) {
    wire::HopRecord record;
    record.hop_class.priority = wire::HopPriority::kP0;
    record.hop_class.control = true;
    record.price_or_type = static_cast<std::uint8_t>(wire::HopControl::kRekeyOffer);
    const Bytes body =
        wire::encode_hop_rekey({1, sender_index, Ephemeral(pair.random).public_key()});
    record.body = body;
    Bytes out;
    wire::append_hop_record(out, record);
    const Bytes frame = *alice.seal(out, 0, Time{2s});
    bob.open(*wire::decode_hop_data(frame, false), Time{2s});
    return bob.take_reply();
  };
  EXPECT_FALSE(offer(7).empty());
  const std::uint32_t before = indices;
  EXPECT_TRUE(offer(8).empty());
  EXPECT_EQ(indices, before);
}

/// An authenticated radio peer names an index that a compact header cannot hold.
TEST(Keys, AReKeyToAnIndexARadioCannotAddressIsIgnored) {
  Pair pair;
  SessionOptions options;
  options.compact = true;
  std::uint32_t index = 40;
  Session alice(
      pair.at_alice, options, pair.random, [] { return 4'000U; }, Time{1s});
  Session bob(
      pair.at_bob, options, pair.random, [&index] { return ++index; }, Time{1s});
  const Bytes frame = *alice.seal(alice.maintain(Time{2s}, true), 0, Time{2s});
  bob.open(*wire::decode_hop_data(frame, true), Time{2s});
  EXPECT_TRUE(bob.take_reply().empty());
  EXPECT_EQ(bob.local_indices().size(), 1U);
}

}  // namespace
}  // namespace mehr::link
