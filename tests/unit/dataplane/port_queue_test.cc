// What waits for a port: who goes first, who keeps a share, what is given up, and that every buffer
// and every packet is accounted for.
#include "dataplane/tables/port_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "tests/unit/dataplane/rig.h"

namespace mehr::dataplane::test {
namespace {

using border::Counter;

constexpr std::uint64_t kSecond = 1'000'000'000;  // ticks

HeldPacket held(unsigned priority, std::uint16_t size, std::uint64_t since, NeighbourIndex to = 1) {
  HeldPacket out;
  out.packet.size = size;
  out.packet.to = to;
  out.packet.fate = Fate::kForward;
  out.packet.hop_class = static_cast<std::uint8_t>(priority << 6);
  out.since = since;
  return out;
}

unsigned priority_of(const HeldPacket& packet) {
  return packet.packet.hop_class >> 6;
}

TEST(PortQueue, ThePortThatTakesEverythingHoldsNothing) {
  PortQueue queue({}, kSecond);
  for (std::uint64_t i = 0; i < 100'000; ++i)
    ASSERT_TRUE(queue.passes(1'500, i));
  EXPECT_TRUE(queue.empty());
}

TEST(PortQueue, HigherClassesGoFirstAndEachInOrder) {
  PortQueue queue({}, kSecond);
  for (std::uint16_t i = 0; i < 40; ++i)
    queue.hold(3u - i % 4, held(3u - i % 4, static_cast<std::uint16_t>(100 + i), 0));
  EXPECT_FALSE(queue.passes(10, 0)) << "nothing overtakes what waits";
  std::vector<HeldPacket> out(64);
  // The lowest class has no tenth coming yet when so little goes before it.
  ASSERT_EQ(queue.take(out, 1), 40u);
  for (std::size_t i = 1; i < 40; ++i) {
    const unsigned before = priority_of(out[i - 1]), now = priority_of(out[i]);
    EXPECT_TRUE(before != now || out[i - 1].packet.size < out[i].packet.size);
    EXPECT_TRUE(now == 3 || before == 3 || before <= now);
  }
  EXPECT_TRUE(queue.empty());
}

/// Bytes that left by class when all four classes are offered `load` times the rate in equal parts.
std::array<double, 4> shares(std::array<double, 4> load, std::uint64_t& late) {
  constexpr std::uint64_t kRate = 12'500'000;  // bytes/s
  PortQueue queue({}, kSecond);
  queue.set_rate(kRate, 0);
  std::array<double, 4> sent{}, offered{};
  std::vector<HeldPacket> out(64);
  SeededRandom random(1);
  for (std::uint64_t now = 0; now < 2 * kSecond; now += 100'000) {
    for (unsigned priority = 0; priority < 4; ++priority) {
      offered[priority] += load[priority] * kRate * 100'000 / kSecond;
      while (offered[priority] > 0) {
        const auto size = static_cast<std::uint16_t>(64 + random.below(1'400));
        offered[priority] -= size + PortQueue::kOverhead;
        if (queue.passes(size, now)) {
          sent[priority] += size + PortQueue::kOverhead;
        } else if (queue.has_room(priority)) {
          queue.hold(priority, held(priority, size, now));
        }
      }
    }
    const std::size_t count = queue.take(out, now);
    for (std::size_t i = 0; i < count; ++i) {
      if (out[i].packet.fate == Fate::kDrop) {
        ++late;
      } else {
        sent[priority_of(out[i])] += out[i].packet.size + PortQueue::kOverhead;
      }
    }
  }
  for (double& each : sent)
    each /= 2.0 * kRate;
  return sent;
}

TEST(PortQueue, TheLowestClassKeepsATenthOfAFullPort) {
  std::uint64_t late = 0;
  const auto sent = shares({0.5, 0.5, 0.5, 0.5}, late);
  EXPECT_NEAR(sent[0] + sent[1] + sent[2] + sent[3], 1.0, 0.01);
  EXPECT_NEAR(sent[0], 0.5, 0.01);
  EXPECT_NEAR(sent[1], 0.4, 0.01);
  EXPECT_NEAR(sent[3], 0.1, 0.005);
}

TEST(PortQueue, WhatTheHigherClassesLeaveGoesToTheLowest) {
  std::uint64_t late = 0;
  const auto sent = shares({0.2, 0.1, 0.1, 0.9}, late);
  EXPECT_NEAR(sent[0], 0.2, 0.01);
  EXPECT_NEAR(sent[1], 0.1, 0.01);
  EXPECT_NEAR(sent[2], 0.1, 0.01);
  EXPECT_NEAR(sent[3], 0.6, 0.01);
  EXPECT_EQ(late, 0u);
}

TEST(PortQueue, WhatWaitedTooLongIsGivenBackAsLate) {
  PortQueue queue({}, kSecond);
  queue.set_rate(1, 0);
  while (queue.passes(1'000, 0)) {
  }
  queue.hold(0, held(0, 1'000, 0));
  queue.hold(3, held(3, 1'000, 0));
  std::vector<HeldPacket> out(8);
  EXPECT_EQ(queue.take(out, kSecond / 2), 0u);
  ASSERT_EQ(queue.take(out, kSecond / 2 + 1), 1u);
  EXPECT_EQ(out[0].packet.fate, Fate::kDrop);
  EXPECT_EQ(out[0].packet.reason, Counter::kTxDeadline);
  EXPECT_EQ(queue.take(out, 100 * kSecond), 0u) << "the lowest class waits as long as it takes";
  EXPECT_EQ(queue.waiting(), 1u);
}

TEST(PortQueue, AFullClassTakesNoMoreAndTheOthersDo) {
  PortQueueLimits limits;
  limits.packets = {2, 2, 2, 3};
  PortQueue queue(limits, kSecond);
  for (unsigned i = 0; i < 3; ++i)
    queue.hold(3, held(3, 100, 0));
  EXPECT_FALSE(queue.has_room(3));
  EXPECT_TRUE(queue.has_room(0));
}

TEST(PortQueue, PacketsOfANeighbourThatWentAreDropped) {
  PortQueue queue({}, kSecond);
  queue.hold(1, held(1, 100, 0, 4));
  queue.hold(1, held(1, 100, 0, 5));
  queue.forget(4);
  std::vector<HeldPacket> out(8);
  ASSERT_EQ(queue.take(out, 1), 2u);
  EXPECT_EQ(out[0].packet.reason, Counter::kHopNoCarrier);
  EXPECT_EQ(out[0].packet.fate, Fate::kDrop);
  EXPECT_EQ(out[1].packet.fate, Fate::kForward);
}

TEST(PortQueue, StalledFramesGoBeforeEverythingElse) {
  PortQueue queue({}, kSecond);
  std::vector<Frame> frames(100);
  for (std::uint32_t i = 0; i < 100; ++i)
    frames[i].size = i;
  EXPECT_EQ(queue.stall(frames), 100u);
  EXPECT_EQ(queue.stall(frames), 2 * kBurst - 100);
  EXPECT_FALSE(queue.passes(10, 0));
  queue.hold(0, held(0, 10, 0));
  std::vector<HeldPacket> out(8);
  EXPECT_EQ(queue.take(out, 0), 0u);
  queue.unstall(60);
  EXPECT_EQ(queue.stalled().front().size, 60u);
  queue.unstall(queue.stalled().size());
  EXPECT_EQ(queue.take(out, 0), 1u);
}

/// A rig whose neighbours all leave through port 0, at a rate that lets two packets through.
class QueuedRig : public testing::Test {
 protected:
  QueuedRig() {
    rig.worker.queues.emplace_back(PortQueueLimits{}, kRigSecond);
    queue().set_rate(1, rig.now);
    while (queue().passes(0, rig.now)) {
    }
  }
  static constexpr Ticks kRigSecond = 1'000'000;
  PortQueue& queue() { return rig.worker.queues[0]; }
  void release() {
    auto burst = std::make_unique<Burst>();
    burst->now = rig.now;
    while (dataplane::release(rig.worker, *burst, 0)) {
    }
  }
  Bytes left() {
    Bytes out;
    for (const Sent& sent : rig.recorder.sent)
      append(out, rig.opened(sent));
    return out;
  }
  Rig rig;
};

TEST_F(QueuedRig, HoldsPacketsUnsealedAndSealsThemInTheOrderTheyLeave) {
  const Hash16 destination = rig.add_path(3, true);
  std::vector<Record> expected;
  std::vector<Record> together;
  for (std::uint8_t i = 0; i < 6; ++i) {
    const Bytes packet = rig.transport_packet(destination, 0, 20u + i);
    const auto hop_class = static_cast<std::uint8_t>((2 - i % 3) << 6);
    Bytes leaves{static_cast<std::uint8_t>(packet[0] & 0x0F), 1};
    append(leaves, ByteView(packet).subspan(18));
    together.push_back({hop_class, 0, packet});
    expected.push_back({hop_class, 0, leaves});
  }
  std::stable_sort(expected.begin(), expected.end(), [](const Record& a, const Record& b) {
    return a.hop_class >> 6 < b.hop_class >> 6;
  });
  // Half of them in a frame of their own, half in one frame together.
  std::vector<Bytes> frames;
  for (std::uint64_t i = 0; i < 3; ++i)
    frames.push_back(Rig::sealed(1, i, run_of({together[i]})));
  frames.push_back(Rig::sealed(1, 3, run_of({together[3], together[4], together[5]})));
  rig.burst(frames, 6);
  EXPECT_TRUE(rig.recorder.sent.empty());
  EXPECT_EQ(queue().waiting(), 6u);
  EXPECT_EQ(rig.count(Counter::kDataRelayed), 0u);
  EXPECT_EQ(rig.worker.neighbours[3].send.next_sequence, 0u);

  queue().set_rate(PolicerRate::kUnlimited, rig.now);
  release();
  EXPECT_EQ(left(), run_of(expected));
  EXPECT_EQ(rig.count(Counter::kDataRelayed), 6u);
  EXPECT_EQ(rig.count(Counter::kPacketReceived), 6u);
  EXPECT_EQ(rig.pool.living(), 0u);
}

TEST_F(QueuedRig, CountsWhatFindsNoRoomAndWhatComesTooLate) {
  const Hash16 destination = rig.add_path(3, true);
  const auto frame = [&](std::uint64_t sequence) {
    return Rig::sealed(1, sequence, run_of({{0x00, 0, rig.transport_packet(destination, 0, 20)}}));
  };
  std::uint64_t sequence = 0;
  for (unsigned i = 0; i < 1'024 / 32; ++i) {
    std::vector<Bytes> frames;
    for (unsigned j = 0; j < 32; ++j)
      frames.push_back(frame(sequence++));
    rig.burst(frames, 32 * (i + 1));
  }
  rig.burst({frame(sequence++)}, 1'024);
  EXPECT_EQ(rig.count(Counter::kTxQueueFull), 1u);
  rig.now += kRigSecond * 6 / 10;
  release();
  EXPECT_EQ(rig.count(Counter::kTxDeadline), 1'024u);
  EXPECT_EQ(rig.count(Counter::kPacketReceived), 1'025u);
  EXPECT_TRUE(rig.recorder.sent.empty());
  EXPECT_EQ(rig.pool.living(), 0u);
}

}  // namespace
}  // namespace mehr::dataplane::test
