// Sessions: frames cross once and in any order, re-keying loses nothing, hard stops stop.
#include "controlplane/link/session.h"

#include <gtest/gtest.h>

#include <deque>

#include "hop_wire.h"
#include "pair.h"

namespace mehr::link {
namespace {

struct Ends {
  Pair pair;
  std::uint32_t indices = 100;
  Time now{1s};
  Session alice, bob;

  explicit Ends(SessionOptions options = {})
      : alice(
            pair.at_alice, options, pair.random, [this] { return ++indices % 64; }, now),
        bob(
            pair.at_bob, options, pair.random, [this] { return ++indices % 64; }, now) {}

  static Session::Opened pass(Session& to, const Bytes& frame, Time now, bool compact = false) {
    const auto decoded = wire::decode_hop_data(frame, compact);
    return decoded ? to.open(*decoded, now) : Session::Opened{};
  }
};

TEST(Session, AFrameOpensOnceAtTheOtherEndOnly) {
  Ends ends;
  const Bytes record = packet_record("hello");
  const Bytes frame = *ends.alice.seal(record, 0, ends.now);
  EXPECT_EQ(frame.size(), record.size() + wire::kHopOverhead);
  EXPECT_NE(Ends::pass(ends.alice, frame, ends.now).verdict, Epoch::Verdict::kOpened);
  const auto opened = Ends::pass(ends.bob, frame, ends.now);
  EXPECT_EQ(opened.verdict, Epoch::Verdict::kOpened);
  EXPECT_EQ(opened.records, record);
  EXPECT_EQ(Ends::pass(ends.bob, frame, ends.now).verdict, Epoch::Verdict::kReplay);
}

TEST(Session, LanesHaveWindowsOfTheirOwn) {
  SessionOptions options;
  options.receive_lanes = 2;
  Ends ends(options);
  const Bytes record = packet_record("x");
  EXPECT_EQ(Ends::pass(ends.bob, *ends.alice.seal(record, 0, ends.now), ends.now).verdict,
            Epoch::Verdict::kOpened);
  EXPECT_EQ(Ends::pass(ends.bob, *ends.alice.seal(record, 1, ends.now), ends.now).verdict,
            Epoch::Verdict::kOpened);
  Bytes beyond = *ends.alice.seal(record, 1, ends.now);
  beyond[15] = 2;  // the lane in the counter
  EXPECT_EQ(Ends::pass(ends.bob, beyond, ends.now).verdict, Epoch::Verdict::kBadLane);
}

TEST(Session, ForgedFramesMoveNothing) {
  Ends ends;
  const Bytes record = packet_record("x");
  Bytes ahead = *ends.alice.seal(record, 0, ends.now);
  ahead[12] = 0xFF;  // far ahead in the sequence: would push the window if believed
  EXPECT_EQ(Ends::pass(ends.bob, ahead, ends.now).verdict, Epoch::Verdict::kForged);
  EXPECT_EQ(Ends::pass(ends.bob, *ends.alice.seal(record, 0, ends.now), ends.now).verdict,
            Epoch::Verdict::kOpened);
}

TEST(Session, CompactFramesCostTwentyBytes) {
  SessionOptions options;
  options.compact = true;
  Ends ends(options);
  const Bytes record = packet_record("radio");
  const Bytes frame = *ends.bob.seal(record, 0, ends.now);
  EXPECT_EQ(frame.size(), record.size() + wire::kHopCompactOverhead);
  EXPECT_EQ(Ends::pass(ends.alice, frame, ends.now, true).records, record);
}

TEST(Session, CompactSequencesAreRebuiltAcrossTheWrap) {
  constexpr std::uint64_t kSpan = 1 << 24;
  EXPECT_EQ(wire::rebuild_hop_sequence(0, 5), 5U);
  EXPECT_EQ(wire::rebuild_hop_sequence(kSpan - 2, 3), kSpan + 3);
  EXPECT_EQ(wire::rebuild_hop_sequence(kSpan + 3, kSpan - 2), kSpan - 2);
  EXPECT_EQ(wire::rebuild_hop_sequence(5 * kSpan + 17, 20), 5 * kSpan + 20);
}

TEST(Session, HardStopEndsASessionThatNeverRekeyed) {
  Ends ends;
  const Bytes record = packet_record("x");
  const Bytes early = *ends.alice.seal(record, 0, ends.now);
  ends.now += from_seconds(3600 * 1.25);
  EXPECT_TRUE(ends.alice.dead(ends.now));
  EXPECT_FALSE(ends.alice.seal(record, 0, ends.now));
  EXPECT_EQ(Ends::pass(ends.bob, early, ends.now).verdict, Epoch::Verdict::kExpired);
}

/// 20,000 frames each way over a wire that loses, doubles and reorders, with a byte limit that
/// forces dozens of re-keys: every frame the wire delivers opens exactly once.
TEST(Session, RekeyUnderLossLosesNoFrameOfItsOwn) {
  SessionOptions options;
  options.limits.bytes = 60'000;
  options.offer_repeat = 20ms;
  options.old_keys_kept = 500ms;
  Ends ends(options);
  SeededRandom random(99);
  struct Flight {
    Bytes frame;
    Session* to;
  };
  std::deque<Flight> wire_queue;
  std::uint64_t delivered = 0, opened = 0, sent = 0;
  const auto send = [&](Session& from, Session& to, const Bytes& records) {
    const auto frame = from.seal(records, 0, ends.now);
    ASSERT_TRUE(frame) << "session died at frame " << sent;
    ++sent;
    if (random.below(10) < 3) return;  // lost
    ++delivered;
    wire_queue.push_back({*frame, &to});
    if (wire_queue.size() > 1 && random.below(4) == 0)
      std::swap(wire_queue.back(), wire_queue[wire_queue.size() - 2]);
  };
  const auto receive = [&](const Flight& flight) {
    const auto got = Ends::pass(*flight.to, flight.frame, ends.now);
    opened += got.verdict == Epoch::Verdict::kOpened ? 1U : 0U;
    Session& other = flight.to == &ends.alice ? ends.bob : ends.alice;
    const Bytes reply = flight.to->take_reply();
    if (!reply.empty()) send(*flight.to, other, reply);
  };
  const Bytes record = packet_record(std::string(100, 'x'));
  for (int i = 0; i < 20'000; ++i) {
    ends.now += 1ms;
    send(ends.alice, ends.bob, record);
    send(ends.bob, ends.alice, record);
    for (auto [from, to] : {std::pair{&ends.alice, &ends.bob}, std::pair{&ends.bob, &ends.alice}}) {
      const Bytes control = from->maintain(ends.now);
      if (!control.empty()) send(*from, *to, control);
    }
    while (wire_queue.size() > 4) {
      const Flight flight = wire_queue.front();
      wire_queue.pop_front();
      receive(flight);
    }
  }
  while (!wire_queue.empty()) {
    const Flight flight = wire_queue.front();
    wire_queue.pop_front();
    receive(flight);
  }
  EXPECT_EQ(opened, delivered);
  EXPECT_GT(ends.alice.epoch(), 20U);
}

TEST(Session, AnOfferThatNobodyFollowsWakesNobodyBeforeTheKeysEnd) {
  Ends ends;
  const Bytes offer = ends.alice.maintain(ends.now, true);
  Ends::pass(ends.bob, *ends.alice.seal(offer, 0, ends.now), ends.now);
  ASSERT_FALSE(ends.bob.take_reply().empty());  // lost, and alice never asks again
  const Time worn = ends.now + 2h;
  EXPECT_TRUE(ends.bob.maintain(worn, false).empty()) << "one pair of keys at a time";
  const Time due = ends.bob.next_due();
  EXPECT_EQ(due, ends.now + 75min) << "not before there is something to do";
  EXPECT_TRUE(ends.bob.dead(due));
}

TEST(Session, BothMayOfferAtOnce) {
  Ends ends;
  const Bytes from_alice = ends.alice.maintain(ends.now, true);
  const Bytes from_bob = ends.bob.maintain(ends.now, true);
  const Bytes a = *ends.alice.seal(from_alice, 0, ends.now);
  const Bytes b = *ends.bob.seal(from_bob, 0, ends.now);
  Ends::pass(ends.bob, a, ends.now);
  Ends::pass(ends.alice, b, ends.now);
  EXPECT_TRUE(ends.alice.take_reply().empty()) << "the initiator's offer wins";
  const Bytes answer = *ends.bob.seal(ends.bob.take_reply(), 0, ends.now);
  Ends::pass(ends.alice, answer, ends.now);
  EXPECT_EQ(ends.alice.epoch(), 1U);
  const Bytes record = packet_record("new");
  EXPECT_EQ(Ends::pass(ends.bob, *ends.alice.seal(record, 0, ends.now), ends.now).records, record);
  EXPECT_EQ(ends.bob.epoch(), 1U);
}

}  // namespace
}  // namespace mehr::link
