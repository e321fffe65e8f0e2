// The parts of a hop one by one: reassembly, flight, rounds, pacer.
#include <gtest/gtest.h>

#include "controlplane/neighbour/flight.h"
#include "controlplane/neighbour/history.h"
#include "controlplane/neighbour/pacer.h"
#include "controlplane/neighbour/reassembly.h"
#include "controlplane/neighbour/rounds.h"

namespace mehr::neighbour {
namespace {

const Time kStart = Time{} + 1h;

wire::HopFragment fragment(std::uint32_t number, std::size_t total, std::size_t offset,
                           ByteView piece) {
  wire::HopFragment out;
  out.number = number;
  out.total = static_cast<std::uint16_t>(total);
  out.offset = static_cast<std::uint16_t>(offset);
  out.piece = piece;
  return out;
}

TEST(Reassembly, TakesPiecesInAnyOrderAndOverlapping) {
  const Bytes body{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const ByteView all = body;
  Reassembly reassembly;
  EXPECT_FALSE(reassembly.add(fragment(1, 10, 6, all.subspan(6)), kStart));
  EXPECT_FALSE(reassembly.add(fragment(1, 10, 0, all.first(3)), kStart));
  EXPECT_FALSE(reassembly.add(fragment(1, 10, 0, all.first(3)), kStart));
  EXPECT_FALSE(reassembly.add(fragment(1, 10, 4, all.subspan(4, 4)), kStart));
  const auto whole = reassembly.add(fragment(1, 10, 2, all.subspan(2, 3)), kStart);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->body, body);
  EXPECT_EQ(reassembly.records(), 0U);
}

TEST(Reassembly, IsBoundedInRecordsBytesAndTime) {
  Reassembly reassembly;
  const Bytes piece(100);
  for (std::uint32_t i = 0; i < 1'000; ++i) {
    reassembly.add(fragment(i, 200, 0, piece), kStart + i * 1ms);
    EXPECT_LE(reassembly.records(), Reassembly::kRecords);
  }
  EXPECT_EQ(reassembly.given_up(), 1'000U - Reassembly::kRecords);
  for (std::uint32_t i = 1'000; i < 1'100; ++i)
    reassembly.add(fragment(i, 60'000, 0, piece), kStart + i * 1ms);
  EXPECT_LE(reassembly.records() * 60'000, Reassembly::kBytes);
  EXPECT_LE(reassembly.next_due(), kStart + 1'100ms + Reassembly::kPatience);
  reassembly.tick(kStart + 10s);
  EXPECT_EQ(reassembly.records(), 0U);
  EXPECT_EQ(reassembly.next_due(), Time::max());
}

TEST(Reassembly, ASenderThatContradictsItselfStartsOver) {
  Reassembly reassembly;
  const Bytes piece(4);
  EXPECT_FALSE(reassembly.add(fragment(1, 10, 0, piece), kStart));
  EXPECT_FALSE(reassembly.add(fragment(1, 8, 0, piece), kStart));
  EXPECT_TRUE(reassembly.add(fragment(1, 8, 4, piece), kStart));
}

TEST(Flight, GivesBackOnlyWhatMayHaveVanished) {
  Flight flight;
  flight.left(Bytes(10), 1'400, 0, kStart);
  flight.left(Bytes(11), 1'400, 7, kStart);
  flight.left(Bytes(12), 1'300, 0, kStart);
  flight.left(Bytes(13), 1'450, 0, kStart);
  EXPECT_EQ(flight.canary_since(), kStart);
  flight.answered(7);
  EXPECT_FALSE(flight.canary_since());
  const auto again = flight.take_above(1'300);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].size(), 13U);
  EXPECT_TRUE(flight.take_above(0).empty());
  for (int i = 0; i < 1'000; ++i)
    flight.left(Bytes(1'400), 1'440, 0, kStart);
  EXPECT_LE(flight.take_above(0).size() * 1'400, Flight::kBytes);
}

TEST(Rounds, ThreeSilentOnesAreDeathAndAnythingHeardIsLife) {
  Rounds rounds(Rounds::kRound, Rounds::kHurriedRound, kStart);
  unsigned probes = 0;
  for (Time now = kStart; now < kStart + 29s; now += 100ms)
    probes += rounds.tick(now) ? 1U : 0U;
  EXPECT_EQ(probes, 3 * Rounds::kProbes);
  EXPECT_FALSE(rounds.dead());
  rounds.heard();
  for (Time now = kStart + 29s; now < kStart + 60s; now += 100ms)
    rounds.tick(now);
  EXPECT_FALSE(rounds.dead());
  rounds.tick(kStart + 61s);
  EXPECT_TRUE(rounds.dead());
}

TEST(Rounds, HurriedOnesTakeThreeSeconds) {
  Rounds rounds(Rounds::kRound, Rounds::kHurriedRound, kStart);
  rounds.tick(kStart);
  rounds.heard();
  rounds.hurry(kStart + 1s);
  for (Time now = kStart + 1s; now <= kStart + 4s; now += 100ms)
    rounds.tick(now);
  EXPECT_TRUE(rounds.dead());
}

TEST(Pacer, KeepsToTheRate) {
  Pacer pacer(8'000'000, 2'464, kStart);  // one byte a microsecond
  Time now = kStart;
  std::size_t sent = 0;
  while (now < kStart + 1s) {
    now = pacer.ready_at(now);
    pacer.spend(1'000);
    sent += 1'000;
  }
  EXPECT_NEAR(static_cast<double>(sent), 1e6, 15'000);
  EXPECT_EQ(pacer.time_of(500), 500us);
}

TEST(History, IsBounded) {
  History history;
  IdentityHash one;
  for (int i = 0; i < 100; ++i)
    history.add(one, {kStart + i * 1s, i % 2 == 0, "c", "a", "r"}, false);
  EXPECT_EQ(history.of(one).size(), History::kEvents);
  for (std::size_t i = 0; i < History::kNeighbours; ++i) {
    IdentityHash other;
    other.bytes[0] = static_cast<std::uint8_t>(i);
    other.bytes[1] = static_cast<std::uint8_t>(1 + i / 256);
    history.add(other, {kStart + 1h, true, "", "", ""}, false);
  }
  EXPECT_TRUE(history.of(one).empty());
}

}  // namespace
}  // namespace mehr::neighbour
