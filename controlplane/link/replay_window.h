// Which sequences of one lane have been received. Moved only by frames whose tag verified; the
// caller asks first, opens, then marks. Pure; one owner. Source: architecture §3, SC-45.
#pragma once

#include <array>
#include <cstdint>

namespace mehr::link {

class ReplayWindow {
 public:
  static constexpr std::uint64_t kSize = 8'192;  ///< sequences behind the highest still accepted

  /// True when `sequence` is neither seen nor older than the window. Changes nothing.
  [[nodiscard]] bool fresh(std::uint64_t sequence) const;
  /// Remembers `sequence`, which was fresh and authenticated. Cost: one word per 64 skipped.
  void mark(std::uint64_t sequence);
  /// Everything up to `sequence` counts as received: who knows better keeps no list.
  void take_up_to(std::uint64_t sequence);
  [[nodiscard]] bool any() const { return any_; }
  /// Above every sequence marked.
  [[nodiscard]] bool ahead(std::uint64_t sequence) const { return !any_ || sequence > highest_; }
  [[nodiscard]] std::uint64_t highest() const { return highest_; }

 private:
  /// One word more than the window, because the word of the highest sequence is only partly used.
  static constexpr std::uint64_t kWords = kSize / 64 + 1;
  [[nodiscard]] static std::size_t word_of(std::uint64_t sequence) {
    return static_cast<std::size_t>(sequence / 64 % kWords);
  }

  std::uint64_t highest_ = 0;
  bool any_ = false;
  std::array<std::uint64_t, kWords> seen_{};
};

}  // namespace mehr::link
