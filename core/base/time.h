// The two clocks, as types that cannot be mixed. Nobody in the pure code reads a clock: the time of
// every event is handed in. Only controlplane/reactor has a now().
#pragma once

#include <chrono>
#include <cstdint>

namespace mehr {

/// Steady time since an arbitrary start (boot, or the start of a simulation), in microseconds.
struct SteadyClock {
  using rep = std::int64_t;
  using period = std::micro;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<SteadyClock>;
  static constexpr bool is_steady = true;
};

using Duration = SteadyClock::duration;
using Time = SteadyClock::time_point;

/// Wall-clock time since 1970, in microseconds. Goes on the wire and to disk; never used for
/// timers.
using UnixTime = std::chrono::sys_time<std::chrono::microseconds>;

using namespace std::chrono_literals;  // NOLINT: literals only, wanted wherever time is spoken of

/// A duration of `seconds`, rounded down to microseconds.
constexpr Duration from_seconds(double seconds) {
  return Duration{static_cast<std::int64_t>(seconds * 1e6)};
}
constexpr double to_seconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

/// Whole seconds since 1970, as announces carry them.
constexpr std::int64_t unix_seconds(UnixTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace mehr
