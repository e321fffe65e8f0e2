// Which packets were here before, by their digests. Owns two generations of them, with the verdicts
// of the router's own filter (controlplane/routing): the current generation takes N, then becomes
// the previous one, and what was previous is forgotten. Called by the dedup stage of every worker.
//
// A line of eight words, one cache line, is asked for a digest; when it was full, the next ones:
//
//   word   63..8 low bits of the digest   7..4 in the first word: generation of the last digest
//                                              that found this line full, else 0
//          3..0 generation, modulo 15 and from 1 on; 0 is empty
//
// The line is chosen by the high bits, so that nothing of the 64 is lost. At most half of the words
// are in use. Nothing is moved or erased when a generation ends: its words are free from then on,
// and a claim (below) clears some lines, so that all are cleared within 12 generations, before a
// number comes back. Memory: 32 bytes per N, taken at construction.
//
// Any number of workers, no lock: a word changes by compare and swap. Each worker claims places of
// the current generation in advance, 64 at a time, and knows itself how many are left; so workers
// share no line that is written for every packet. With one worker a generation is exactly N; each
// further one may leave up to 63 places unused.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

namespace mehr::dataplane {

class SeenFilter {
 public:
  static constexpr std::size_t kBurst = 64;  ///< digests of one bulk question

  /// A worker's claim on the current generation. One each, used by that worker alone.
  class alignas(64) Claim {
    friend class SeenFilter;
    std::uint64_t generation_ = 0;
    std::uint64_t left_ = 0;
  };

  /// @param per_generation N, 1 .. 2^28
  explicit SeenFilter(std::size_t per_generation);

  /// @return true when `digest` is in one of the two generations
  [[nodiscard]] bool seen(std::uint64_t digest) const;
  /// @param digests at most kBurst @return bit i is set when digest i was seen
  [[nodiscard]] std::uint64_t seen(std::span<const std::uint64_t> digests) const;

  /// Adds `digest` unless it was seen. Of equal packets in one burst only the first is new: asking
  /// does not tell them apart, this does.
  /// @return true when it was new
  bool remember(std::uint64_t digest, Claim& claim);

  [[nodiscard]] std::size_t memory_bytes() const { return lines_ * sizeof(Line); }

 private:
  static constexpr unsigned kWords = 8;
  struct alignas(64) Line {
    std::uint64_t words[kWords];
  };
  struct FreeLines {
    void operator()(Line* lines) const;
  };

  [[nodiscard]] std::size_t home(std::uint64_t digest) const {
    return static_cast<std::size_t>((digest >> 32) * lines_ >> 32);
  }
  [[nodiscard]] std::size_t after(std::size_t line) const {
    return line + 1 == lines_ ? 0 : line + 1;
  }
  [[nodiscard]] bool look(std::uint64_t digest, std::uint64_t generation) const;
  void make_claim(Claim& claim);
  void clear(std::size_t from, std::size_t to, std::uint64_t generation);
  void put(std::uint64_t digest, std::uint64_t generation);

  std::size_t per_generation_, lines_;
  std::unique_ptr<Line[], FreeLines> table_;
  alignas(64) std::atomic<std::uint64_t> generation_{1};  ///< written once a generation
  alignas(64) std::atomic<std::uint64_t> claimed_;        ///< generation << 32 | places given out
};

}  // namespace mehr::dataplane
