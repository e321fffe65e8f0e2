// How fast frames may leave towards one neighbour, so that they queue here, where priorities count,
// and not in the kernel. A token bucket. Pure; one a neighbour.
#pragma once

#include <algorithm>

#include "core/base/time.h"

namespace mehr::neighbour {

class Pacer {
 public:
  /// What may leave at once: 10 ms of the rate, but at least this many bytes (two frames).
  Pacer(std::uint64_t bitrate_bps, std::size_t burst_least, Time now)
      : bytes_per_us_(static_cast<double>(std::max<std::uint64_t>(bitrate_bps, 1)) / 8e6),
        burst_(std::max(bytes_per_us_ * 10'000, static_cast<double>(burst_least))),
        tokens_(burst_),
        filled_(now) {}

  /// The time at which the next frame may leave; at or before `now`: at once. A frame may overdraw.
  [[nodiscard]] Time ready_at(Time now) {
    fill(now);
    if (tokens_ > 0) return now;
    return now + Duration{1 + static_cast<std::int64_t>(-tokens_ / bytes_per_us_)};
  }
  void spend(std::size_t bytes) { tokens_ -= static_cast<double>(bytes); }
  /// How long `bytes` take at the rate.
  [[nodiscard]] Duration time_of(std::size_t bytes) const {
    return Duration{static_cast<std::int64_t>(static_cast<double>(bytes) / bytes_per_us_)};
  }

 private:
  void fill(Time now) {
    if (now <= filled_) return;
    const auto micros = static_cast<double>((now - filled_).count());
    tokens_ = std::min(burst_, tokens_ + micros * bytes_per_us_);
    filled_ = now;
  }

  double bytes_per_us_, burst_, tokens_;
  Time filled_;
};

}  // namespace mehr::neighbour
