// The window against a set that remembers everything.
#include "controlplane/link/replay_window.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/random.h"

namespace mehr::link {
namespace {

TEST(ReplayWindow, FirstSequenceMayBeAnything) {
  ReplayWindow window;
  EXPECT_TRUE(window.fresh(0));
  window.mark(0);
  EXPECT_FALSE(window.fresh(0));
  EXPECT_TRUE(window.fresh(1));
}

TEST(ReplayWindow, ExactlyTheWindowIsAccepted) {
  ReplayWindow window;
  window.mark(100'000);
  EXPECT_TRUE(window.fresh(100'000 - ReplayWindow::kSize + 1));
  EXPECT_FALSE(window.fresh(100'000 - ReplayWindow::kSize));
}

TEST(ReplayWindow, AgreesWithASetOverRandomSequences) {
  SeededRandom random(42);
  ReplayWindow window;
  std::set<std::uint64_t> seen;
  std::uint64_t highest = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t jump = random.below(50) == 0 ? random.below(30'000) : random.below(200);
    const std::uint64_t back = random.below(9'000);
    std::uint64_t sequence = highest + jump;
    sequence -= std::min(sequence, back);
    const bool in_window =
        seen.empty() || sequence > highest || highest - sequence < ReplayWindow::kSize;
    ASSERT_EQ(window.fresh(sequence), in_window && !seen.contains(sequence)) << i;
    if (window.fresh(sequence)) {
      window.mark(sequence);
      seen.insert(sequence);
      highest = std::max(highest, sequence);
    }
  }
}

}  // namespace
}  // namespace mehr::link
