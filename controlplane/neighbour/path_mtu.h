// How large a frame to one neighbour may be. Starts where every path of today passes, tries larger
// frames, looks again every few minutes, and shrinks when a router says so or when frames above the
// base vanish while small ones arrive. Trials are pairs: a padded probe of the size in question and
// a small one beside it, so that a lossy path is not taken for a narrow one. Pure; one a neighbour.
// Source: issue "path MTU found and followed (never IP fragments)".
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/time.h"

namespace mehr::neighbour {

class PathMtu {
 public:
  static constexpr std::size_t kBase = 1'232;  ///< 1,280 less IPv6 and UDP headers
  /// Believed of any path, whatever routers say: IPv4 promises 548, and small frames are padded up
  /// to this (link/padding.h).
  static constexpr std::size_t kFloor = 544;
  /// Of carriers that say what passes: a Reticulum link at the smallest MTU there is.
  static constexpr std::size_t kLeast = 431;
  static constexpr Duration kRecheck = 300s;
  static constexpr Duration kTimeoutMin = 40ms, kTimeoutMax = 3s;
  static constexpr unsigned kStrikes = 3;  ///< pairs of which only the small one came back
  static constexpr unsigned kPairsMost =
      12;  ///< pairs without a verdict, then the size is given up

  /// @param most frame bytes neither side's carrier can exceed @param probing false: `most` passes
  PathMtu(std::size_t most, bool probing, Time now);

  /// Bytes of the largest frame to send now.
  [[nodiscard]] std::size_t frame() const { return frame_; }
  [[nodiscard]] bool probing() const { return probing_; }

  /// The path is another one: from the start.
  void restart(Time now);
  /// A router or the own device said what passes. @return frame() shrank
  bool reported(std::size_t bytes, Time now);
  /// The host itself would not send a frame of that size. @return frame() shrank
  bool refused(std::size_t size, Time now);
  /// A frame of frame() bytes or near it, above the base, was not acknowledged in time.
  void doubt(Time now);

  /// The pair to send now: a probe padded to `size`, and a small one. Tell the numbers by sent().
  struct Pair {
    std::size_t size = 0;
  };
  std::optional<Pair> due(Time now, Duration rtt);
  void sent(std::uint32_t big_number, std::uint32_t small_number) {
    big_number_ = big_number;
    small_number_ = small_number;
  }
  /// A probe came back. @return frame() changed
  bool answered(std::uint32_t number, Time now);
  /// Ends pairs whose time is up. @return frame() changed
  bool tick(Time now);
  [[nodiscard]] Time next_due() const;

 private:
  enum class Purpose : std::uint8_t { kConfirm, kSearch, kDoubt };
  struct Trial {
    std::size_t size = 0;
    Purpose purpose = Purpose::kConfirm;
    unsigned strikes = 0, pairs = 0;
    bool waiting = false;  ///< a pair is under way
    bool small_back = false;
    Time until;
  };

  void begin(std::size_t size, Purpose purpose, Time now);
  /// The next size worth a trial, or rest until the next check.
  void advance(Time now);
  bool passed(Time now);
  bool failed(Time now);
  void shrink_to(std::size_t bytes) { frame_ = bytes < kFloor ? kFloor : bytes; }

  std::size_t most_;
  bool probing_;
  std::size_t frame_;
  std::size_t too_big_;  ///< the smallest size known not to pass, or most_ + 1
  std::optional<Trial> trial_;
  Time next_;  ///< of the next pair, or of the next check
  std::uint32_t big_number_ = 0, small_number_ = 0;
};

}  // namespace mehr::neighbour
