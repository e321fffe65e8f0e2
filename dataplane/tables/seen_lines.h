// The lines of the duplicate filter: how a word is read, found and taken. Owns no memory and no
// generation; seen_filter.cc, which alone includes this, does. Any number of workers, no lock.
//
//   word   63..8 low bits of the digest   7..4 in the first word: generation of the last digest
//                                              that found this line full, else 0
//          3..0 generation, modulo 15 and from 1 on; 0 is empty
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace mehr::dataplane {

struct alignas(64) SeenLine {
  static constexpr unsigned kWords = 8;
  std::uint64_t words[kWords];
};

/// What the numbers in the words mean while one generation is current.
struct SeenNumbers {
  static constexpr std::uint64_t kCount = 15;          ///< before they repeat
  static constexpr std::uint64_t kClearedWithin = 12;  ///< generations

  std::uint64_t current = 0, previous = 0;
  /// By number: 0xFF when its generation is over and the word free. The number that comes next is
  /// not: another worker may be there already.
  alignas(16) std::array<std::uint8_t, 16> free{};

  explicit SeenNumbers(std::uint64_t generation);
  [[nodiscard]] bool holds(std::uint64_t number) const {
    return number == current || number == previous;
  }
};

struct SeenLines {
  SeenLine* table = nullptr;
  std::size_t count = 0;

  /// Chosen by the high bits, so that nothing of the 64 is lost.
  [[nodiscard]] std::size_t home(std::uint64_t digest) const {
    return static_cast<std::size_t>((digest >> 32) * count >> 32);
  }
  [[nodiscard]] std::size_t after(std::size_t line) const {
    return line + 1 == count ? 0 : line + 1;
  }
  [[nodiscard]] bool look(std::uint64_t digest, const SeenNumbers& numbers) const;
  /// Adds `digest`, which is not there, as one of the current generation.
  void put(std::uint64_t digest, const SeenNumbers& numbers);
  /// Frees the words of generations that are over, in `from` up to before `to`.
  void clear(std::size_t from, std::size_t to, const SeenNumbers& numbers);
};

/// Two questions asked for every packet, as the processor answers them best.
struct SeenKernel {
  enum class Taken : std::uint8_t { kNew, kSeen, kUnsettled };

  /// Bit i: digest i is there. The lines were fetched.
  std::uint64_t (*look)(const SeenLines&, const SeenNumbers&, std::span<const std::uint64_t>);
  /// Adds a digest where its home line alone settles it; else (unsettled) nothing happened, and
  /// look() and put() have to.
  Taken (*take)(const SeenLines&, const SeenNumbers&, std::uint64_t digest);

  static SeenKernel by_words();  ///< on any processor
  static SeenKernel best();
};

}  // namespace mehr::dataplane
