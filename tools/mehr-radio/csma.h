// Listening before sending: silence for two slots, then a random number of slots from a window that
// moves up with the radio's own airtime. Owned by one RnodeDevice, polled every millisecond while
// something waits; pure.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/random.h"
#include "core/base/time.h"
#include "tools/mehr-radio/modulation.h"

namespace mehr::mehr_radio {

class Csma {
 public:
  struct Window {
    std::uint8_t band = 1, min = 0, max = 15;  ///< slots are drawn from [min, max)
    bool operator==(const Window&) const = default;
  };

  explicit Csma(Random& random) : random_(&random) {}

  /// One look at the medium; true when it is this radio's turn, which ends the contention.
  /// Slots already waited for are kept when the medium becomes busy, the silence starts anew.
  bool poll(bool medium_free, const Modulation& modulation, Time now);
  /// Moves the window to the band of the short-term airtime (0..1). True when it changed.
  bool set_airtime(double airtime);
  [[nodiscard]] const Window& window() const { return window_; }
  void reset();

 private:
  Random* random_;  ///< never null; a pointer so that a fresh state can be assigned
  Window window_;
  std::optional<Duration> to_wait_;
  std::optional<Time> silent_since_, counting_since_;
  Duration waited_{};
};

}  // namespace mehr::mehr_radio
