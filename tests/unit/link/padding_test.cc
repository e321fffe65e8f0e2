// Frames of small records come in few sizes, and only where that is affordable and hides something.
#include "controlplane/link/padding.h"

#include <gtest/gtest.h>

#include <set>

#include "hop_wire.h"

namespace mehr::link {
namespace {

const CarrierTraits kFast{};
constexpr std::size_t kRoom = 1'200;

Bytes record_of(std::size_t body, wire::HopPriority priority) {
  Bytes out;
  const Bytes bytes(body, 7);
  wire::append_hop_record(out, {{.priority = priority}, 0, bytes});
  return out;
}

std::size_t padded(std::size_t body, wire::HopPriority priority = wire::HopPriority::kP1) {
  const Bytes records = record_of(body, priority);
  return records.size() + padding_for(Padding::kBuckets, kFast, records, kRoom);
}

TEST(Padding, SmallFramesComeInFourSizes) {
  std::set<std::size_t> sizes;
  for (std::size_t body = 0; body <= 500; ++body)
    sizes.insert(padded(body));
  EXPECT_EQ(sizes, (std::set<std::size_t>{128, 256, 384, 512}));
  EXPECT_EQ(padded(600), 604U) << "large ones are left alone";
}

TEST(Padding, BulkIsNeverPadded) {
  EXPECT_EQ(padded(50, wire::HopPriority::kP3), 54U);
  EXPECT_EQ(padded(50, wire::HopPriority::kP2), 128U);
  Bytes mixed = record_of(20, wire::HopPriority::kP0);
  append(mixed, record_of(20, wire::HopPriority::kP3));
  EXPECT_EQ(padding_for(Padding::kBuckets, kFast, mixed, kRoom), 0U);
}

TEST(Padding, SlowLinksRadiosAndWhoDoesNotWantItAreSpared) {
  const Bytes records = record_of(50, wire::HopPriority::kP1);
  EXPECT_EQ(padding_for(Padding::kNone, kFast, records, kRoom), 0U);
  EXPECT_EQ(padding_for(Padding::kBuckets, {.name = "radio", .compact = true}, records, kRoom), 0U);
  EXPECT_EQ(padding_for(Padding::kBuckets, {.name = "cable", .padded = false}, records, kRoom), 0U);
  EXPECT_EQ(padding_for(Padding::kBuckets, {.name = "dsl", .bitrate_bps = 999'999}, records, kRoom),
            0U);
}

TEST(Padding, NeverBeyondWhatAFrameHolds) {
  const Bytes records = record_of(300, wire::HopPriority::kP1);
  EXPECT_EQ(padding_for(Padding::kBuckets, kFast, records, 350), 46U);
  EXPECT_EQ(padding_for(Padding::kBuckets, kFast, records, 304), 0U);
  EXPECT_EQ(padding_for(Padding::kBuckets, kFast, records, 307), 0U);
  EXPECT_EQ(padding_for(Padding::kBuckets, kFast, records, 100), 0U);
}

TEST(Padding, FramesOfALinkAreFilledAndTheirRecordsArriveAlone) {
  HopNetwork net;
  HopNode alice(net.wire, "a:1", 1), bob(net.wire, "b:1", 2);
  alice.links.maintain_peer({0, "b:1"}, {}, net.now);
  net.run(2s);
  const NeighbourId to_bob = alice.up.begin()->second.id;
  std::set<std::size_t> sizes;
  for (std::size_t body = 1; body <= 120; ++body) {
    sizes.insert(alice.links.send(to_bob, record_of(body, wire::HopPriority::kP1), 0, net.now));
  }
  alice.links.rekey(to_bob, net.now);
  sizes.insert(net.wire.flights.back().frame.size());
  net.deliver_all();
  EXPECT_EQ(sizes, (std::set<std::size_t>{128 + wire::kHopOverhead}));
  EXPECT_EQ(bob.records.size(), 120U);
}

TEST(Padding, OnlyOneWayToWriteIt) {
  const auto decodes = [](ByteView plaintext) {
    return wire::decode_hop_records(plaintext, [](const wire::HopRecord&) {});
  };
  Bytes records = record_of(3, wire::HopPriority::kP1);
  const std::size_t at = records.size();
  wire::append_hop_padding(records, 12);
  EXPECT_TRUE(decodes(records));
  Bytes spoken = records;
  spoken.back() = 1;
  EXPECT_FALSE(decodes(spoken)) << "padding that says something";
  Bytes classed = records;
  classed[at + 2] = 0x41;
  EXPECT_FALSE(decodes(classed)) << "padding of another class";
  append(records, record_of(3, wire::HopPriority::kP1));
  EXPECT_FALSE(decodes(records)) << "something behind padding";
}

}  // namespace
}  // namespace mehr::link
