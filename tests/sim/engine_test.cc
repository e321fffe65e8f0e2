// The engine's own promises: order, lives, pauses, clocks, links and streams. No gateways.
#include "tools/mehr-sim/engine.h"

#include <gtest/gtest.h>

#include "tools/mehr-sim/air.h"
#include "tools/mehr-sim/node_clock.h"
#include "tools/mehr-sim/sim_reactor.h"

namespace mehr::mehr_sim {
namespace {

TEST(Engine, RunsByTimeThenByOrder) {
  Engine engine(1);
  std::string order;
  const auto note = [&](char name) {
    return Event{kNobody, 0, EventKind::kControl, {}, [&order, name](ByteView) { order += name; }};
  };
  engine.after(2s, note('c'));
  engine.after(1s, note('a'));
  engine.after(1s, note('b'));
  const EventHandle never = engine.after(1s, note('x'));
  engine.cancel(never);
  engine.run_until(Time{3s});
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(engine.now(), Time{3s});
}

TEST(Engine, EventsOfAnOldLifeNeverRunAndThoseOfAPausedHostWait) {
  Engine engine(1);
  const HostId host = engine.add_host();
  int old = 0;
  std::vector<std::int64_t> times;
  engine.after(1s,
               {host, engine.incarnation(host), EventKind::kTimer, {}, [&](ByteView) { ++old; }});
  engine.end_life(host);
  engine.pause(host, Time{5s});
  for (const Duration at : {2s, 3s, 6s}) {
    engine.after(at, {host, engine.incarnation(host), EventKind::kTimer, {}, [&](ByteView) {
                        times.push_back(engine.now().time_since_epoch() / 1s);
                      }});
  }
  engine.run_until(Time{10s});
  EXPECT_EQ(old, 0);
  EXPECT_EQ(times, (std::vector<std::int64_t>{5, 5, 6}));
}

TEST(NodeClock, DriftsAndComesBack) {
  for (const std::int64_t ppm : {-1'000, -3, 0, 7, 1'000}) {
    NodeClock clock(ppm, 1h);
    clock.restart(Time{17s}, 3s);
    for (const Duration ahead : std::initializer_list<Duration>{1us, 999us, 1s, 3'601s, 40 * 24h}) {
      const Time local = Time{3s} + ahead;
      const Time truth = clock.truth(local);
      EXPECT_GE(clock.local(truth), local) << ppm;
      EXPECT_LT(clock.local(truth - 2us), local) << ppm;
    }
    EXPECT_EQ(clock.truth(Time::min()), Time{17s});
    EXPECT_GT(clock.truth(Time::max()), Time{24h});
  }
}

TEST(Link, SlowLinesQueueAndFullOnesDrop) {
  SeededRandom random(1);
  LinkQuality quality;
  quality.bandwidth_bps = 8'000;  // a byte a millisecond
  quality.latency = 50ms;
  quality.jitter = 0us;
  Link link(0, 1, quality);
  const auto first = link.datagram(0, 100, Time{}, random);
  const auto second = link.datagram(0, 100, Time{}, random);
  ASSERT_EQ(first.count, 1U);
  EXPECT_EQ(first.copies[0].at, Time{150ms});
  EXPECT_EQ(second.copies[0].at, Time{250ms});
  std::size_t arrived = 0;
  for (int i = 0; i < 100; ++i)
    arrived += link.datagram(0, 100, Time{}, random).count;
  EXPECT_GT(link.queue_full, 0U);
  EXPECT_LT(arrived, 60U);
}

TEST(Link, Addresses) {
  EXPECT_EQ(address_of(259, 1), "10.1.3.2");
  const auto parsed = address_from("10.1.3.2:4242");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->link, 259U);
  EXPECT_EQ(parsed->side, 1U);
  EXPECT_EQ(parsed->port, 4'242);
  for (const char* bad : {"", "10.0.0", "10.0.0.3", "192.0.2.1", "10.0.0.1:", "10.0.0.1:70000"})
    EXPECT_FALSE(address_from(bad)) << bad;
}

// Two hosts, one line, a stream between them.
class Streams : public testing::Test {
 protected:
  Streams() {
    link_ = internet_.add_link(0, 1, {});
    listener_ = *left_.listen_tcp("0.0.0.0", 1, {}, [this](std::unique_ptr<reactor::Stream> s) {
      server_ = std::move(s);
      server_->start({.data = [this](ByteView data) { got_ += as_text(data); },
                      .closed = [this](const Status&) { closed_ = engine_.now(); },
                      .drained = nullptr});
    });
    attempt_ = right_.connect_tcp(
        address_of(link_, 0), 1, {}, 5s, [this](Result<std::unique_ptr<reactor::Stream>> s) {
          if (!s.ok()) return;
          client_ = *std::move(s);
          client_->start(
              {.data = [](ByteView) {}, .closed = [](const Status&) {}, .drained = nullptr});
        });
    engine_.run_until(Time{1s});
  }
  Engine engine_{1};
  Internet internet_{engine_};
  Air air_{engine_};
  NodeClock clock_{0, 1h};
  LinkNumber link_ = 0;
  SimReactor left_{engine_, internet_, air_, clock_, engine_.add_host()};
  SimReactor right_{engine_, internet_, air_, clock_, engine_.add_host()};
  std::unique_ptr<reactor::Listener> listener_;
  std::shared_ptr<void> attempt_;
  std::unique_ptr<reactor::Stream> server_, client_;
  std::string got_;
  std::optional<Time> closed_;
};

TEST_F(Streams, CarryInOrderAndStallWhileTheLineIsDown) {
  ASSERT_TRUE(client_);
  for (const char* part : {"one ", "two ", "three"})
    EXPECT_TRUE(client_->write(as_bytes(part)));
  engine_.run_until(Time{2s});
  EXPECT_EQ(got_, "one two three");
  internet_.set_up(link_, 0, false);
  EXPECT_TRUE(client_->write(as_bytes(" four")));
  engine_.run_until(Time{12s});
  EXPECT_EQ(got_, "one two three");
  internet_.set_up(link_, 0, true);
  engine_.run_until(Time{15s});
  EXPECT_EQ(got_, "one two three four");
  client_.reset();
  engine_.run_until(Time{16s});
  EXPECT_TRUE(closed_);
}

TEST_F(Streams, BreakAfterTheUserTimeout) {
  internet_.set_up(link_, 1, false);
  engine_.run_until(Time{24s});
  EXPECT_FALSE(closed_);
  engine_.run_until(Time{26s});
  EXPECT_TRUE(closed_);
}

TEST_F(Streams, RefusedWhereNobodyListens) {
  std::optional<bool> ok;
  const auto attempt = right_.connect_tcp(
      address_of(link_, 0), 2, {}, 5s,
      [&](Result<std::unique_ptr<reactor::Stream>> stream) { ok = stream.ok(); });
  engine_.run_until(Time{2s});
  ASSERT_TRUE(ok);
  EXPECT_FALSE(*ok);
}

}  // namespace
}  // namespace mehr::mehr_sim
