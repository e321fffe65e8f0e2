// A ring of words, one bit a sequence, declared in replay_window.h.
#include "controlplane/link/replay_window.h"

namespace mehr::link {

bool ReplayWindow::fresh(std::uint64_t sequence) const {
  if (!any_ || sequence > highest_) return true;
  if (highest_ - sequence >= kSize) return false;
  return (seen_[word_of(sequence)] >> (sequence % 64) & 1) == 0;
}

void ReplayWindow::take_up_to(std::uint64_t sequence) {
  if (any_ && sequence < highest_) return;
  highest_ = sequence;
  any_ = true;
  seen_.fill(0);
  const std::uint64_t back = sequence < kSize ? sequence : kSize - 1;
  for (std::uint64_t i = sequence - back; i <= sequence; ++i)
    seen_[word_of(i)] |= std::uint64_t{1} << (i % 64);
}

void ReplayWindow::mark(std::uint64_t sequence) {
  if (!any_ || sequence > highest_) {
    const std::uint64_t from = any_ ? highest_ / 64 : 0;
    const std::uint64_t steps = any_ ? sequence / 64 - from : kWords;
    if (steps >= kWords) {
      seen_.fill(0);
    } else {
      for (std::uint64_t i = 1; i <= steps; ++i)
        seen_[(from + i) % kWords] = 0;
    }
    highest_ = sequence;
    any_ = true;
  }
  seen_[word_of(sequence)] |= std::uint64_t{1} << (sequence % 64);
}

}  // namespace mehr::link
