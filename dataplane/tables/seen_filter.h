// Which packets were here before, by their digests. Owns two generations of them, with the verdicts
// of the router's own filter (controlplane/routing): the current generation takes N, then becomes
// the previous one, and what was previous is forgotten. Called by the dedup stage of every worker.
//
// A line of eight words (seen_lines.h), one cache line, is asked for a digest; when it was full,
// the next ones. At most half of the words are in use. Nothing is moved or erased when a generation
// ends: its words are free from then on, and a claim (below) clears some lines, so that all are
// cleared within 12 generations, before a number comes back. Memory: 32 bytes per N, taken at
// construction.
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

#include "dataplane/tables/seen_lines.h"

namespace mehr::dataplane {

class SeenFilter {
 public:
  static constexpr std::size_t kBurst = 64;  ///< digests of one bulk question

  /// A worker's claim on the current generation. One each, used by that worker alone.
  class alignas(64) Claim {
    friend class SeenFilter;
    std::uint64_t generation_ = 0;
    std::uint64_t left_ = 0;
    SeenNumbers numbers_{0};
  };

  /// @param per_generation N, 1 .. 2^28
  explicit SeenFilter(std::size_t per_generation, SeenKernel kernel = SeenKernel::best());

  /// @return true when `digest` is in one of the two generations
  [[nodiscard]] bool seen(std::uint64_t digest) const;
  /// Begins to bring in what seen() and remember() will look at.
  void fetch(std::uint64_t digest) const {
    __builtin_prefetch(&lines_.table[lines_.home(digest)], 1);
  }
  /// @param digests at most kBurst, fetched before @return bit i is set when digest i was seen
  [[nodiscard]] std::uint64_t seen(std::span<const std::uint64_t> digests) const;

  /// Adds `digest` unless it was seen. Of equal packets in one burst only the first is new: asking
  /// does not tell them apart, this does.
  /// @return true when it was new
  bool remember(std::uint64_t digest, Claim& claim);

  [[nodiscard]] std::size_t memory_bytes() const { return lines_.count * sizeof(SeenLine); }

 private:
  struct FreeLines {
    void operator()(SeenLine* lines) const;
  };

  void make_claim(Claim& claim);

  std::size_t per_generation_;
  SeenKernel kernel_;
  SeenLines lines_;
  std::unique_ptr<SeenLine[], FreeLines> table_;
  alignas(64) std::atomic<std::uint64_t> generation_{1};  ///< written once a generation
  alignas(64) std::atomic<std::uint64_t> claimed_;        ///< generation << 32 | places given out
};

}  // namespace mehr::dataplane
