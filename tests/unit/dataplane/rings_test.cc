// The rings between a worker and the control thread: order, bounds, and two threads at once.
#include "dataplane/rings.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/base/random.h"

namespace mehr::dataplane {
namespace {

TEST(SlotRing, FullAndEmpty) {
  SlotRing<int> ring(4);
  int got = 0;
  EXPECT_FALSE(ring.pop(got));
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 4; ++i)
      EXPECT_TRUE(ring.push(i));
    EXPECT_FALSE(ring.push(4));
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(ring.pop(got));
      EXPECT_EQ(got, i);
    }
    EXPECT_FALSE(ring.pop(got));
  }
}

TEST(SlotRing, TwoThreads) {
  constexpr int kCount = 20'000;
  SlotRing<int> ring(64);
  std::thread writer([&] {
    for (int i = 0; i < kCount;) {
      if (ring.push(i)) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  for (int expected = 0; expected < kCount;) {
    int got = 0;
    if (!ring.pop(got)) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(got, expected++);
  }
  writer.join();
}

TEST(ByteRing, OversizedIsRefusedAndAFullRingKeepsWhatItHas) {
  ByteRing ring(4'096);
  EXPECT_EQ(ring.reserve(1'024), nullptr) << "with its head over a quarter";
  std::size_t entries = 0;
  while (std::uint8_t* at = ring.reserve(1'000)) {
    std::memset(at, static_cast<int>(entries++), 1'000);
    ring.commit(1'000);
  }
  EXPECT_EQ(entries, 4u);
  for (std::size_t i = 0; i < entries; ++i) {
    const auto front = ring.front();
    ASSERT_EQ(front.size(), 1'000u);
    EXPECT_EQ(front[999], i);
    ring.pop();
  }
  EXPECT_TRUE(ring.front().empty());
}

TEST(ByteRing, LessThanReservedAndNothingAtAll) {
  ByteRing ring(4'096);
  for (std::uint8_t i = 0; i < 100; ++i) {
    ASSERT_NE(ring.reserve(900), nullptr);  // given up
    std::uint8_t* at = ring.reserve(900);
    ASSERT_NE(at, nullptr);
    at[0] = i;
    ring.commit(1);
    ASSERT_EQ(ring.front().size(), 1u);
    EXPECT_EQ(ring.front()[0], i);
    ring.pop();
  }
}

/// Entries of every size, each with its number and a pattern that follows from it.
TEST(ByteRing, TwoThreads) {
  constexpr std::uint32_t kCount = 20'000;
  ByteRing ring(16'384);
  const auto size_of = [](std::uint32_t i) { return 4 + (i * 2'654'435'761u >> 20) % 900; };
  std::thread writer([&] {
    for (std::uint32_t i = 0; i < kCount;) {
      std::uint8_t* at = ring.reserve(size_of(i));
      if (at == nullptr) {
        std::this_thread::yield();
        continue;
      }
      std::memset(at, static_cast<int>(i & 0xFF), size_of(i));
      std::memcpy(at, &i, 4);
      ring.commit(size_of(i++));
    }
  });
  for (std::uint32_t expected = 0; expected < kCount;) {
    const auto front = ring.front();
    if (front.empty()) {
      std::this_thread::yield();
      continue;
    }
    std::uint32_t number = 0;
    std::memcpy(&number, front.data(), 4);
    ASSERT_EQ(number, expected);
    ASSERT_EQ(front.size(), size_of(number));
    for (std::size_t i = 4; i < front.size(); ++i)
      ASSERT_EQ(front[i], number & 0xFF);
    ring.pop();
    ++expected;
  }
  writer.join();
}

}  // namespace
}  // namespace mehr::dataplane
