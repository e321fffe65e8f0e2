// From a worker's notes and numbers to messages for the control plane. Owns what was said last, so
// that only what changed is said again. Control thread; pure.
#pragma once

#include <utility>
#include <vector>

#include "dataplane/orders.h"
#include "dataplane/tables/meter.h"

namespace mehr::dataplane {

class Reports {
 public:
  explicit Reports(std::size_t neighbours);

  /// A new listener knows nothing yet.
  void begin();
  /// The messages of one note; views point into it. Counters are kept for counters().
  std::vector<border::Up> of_note(ByteView note);
  /// Whether counters have come since the last call.
  bool take_fresh() { return std::exchange(fresh_, false); }
  /// What changed. @param more counted elsewhere, added to the worker's
  std::vector<border::Up> counters(const border::Counters& more);
  std::vector<border::Up> meters(const Meters& received, const Meters& sent);

 private:
  void rows_of(const Meters& meters, bool sent, std::vector<MeterReading>& told,
               std::vector<border::Up>& out);

  std::size_t neighbours_;
  bool fresh_ = false;
  std::array<std::uint64_t, border::kCounterCount> worker_{}, told_{};
  std::vector<MeterReading> told_received_, told_sent_;
};

}  // namespace mehr::dataplane
