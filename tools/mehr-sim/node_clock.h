// A host's idea of the time: a steady clock that starts anew with the machine and runs a little too
// fast or too slow, and a wall clock that somebody may set. Plain values; owned by a host.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/time.h"

namespace mehr::mehr_sim {

class NodeClock {
 public:
  /// @param drift_ppm how much too fast it runs, -10,000 .. 10,000
  NodeClock(std::int64_t drift_ppm, Duration uptime) : drift_ppm_(drift_ppm), started_{uptime} {}

  /// The machine starts: its steady clock shows `uptime`.
  void restart(Time truth, Duration uptime) {
    base_ = truth;
    started_ = Time{uptime};
  }
  [[nodiscard]] Time local(Time truth) const {
    const Duration since = truth - base_;
    return started_ + since + since * drift_ppm_ / kMillion;
  }
  /// The first true time at which local() has reached `when`.
  [[nodiscard]] Time truth(Time when) const {
    if (when <= started_) return base_;
    const Duration since = std::min(when - started_, kLongest);
    Time out = base_ + since - since * drift_ppm_ / (kMillion + drift_ppm_);
    while (local(out) > when && out > base_)
      out -= Duration{1};
    while (local(out) < std::min(when, started_ + kLongest))
      out += Duration{1};
    return out;
  }
  [[nodiscard]] UnixTime wall(Time truth) const {
    return kEpoch + (local(truth) - started_) + (base_ - Time{}) + wall_offset_;
  }
  void jump_wall(Duration by) { wall_offset_ += by; }
  void set_right() { wall_offset_ = {}; }
  [[nodiscard]] Duration wall_offset() const { return wall_offset_; }

 private:
  static constexpr std::int64_t kMillion = 1'000'000;
  static constexpr Duration kLongest = 24h * 365;
  /// Where all simulations begin: 2026-01-01.
  static constexpr UnixTime kEpoch{std::chrono::seconds{1'767'225'600}};

  std::int64_t drift_ppm_;
  Time base_{};     ///< true time at which the machine started
  Time started_{};  ///< local time then
  Duration wall_offset_{};
};

}  // namespace mehr::mehr_sim
