// Listening before sending, and the bounded queue.
#include <gtest/gtest.h>

#include "core/wire/airtime.h"
#include "tools/mehr-radio/csma.h"
#include "tools/mehr-radio/transmit_queue.h"

namespace mehr::mehr_radio {
namespace {

constexpr Modulation kTuned{868'200'000, 125'000, 8, 5};

// Polls every millisecond; the time until it is this radio's turn.
Duration contend(Csma& csma, const std::function<bool(Duration)>& medium_free) {
  for (Duration passed{}; passed < 60s; passed += 1ms) {
    if (csma.poll(medium_free(passed), kTuned, Time{100s} + passed)) return passed;
  }
  return 60s;
}

TEST(Csma, WaitsTwoSlotsAndUpToFifteenMore) {
  SeededRandom random(7);
  Csma csma(random);
  Duration shortest = 60s, longest{};
  for (int round = 0; round < 300; ++round) {
    const Duration waited = contend(csma, [](Duration) { return true; });
    shortest = std::min(shortest, waited);
    longest = std::max(longest, waited);
    EXPECT_EQ((waited - kTuned.difs()) % kTuned.slot(), 0ms);
  }
  EXPECT_EQ(shortest, kTuned.difs());
  EXPECT_EQ(longest, kTuned.difs() + 14 * kTuned.slot());
}

TEST(Csma, KeepsTheSlotsAlreadyWaitedFor) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    SeededRandom undisturbed(seed), disturbed(seed);
    Csma first(undisturbed), second(disturbed);
    const Duration without = contend(first, [](Duration) { return true; });
    const auto busy = [](Duration at) { return at >= 60ms && at < 500ms; };
    const Duration with = contend(second, [&](Duration at) { return !busy(at); });
    if (without < 60ms) {
      EXPECT_EQ(with, without);
    } else {
      // 12 ms of window were counted before the medium was taken; the silence begins anew.
      EXPECT_NEAR(to_seconds(with), to_seconds(500ms + without - 11ms), 0.0015) << seed;
    }
  }
}

TEST(Csma, NeverSendsIntoAFrame) {
  SeededRandom random(1);
  Csma csma(random);
  EXPECT_EQ(contend(csma, [](Duration) { return false; }), 60s);
}

TEST(Csma, WindowMovesUpWithOwnAirtime) {
  SeededRandom random(1);
  Csma csma(random);
  EXPECT_FALSE(csma.set_airtime(0.07));
  EXPECT_TRUE(csma.set_airtime(0.08));
  EXPECT_EQ(csma.window(), (Csma::Window{2, 15, 29}));
  EXPECT_TRUE(csma.set_airtime(0.40));
  EXPECT_EQ(csma.window(), (Csma::Window{3, 30, 44}));
  EXPECT_TRUE(csma.set_airtime(0.95));
  EXPECT_EQ(csma.window(), (Csma::Window{4, 45, 59}));
  EXPECT_TRUE(csma.set_airtime(0.0));
  EXPECT_EQ(csma.window(), (Csma::Window{1, 0, 14}));
}

TEST(TransmitQueue, ShortPacketIsOneFrameWithAHeader) {
  SeededRandom random(1);
  TransmitQueue queue(random);
  const Bytes packet(254, 0xAA);
  queue.push(packet);
  const auto frame = queue.next_frame(false);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->size(), 255U);
  EXPECT_EQ(frame->front() & 0x0F, 0);
  EXPECT_EQ(Bytes(frame->begin() + 1, frame->end()), packet);
  EXPECT_FALSE(queue.in_packet());
  EXPECT_FALSE(queue.next_frame(false));
}

TEST(TransmitQueue, LongPacketIsTwoFramesThatAReceiverJoins) {
  SeededRandom random(1);
  TransmitQueue queue(random);
  Bytes packet(508);
  SeededRandom(2).fill(packet);
  queue.push(packet);
  const auto first = queue.next_frame(false);
  EXPECT_TRUE(queue.in_packet());
  const auto second = queue.next_frame(false);
  EXPECT_FALSE(queue.in_packet());
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->size(), 255U);
  EXPECT_EQ(second->size(), 255U);
  EXPECT_EQ(first->front(), second->front());
  EXPECT_EQ(first->front() & wire::kRnodeSplit, wire::kRnodeSplit);
  wire::RnodeAirReceiver receiver;
  EXPECT_TRUE(receiver.receive(*first).empty());
  EXPECT_EQ(receiver.receive(*second), packet);
}

TEST(TransmitQueue, DropsBeyondItsBytesInSilence) {
  SeededRandom random(1);
  TransmitQueue queue(random);
  for (int packet = 0; packet < 13; ++packet)
    queue.push(Bytes(500, 1));
  EXPECT_EQ(queue.packets(), 12U);
  EXPECT_EQ(queue.bytes(), 6000U);
  EXPECT_EQ(queue.dropped(), 1U);
  queue.push(Bytes(144, 1));
  EXPECT_TRUE(queue.full());
}

TEST(TransmitQueue, DropsBeyondItsPacketsAndWhatNoFrameHolds) {
  SeededRandom random(1);
  TransmitQueue queue(random);
  for (int packet = 0; packet < 201; ++packet)
    queue.push(Bytes(20, 1));
  EXPECT_EQ(queue.packets(), 200U);
  EXPECT_TRUE(queue.full());
  queue.clear();
  queue.push(Bytes(509, 1));
  queue.push({});
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.dropped(), 3U);
}

}  // namespace
}  // namespace mehr::mehr_radio
