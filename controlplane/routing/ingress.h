// What one interface may bring in of news: bursts of announces for unknown destinations are held
// back and released slowly, bursts of path requests start no discovery, and signature checks are
// rationed. Owns the held announces and the estimates; the router asks it in handle order.
//
// Bound: RouterLimits::held_announces per interface, newest per destination; a full table refuses
// newcomers. Source: reticulum-wire §9 (ingress control), §10 (path request limits).
#pragma once

#include <absl/container/flat_hash_map.h>

#include <optional>

#include "controlplane/routing/frequency.h"
#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::routing {

struct HeldAnnounce {
  Bytes raw;  ///< as received, hop byte not yet incremented
  std::uint8_t hops = 0;
  std::uint64_t order = 0;  ///< earlier first among equal hops
};

class IngressControl {
 public:
  enum class Hold { kHeld, kReplaced, kFull, kTooFar };

  IngressControl(bool enabled, std::size_t capacity, Time born)
      : enabled_(enabled), capacity_(capacity), born_(born) {}

  void set_enabled(bool enabled) { enabled_ = enabled; }

  /// A valid announce came in.
  void announce_heard(Time now) { announces_.add(now); }
  /// Whether an announce of an unknown destination is to be held; moves the burst state.
  bool should_hold(Time now);
  /// @param hops counted for our reception
  Hold hold(const DestinationHash& destination, ByteView raw, std::uint8_t hops);
  /// The held announce to look at now, if one is due; fewest hops first, one per 5 s.
  std::optional<Bytes> release(Time now);

  void request_heard(Time now) { requests_in_.add(now); }
  void request_sent(Time now) { requests_out_.add(now); }
  /// Whether path requests come too fast for recursive discovery; moves the burst state.
  bool should_limit_requests(Time now);
  /// Whether path requests leave too fast. @param enabled egress control of the interface
  bool should_limit_sending(Time now, bool enabled);

  [[nodiscard]] std::size_t held() const { return held_.size(); }
  /// Whether the 5 s interface job still has anything to decay or release here.
  [[nodiscard]] bool needs_jobs() const;
  [[nodiscard]] bool in_burst() const { return burst_; }

 private:
  bool enabled_;
  std::size_t capacity_;
  Time born_;
  Frequency announces_;
  Frequency requests_in_;
  Frequency requests_out_;
  bool burst_ = false;
  Time burst_start_{};
  Time next_release_ = Time::min();
  bool request_burst_ = false;
  Time request_burst_start_{};
  std::uint64_t order_ = 0;
  absl::flat_hash_map<DestinationHash, HeldAnnounce> held_;
};

/// A ration of events or bytes: `burst` at once, `per_second` in the long run.
class Ration {
 public:
  Ration(double per_second, double burst) : per_second_(per_second), burst_(burst), left_(burst) {}
  /// Whether one more may happen.
  bool available(Time now) { return available(1, now); }
  bool available(double amount, Time now);
  void take(double amount = 1) { left_ -= amount; }

 private:
  double per_second_;
  double burst_;
  double left_;
  Time refilled_ = Time::min();
};

}  // namespace mehr::routing
