// Is this node too busy to believe in unproved strangers? Judged by how long frames waited before
// they were handled, never by counting them. Pure; reactor thread. Source: reliability §5e.
#pragma once

#include "core/base/time.h"

namespace mehr::link {

class LoadMeter {
 public:
  static constexpr Duration kHigh = 5ms;          ///< waits above this ...
  static constexpr Duration kRaiseAfter = 100ms;  ///< ... for this long mean load
  static constexpr Duration kLow = 1ms;           ///< waits below this ...
  static constexpr Duration kClearAfter = 1s;     ///< ... for this long end it

  /// A frame that waited `delay` is being handled at `now`.
  void observe(Duration delay, Time now);
  [[nodiscard]] bool under_load() const { return loaded_; }

 private:
  bool loaded_ = false;
  bool turning_ = false;  ///< the last waits speak against the present state
  Time since_;            ///< since when they do
};

}  // namespace mehr::link
