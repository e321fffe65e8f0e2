// Which sequences of one lane have been received: the verdicts of the control plane's window
// (controlplane/link), laid out so that frames in order touch one cache line. Owns the bits; the
// open stage asks for a burst, opens it, then marks what was genuine. One worker a lane; pure.
// Source: architecture §3, SC-45.
//
//   first line    highest sequence and the newest words of bits, about 300 sequences
//   other lines   the rest of the 8,192, a ring of words; written once in 64 frames
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "core/base/assert.h"

namespace mehr::dataplane {

class alignas(64) ReplayWindow {
 public:
  static constexpr std::uint64_t kSize = 8'192;  ///< sequences behind the highest still accepted

  /// True when `sequence` (up to 2^56) is neither marked nor older than the window. Changes
  /// nothing.
  [[nodiscard]] bool fresh(std::uint64_t sequence) const {
    if (sequence >= next_) return true;
    if (next_ - 1 - sequence >= kSize) return false;
    return (word(sequence / 64) >> sequence % 64 & 1) == 0;
  }
  /// The same for a burst. @param sequences at most 64 @return bit i is set when i is fresh
  [[nodiscard]] std::uint64_t fresh(std::span<const std::uint64_t> sequences) const {
    MEHR_ASSERT(sequences.size() <= 64);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sequences.size(); ++i)
      bits |= static_cast<std::uint64_t>(fresh(sequences[i])) << i;
    return bits;
  }
  /// Marks `sequence`, whose frame was authenticated.
  /// @return false when it is not fresh (any more: a burst may hold a frame twice, and may leave a
  ///         frame behind the window); then nothing changes and the frame is a replay
  [[nodiscard]] bool mark(std::uint64_t sequence) {
    if (!fresh(sequence)) return false;
    const std::uint64_t index = sequence / 64;
    if (sequence >= next_) {
      if (next_ == 0 || index != newest()) move_on(index);
      next_ = sequence + 1;
    }
    word(index) |= std::uint64_t{1} << sequence % 64;
    return true;
  }
  /// One above the highest marked; 0 before the first.
  [[nodiscard]] std::uint64_t next() const { return next_; }
  void prefetch() const { __builtin_prefetch(this, 1); }

 private:
  static constexpr std::uint64_t kNear = 6;  ///< words in the first line
  /// One word more than the window, because the word of the highest sequence is only partly used.
  static constexpr std::uint64_t kFar = kSize / 64 + 1;

  [[nodiscard]] std::uint64_t newest() const { return (next_ - 1) / 64; }
  /// The word of bits of sequences 64 * index on, which is in the window.
  [[nodiscard]] const std::uint64_t& word(std::uint64_t index) const {
    return newest() - index < kNear ? near_[index % kNear] : far_[index % kFar];
  }
  [[nodiscard]] std::uint64_t& word(std::uint64_t index) {
    return const_cast<std::uint64_t&>(static_cast<const ReplayWindow*>(this)->word(index));
  }
  /// Makes `index` the newest word: what leaves the first line goes to the ring, what is skipped is
  /// empty. Cost: one word each, at most the whole window.
  void move_on(std::uint64_t index);

  std::uint64_t next_ = 0;  ///< highest marked sequence + 1; 0 before the first
  std::array<std::uint64_t, kNear> near_{};
  alignas(64) std::array<std::uint64_t, kFar> far_{};
};

inline void ReplayWindow::move_on(std::uint64_t index) {
  if (next_ == 0 || index - newest() >= kFar) {
    near_.fill(0);
    far_.fill(0);
    return;
  }
  for (std::uint64_t i = newest() + 1; i <= index; ++i) {
    if (i >= kNear) far_[(i - kNear) % kFar] = near_[i % kNear];
    near_[i % kNear] = 0;
  }
}

}  // namespace mehr::dataplane
