// Timers alone, and timers and posted tasks in a running loop.
#include "controlplane/reactor/timers.h"

#include <thread>

#include "tests/unit/reactor/loop_test.h"

namespace mehr::reactor {
namespace {

Time at_ms(int ms) {
  return Time(std::chrono::milliseconds(ms));
}

TEST(Timers, FireInOrderOfTimeThenOfCreation) {
  Timers timers;
  std::string order;
  timers.at(at_ms(3), [&] { order += 'c'; });
  timers.at(at_ms(1), [&] { order += 'a'; });
  timers.at(at_ms(2), [&] { order += 'b'; });
  timers.at(at_ms(3), [&] { order += 'd'; });
  EXPECT_EQ(timers.next(), at_ms(1));
  timers.run(at_ms(2));
  EXPECT_EQ(order, "ab");
  timers.run(at_ms(10));
  EXPECT_EQ(order, "abcd");
  EXPECT_EQ(timers.next(), std::nullopt);
}

TEST(Timers, CancelWorksBeforeAndDuringTheirTurn) {
  Timers timers;
  std::string order;
  TimerId second;
  timers.at(at_ms(1), [&] {
    order += 'a';
    timers.cancel(second);
  });
  second = timers.at(at_ms(1), [&] { order += 'b'; });
  const TimerId third = timers.at(at_ms(1), [&] { order += 'c'; });
  timers.cancel(third);
  timers.cancel(third);
  timers.cancel(TimerId{});
  timers.run(at_ms(5));
  EXPECT_EQ(order, "a");
  EXPECT_EQ(timers.size(), 0U);
}

TEST(Timers, MadeWhileFiringWaitForTheNextRound) {
  Timers timers;
  int fired = 0;
  timers.at(at_ms(1), [&] { timers.at(at_ms(0), [&] { ++fired; }); });
  timers.run(at_ms(5));
  EXPECT_EQ(fired, 0);
  timers.run(at_ms(5));
  EXPECT_EQ(fired, 1);
}

TEST(Timers, CancelledOnesDoNotPileUp) {
  Timers timers;
  const TimerId kept = timers.at(at_ms(1'000'000), [] {});
  for (int i = 0; i < 100'000; ++i)
    timers.cancel(timers.at(at_ms(2'000'000 + i), [] {}));
  EXPECT_EQ(timers.size(), 1U);
  timers.cancel(kept);
  EXPECT_EQ(timers.next(), std::nullopt);
}

using TimersInLoop = LoopTest;

TEST_F(TimersInLoop, WakeTheLoop) {
  const Time start = loop->now();
  Time fired;
  loop->after(20ms, [&] {
    fired = loop->now();
    done();
  });
  ASSERT_TRUE(run());
  EXPECT_GE(fired - start, 20ms);
}

TEST_F(TimersInLoop, FarPastAndFarFutureAreTimesToo) {
  bool fired = false;
  loop->at(Time::max(), [] { FAIL() << "the end of time came early"; });
  loop->at(Time::min(), [&] {
    fired = true;
    done();
  });
  EXPECT_TRUE(run());
  EXPECT_TRUE(fired);
}

TEST_F(TimersInLoop, PostFromAnotherThreadArrives) {
  int sum = 0;
  std::thread other([&] {
    for (int i = 1; i <= 1000; ++i) {
      loop->post([&sum, i, this] {
        sum += i;
        if (i == 1000) done();
      });
    }
  });
  EXPECT_TRUE(run());
  other.join();
  EXPECT_EQ(sum, 500'500);
}

TEST_F(TimersInLoop, PostNeverRunsInsideTheCall) {
  bool ran = false;
  loop->post([&] {
    ran = true;
    done();
  });
  EXPECT_FALSE(ran);
  EXPECT_TRUE(run());
  EXPECT_TRUE(ran);
}

TEST_F(TimersInLoop, PostedTasksDieWithTheReactor) {
  auto token = std::make_shared<int>(1);
  const std::weak_ptr<int> weak = token;
  loop->post([held = std::move(token)] { FAIL() << "ran after the end"; });
  loop.reset();
  EXPECT_TRUE(weak.expired());
}

TEST(SystemRandomTest, GivesDifferentBytes) {
  SystemRandom random;
  EXPECT_NE(random.fixed<32>(), random.fixed<32>());
}

TEST_F(TimersInLoop, WhatComesDuringAWaitComesNow) {
  // The loop has nothing to do for seconds; the time a callback sees must not be that of before.
  using Clock = std::chrono::steady_clock;
  const Time began = loop->now();
  Time told;
  std::thread other([&] {
    const auto later = Clock::now() + 30ms;
    while (Clock::now() < later)
      std::this_thread::yield();
    loop->post([&] {
      told = loop->now();
      done();
    });
  });
  EXPECT_TRUE(run());
  other.join();
  EXPECT_GE(told, began + 30ms);
}

}  // namespace
}  // namespace mehr::reactor
