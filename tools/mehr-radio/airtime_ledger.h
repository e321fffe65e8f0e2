// How much of the last seconds and the last hour a radio was sending, and how busy it found the
// channel: the firmware's bins of 7.5 seconds. Owned by one RnodeDevice; pure.
#pragma once

#include <array>
#include <deque>

#include "core/base/time.h"

namespace mehr::mehr_radio {

class AirtimeLedger {
 public:
  static constexpr Duration kBin = 7500ms;
  static constexpr std::size_t kBins = 480;  ///< an hour

  /// Notes an own frame of this length that ended now.
  void sent(Duration airtime, Time now);
  /// Notes a foreign frame that was audible.
  void heard(Time start, Time end);
  /// Brings the channel load up to date; the firmware does this once a second.
  void sample(Time now);
  void clear();

  /// Own sending in the last two bins, 0..1.
  [[nodiscard]] double airtime_short(Time now) const;
  /// Own sending in the last hour, 0..1.
  [[nodiscard]] double airtime_long(Time now) const;
  /// Everybody's use in the last 7.5 seconds as of the last sample, 0..1.
  [[nodiscard]] double load_short() const { return load_short_; }
  /// Mean of the busiest sample of every bin of the last hour, 0..1.
  [[nodiscard]] double load_long(Time now) const;

 private:
  struct Bin {
    std::int64_t number = -1;  ///< which 7.5 s since the start
    Duration sent{};
    double load = 0;
  };
  struct Interval {
    Time start, end;
  };

  static std::int64_t number_at(Time now) { return now.time_since_epoch() / kBin; }
  Bin& bin_at(Time now);

  std::array<Bin, kBins> bins_{};
  std::deque<Interval> heard_;
  double load_short_ = 0;
};

}  // namespace mehr::mehr_radio
