// Priorities, the floor, fair shares, deadlines and shared frames.
#include "controlplane/link/scheduler.h"

#include <gtest/gtest.h>

#include <map>

namespace mehr::link {
namespace {

using wire::HopPriority;

wire::HopRecord record(HopPriority priority, const Bytes& body) {
  wire::HopRecord out;
  out.hop_class.priority = priority;
  out.body = body;
  return out;
}

/// Bytes sent per priority when frames of `room` are drawn until `limit` bytes have left.
std::map<HopPriority, std::size_t> draw(Scheduler& scheduler, std::size_t room, std::size_t limit,
                                        Time now) {
  std::map<HopPriority, std::size_t> sent;
  for (std::size_t total = 0; total < limit;) {
    const Bytes frame = scheduler.next_frame(room, now);
    if (frame.empty()) break;
    EXPECT_LE(frame.size(), room);
    total += frame.size();
    EXPECT_TRUE(wire::decode_hop_records(frame, [&](const wire::HopRecord& r) {
      sent[r.hop_class.priority] += r.body.size() + wire::kHopRecordHeader;
    }));
  }
  return sent;
}

TEST(Scheduler, HigherClassesGoFirst) {
  Scheduler scheduler;
  const Time now{1s};
  const Bytes body(100);
  for (const auto priority : {HopPriority::kP2, HopPriority::kP1, HopPriority::kP0}) {
    scheduler.enqueue(record(priority, body), 1, now);
  }
  std::vector<HopPriority> order;
  wire::decode_hop_records(scheduler.next_frame(1'400, now), [&](const wire::HopRecord& r) {
    order.push_back(r.hop_class.priority);
  });
  EXPECT_EQ(order, (std::vector{HopPriority::kP0, HopPriority::kP1, HopPriority::kP2}));
  EXPECT_TRUE(scheduler.empty());
}

TEST(Scheduler, TheLowestClassKeepsATenth) {
  Scheduler scheduler;
  const Time now{1s};
  const Bytes body(996);
  for (int i = 0; i < 500; ++i)
    scheduler.enqueue(record(HopPriority::kP2, body), 1, now);
  for (int i = 0; i < 500; ++i)
    scheduler.enqueue(record(HopPriority::kP3, body), 1, now);
  auto sent = draw(scheduler, 1'000, 400'000, now);
  const double share = static_cast<double>(sent[HopPriority::kP3]) / 400'000;
  EXPECT_NEAR(share, 0.10, 0.01);
}

TEST(Scheduler, EverySourceGetsItsShareOfAClass) {
  Scheduler scheduler;
  const Time now{1s};
  // Source 1 floods with small packets, 2 and 3 send large ones: shares are of bytes.
  std::map<std::uint32_t, std::size_t> sent;
  for (int i = 0; i < 2'000; ++i)
    scheduler.enqueue(record(HopPriority::kP1, Bytes(60, 1)), 1, now);
  for (int i = 0; i < 40; ++i) {
    scheduler.enqueue(record(HopPriority::kP1, Bytes(1'400, 2)), 2, now);
    scheduler.enqueue(record(HopPriority::kP1, Bytes(700, 3)), 3, now);
  }
  for (std::size_t total = 0; total < 60'000;) {
    const Bytes frame = scheduler.next_frame(1'450, now);
    total += frame.size();
    wire::decode_hop_records(frame, [&](const wire::HopRecord& r) {
      sent[r.body[0]] += r.body.size() + wire::kHopRecordHeader;
    });
  }
  for (const std::uint32_t source : {1U, 2U, 3U}) {
    EXPECT_NEAR(static_cast<double>(sent[source]), 20'000, 3'000) << "source " << source;
  }
}

TEST(Scheduler, LateRecordsAreDroppedNotSent) {
  Scheduler scheduler;
  const Time now{1s};
  scheduler.enqueue(record(HopPriority::kP0, Bytes(10)), 1, now);
  scheduler.enqueue(record(HopPriority::kP1, Bytes(10)), 1, now);
  scheduler.enqueue(record(HopPriority::kP3, Bytes(10)), 1, now);
  const auto sent = draw(scheduler, 1'400, 1'000, now + 501ms);
  EXPECT_FALSE(sent.contains(HopPriority::kP0));
  EXPECT_TRUE(sent.contains(HopPriority::kP1));
  EXPECT_TRUE(sent.contains(HopPriority::kP3));
  EXPECT_EQ(scheduler.drops().late, 1U);
}

TEST(Scheduler, LateRecordsOfEverySourceAreDropped) {
  Scheduler scheduler;
  // The second source waits from the start; the first one's are fresh when its turn comes.
  ASSERT_EQ(scheduler.enqueue(record(HopPriority::kP0, Bytes(700, 2)), 2, Time{1s}),
            Scheduler::Verdict::kQueued);
  for (int i = 0; i < 3; ++i)
    scheduler.enqueue(record(HopPriority::kP0, Bytes(700, 1)), 1, Time{1s} + 600ms);
  std::size_t sent = 0;
  for (;;) {
    const Bytes frame = scheduler.next_frame(8'000, Time{1s} + 601ms);
    if (frame.empty()) break;
    EXPECT_TRUE(wire::decode_hop_records(frame, [&](const wire::HopRecord& each) {
      ++sent;
      EXPECT_EQ(each.body[0], 1) << "later than its class allows";
    }));
  }
  EXPECT_EQ(sent, 3u);
  EXPECT_EQ(scheduler.drops().late, 1u);

  // The same when the late one is not the first in turn.
  scheduler.enqueue(record(HopPriority::kP0, Bytes(700, 1)), 1, Time{3s});
  scheduler.enqueue(record(HopPriority::kP0, Bytes(700, 2)), 2, Time{3s});
  scheduler.enqueue(record(HopPriority::kP0, Bytes(700, 1)), 1, Time{3s} + 600ms);
  const Bytes first = scheduler.next_frame(720, Time{3s} + 100ms);
  EXPECT_FALSE(first.empty());
  const Bytes rest = scheduler.next_frame(8'000, Time{3s} + 700ms);
  EXPECT_TRUE(wire::decode_hop_records(
      rest, [](const wire::HopRecord& each) { EXPECT_EQ(each.body[0], 1); }));
  EXPECT_EQ(scheduler.drops().late, 2u);
}

TEST(Scheduler, FullClassesRefuseAndOthersDoNotSuffer) {
  Scheduler scheduler;
  const Time now{1s};
  const Bytes body(1'000);
  int queued = 0;
  for (int i = 0; i < 2'000; ++i) {
    queued +=
        scheduler.enqueue(record(HopPriority::kP3, body), 1, now) == Scheduler::Verdict::kQueued
            ? 1
            : 0;
  }
  EXPECT_EQ(queued, (1 << 20) / 1'004);
  EXPECT_GT(scheduler.occupancy(), 0.99);
  EXPECT_EQ(scheduler.enqueue(record(HopPriority::kP1, body), 1, now), Scheduler::Verdict::kQueued);
}

TEST(Scheduler, OversizeRecordsDoNotBlockTheirClass) {
  Scheduler scheduler;
  const Time now{1s};
  scheduler.enqueue(record(HopPriority::kP1, Bytes(2'000)), 1, now);
  scheduler.enqueue(record(HopPriority::kP1, Bytes(10)), 1, now);
  EXPECT_EQ(scheduler.next_frame(1'000, now).size(), 14U);
  EXPECT_EQ(scheduler.drops().too_big, 1U);
}

TEST(Scheduler, ControlGoesBeforeEverything) {
  Scheduler scheduler;
  const Time now{1s};
  scheduler.enqueue(record(HopPriority::kP0, Bytes(10)), 1, now);
  wire::HopRecord control;
  control.hop_class.control = true;
  control.price_or_type = 5;
  scheduler.enqueue(control, 0, now);
  bool first = true;
  wire::decode_hop_records(scheduler.next_frame(1'000, now), [&](const wire::HopRecord& r) {
    EXPECT_EQ(r.hop_class.control, first);
    first = false;
  });
}

}  // namespace
}  // namespace mehr::link
