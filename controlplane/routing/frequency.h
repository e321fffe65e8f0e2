// An estimate of how often something happens, made of the last 48 times, the way the reference
// estimates it (its thresholds only make sense with it). Used per interface, on the router's
// thread. Source: reticulum-wire §9, §10.
#pragma once

#include <array>
#include <cstddef>

#include "core/base/time.h"

namespace mehr::routing {

class Frequency {
 public:
  static constexpr std::size_t kSamples = 48;
  static constexpr Duration kDecay = 10s;

  void add(Time at);
  /// Samples over the age of the oldest; zero with at most `few` samples. A sample older than 10 s
  /// counts once more and is then dropped, one per call.
  double hertz(Time now, std::size_t few = 2);
  [[nodiscard]] std::size_t samples() const { return count_; }

 private:
  std::array<Time, kSamples> times_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace mehr::routing
