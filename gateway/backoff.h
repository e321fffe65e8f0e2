// How long to wait before mehrd is started again. Pure; called by the supervisor.
#pragma once

#include <algorithm>

#include "core/base/time.h"

namespace mehr::gateway {

class Backoff {
 public:
  struct Limits {
    Duration first = 100ms;  ///< wait after the first crash
    Duration most = 10s;     ///< each further wait is twice the one before, up to this
    Duration healthy = 60s;  ///< a life this long starts from `first` again
  };
  explicit Backoff(Limits limits) : limits_(limits), next_(limits.first) {}

  /// @param lived how long the process that just ended had run
  /// @return how long to wait before the next start
  Duration after_crash(Duration lived) {
    if (lived >= limits_.healthy) next_ = limits_.first;
    const Duration wait = next_;
    next_ = std::min(next_ * 2, limits_.most);
    return wait;
  }

 private:
  Limits limits_;
  Duration next_;
};

}  // namespace mehr::gateway
