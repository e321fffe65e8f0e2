// The dataplane's window against the control plane's, for every kind of disorder.
#include "dataplane/tables/replay_window.h"

#include <gtest/gtest.h>

#include <vector>

#include "controlplane/link/replay_window.h"
#include "core/base/random.h"

namespace mehr::dataplane {
namespace {

TEST(ReplayWindow, FramesInOrderChangeTheRestOnceInSixtyFour) {
  static_assert(alignof(ReplayWindow) == 64 && ReplayWindow::kSize == link::ReplayWindow::kSize);
  ReplayWindow window;
  const auto rest = [&window] {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&window);
    return Bytes(bytes + 64, bytes + sizeof window);
  };
  std::uint64_t changes = 0;
  for (std::uint64_t sequence = 0; sequence < 64 * 100; ++sequence) {
    const Bytes before = rest();
    EXPECT_TRUE(window.mark(sequence));
    changes += rest() != before ? 1u : 0u;
  }
  EXPECT_LE(changes, 100u);
}

TEST(ReplayWindow, GivesTheSameVerdictsAsTheControlPlane) {
  struct Disorder {
    std::uint64_t often, jump, step, back;
  };
  for (const Disorder& each : {Disorder{1'000'000, 1, 2, 1}, Disorder{50, 30'000, 200, 9'000},
                               Disorder{200, 9'000, 3, 500}, Disorder{10, 700, 2, 8'300},
                               Disorder{100, 200'000, 70, 64}}) {
    SeededRandom random(each.back);
    ReplayWindow window;
    link::ReplayWindow model;
    std::uint64_t highest = 0, refused = 0;
    for (int i = 0; i < 200'000; ++i) {
      const std::uint64_t jump =
          random.below(each.often) == 0 ? random.below(each.jump + 1) : random.below(each.step);
      std::uint64_t sequence = highest + jump;
      sequence -= std::min(sequence, random.below(each.back));
      const bool fresh = model.fresh(sequence);
      ASSERT_EQ(window.fresh(sequence), fresh) << i;
      if (random.below(10) == 0) continue;  // did not authenticate
      ASSERT_EQ(window.mark(sequence), fresh) << i;
      refused += fresh ? 0u : 1u;
      if (!fresh) continue;
      model.mark(sequence);
      highest = std::max(highest, sequence);
    }
    EXPECT_GT(refused, 100u);
  }
}

TEST(ReplayWindow, FirstSequenceMayBeAnything) {
  for (const std::uint64_t first :
       {std::uint64_t{0}, std::uint64_t{63}, std::uint64_t{8'192}, (std::uint64_t{1} << 56) - 1}) {
    ReplayWindow window;
    EXPECT_TRUE(window.fresh(first));
    EXPECT_TRUE(window.mark(first));
    EXPECT_FALSE(window.fresh(first));
    EXPECT_TRUE(window.fresh(first + 1));
    if (first >= 8'192) {
      EXPECT_TRUE(window.fresh(first - 8'191));
      EXPECT_FALSE(window.fresh(first - 8'192));
    }
  }
}

TEST(ReplayWindow, AFrameTwiceInABurstIsMarkedOnce) {
  ReplayWindow window;
  const std::vector<std::uint64_t> burst{5, 6, 5, 7};
  EXPECT_EQ(window.fresh(burst), 0xFu);
  EXPECT_TRUE(window.mark(5));
  EXPECT_TRUE(window.mark(6));
  EXPECT_FALSE(window.mark(5));
  EXPECT_TRUE(window.mark(7));
  EXPECT_EQ(window.fresh(burst), 0u);
}

TEST(ReplayWindow, ABurstMayLeaveAFrameBehind) {
  ReplayWindow window;
  EXPECT_TRUE(window.fresh(1));
  EXPECT_TRUE(window.mark(10'000));
  EXPECT_FALSE(window.mark(1));
}

}  // namespace
}  // namespace mehr::dataplane
