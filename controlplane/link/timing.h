// How long to wait for a neighbour on one carrier: on a fast one for round trips, on a radio for
// the airtime of what was said. Pure arithmetic; reactor thread.
#pragma once

#include <algorithm>

#include "controlplane/link/links.h"

namespace mehr::link {

class CarrierTiming {
 public:
  CarrierTiming(const CarrierTraits& traits, const LinksConfig& config)
      : repeat_(std::max<Duration>(250ms, 2 * airtime(wire::kHopHelloMin + wire::kHopAnswerSize +
                                                          wire::kHopFinishSize + wire::kHopOverhead,
                                                      traits))),
        patience_(std::max(config.handshake_timeout, 4 * repeat_)),
        keep_alive_(config.keep_alive),
        dead_after_(config.dead_after) {
    if (!traits.compact) return;
    // A radio has no NAT to keep open, and its channel belongs to all: one part in 200 at most.
    const std::size_t frame = wire::kHopCompactOverhead + wire::kHopRecordHeader;
    const Duration least = 200 * airtime(frame, traits);
    if (least <= keep_alive_) return;
    dead_after_ = from_seconds(to_seconds(dead_after_) * to_seconds(least) /
                               std::max(1e-6, to_seconds(keep_alive_)));
    keep_alive_ = least;
  }

  /// Until the hello number `said` (from 1) is said again: twice as long each time, 2 s on fast
  /// carriers at most. The first is short because under load every frame may be lost to a flood.
  [[nodiscard]] Duration hello_repeat(unsigned said) const {
    const Duration doubled = repeat_ * (1 << std::min(said > 0 ? said - 1 : 0U, 3U));
    return std::min(doubled, std::max<Duration>(repeat_, 2s));
  }
  [[nodiscard]] Duration finish_repeat() const { return repeat_; }
  /// How long a half-open handshake and an unconfirmed link live.
  [[nodiscard]] Duration patience() const { return patience_; }
  [[nodiscard]] Duration keep_alive() const { return keep_alive_; }
  [[nodiscard]] Duration dead_after() const { return dead_after_; }

 private:
  static Duration airtime(std::size_t bytes, const CarrierTraits& traits) {
    const auto rate = static_cast<double>(std::max<std::uint64_t>(traits.bitrate_bps, 1));
    return from_seconds(static_cast<double>(bytes * 8) / rate);
  }

  Duration repeat_, patience_, keep_alive_, dead_after_;
};

}  // namespace mehr::link
