// How long to wait for a neighbour on one carrier: on a fast one for round trips, on a radio for
// the airtime of what was said. Pure arithmetic; reactor thread.
#pragma once

#include <algorithm>

#include "controlplane/link/links.h"

namespace mehr::link {

class CarrierTiming {
 public:
  CarrierTiming(const CarrierTraits& traits, const LinksConfig& config)
      : repeat_(std::max<Duration>({kQuick, traits.round_trip * 3 / 2,
                                    2 * airtime(wire::kHopHelloMin + wire::kHopAnswerSize +
                                                    wire::kHopFinishSize + wire::kHopOverhead,
                                                traits)})),
        patience_(std::max(config.handshake_timeout, 4 * repeat_)),
        keep_alive_(config.keep_alive),
        dead_after_(config.dead_after) {
    if (!traits.compact && !traits.quiet) return;
    // A radio has no NAT to keep open, and its channel belongs to all: one part in 200 at most.
    const std::size_t overhead = traits.compact ? wire::kHopCompactOverhead : wire::kHopOverhead;
    const std::size_t frame = overhead + wire::kHopRecordHeader;
    const Duration least = 200 * airtime(frame, traits);
    if (least <= keep_alive_) return;
    dead_after_ = from_seconds(to_seconds(dead_after_) * to_seconds(least) /
                               std::max(1e-6, to_seconds(keep_alive_)));
    keep_alive_ = least;
  }

  /// Until a hello or a finish that was sent `sent` times (from 1) is sent again. On fast carriers
  /// many soon, because a flood may take every second frame on its way to a peer that would answer;
  /// then, and on slow ones, twice as long each time. @param loaded the peer asked for a cookie, so
  /// it is in a flood: sooner still, it is only one of many frames there
  [[nodiscard]] Duration repeat(unsigned sent, bool loaded) const {
    const unsigned soon = fast() ? (loaded ? kSoonLoaded : kSoon) : 1;
    const unsigned doublings = std::min(sent > soon ? sent - soon : 0U, 7U);
    return std::min(shortest(loaded) * (1 << doublings), std::max<Duration>(repeat_, 2s));
  }
  /// The shortest of them.
  [[nodiscard]] Duration shortest(bool loaded) const {
    return fast() && loaded ? kQuick / 4 : repeat_;
  }
  /// After so many without an answer the attempt has failed: about 6 s on fast carriers.
  [[nodiscard]] unsigned hellos_per_attempt(bool loaded) const {
    if (!fast()) return 5;
    return loaded ? kSoonLoaded + 7 : kSoon + 5;
  }
  /// How long a half-open handshake and an unconfirmed link live.
  [[nodiscard]] Duration patience() const { return patience_; }
  [[nodiscard]] Duration keep_alive() const { return keep_alive_; }
  [[nodiscard]] Duration dead_after() const { return dead_after_; }

 private:
  static constexpr Duration kQuick = 100ms;
  static constexpr unsigned kSoon = 8, kSoonLoaded = 24;

  [[nodiscard]] bool fast() const { return repeat_ == kQuick; }
  static Duration airtime(std::size_t bytes, const CarrierTraits& traits) {
    const auto rate = static_cast<double>(std::max<std::uint64_t>(traits.bitrate_bps, 1));
    return from_seconds(static_cast<double>(bytes * 8) / rate);
  }

  Duration repeat_, patience_, keep_alive_, dead_after_;
};

}  // namespace mehr::link
