// What the dataplane counts, as totals since it started, turned into what was added since it said
// so last, so that the counters of both planes are one sum. Owns the last totals. Pure; reactor
// thread.
#pragma once

#include <array>
#include <map>

#include "core/border/counters.h"
#include "core/border/messages.h"

namespace mehr::accelerator {

/// Packets one way between the dataplane and a neighbour.
struct Carried {
  std::uint64_t received_packets = 0, received_bytes = 0, sent_packets = 0, sent_bytes = 0;
};

class Readings {
 public:
  /// A new listener is told everything again. @param process another one started at zero
  void begin(int process);
  void take(const border::CounterReadings& readings, border::Counters& sum);
  void take(const border::MeterReadings& readings);
  void take(const border::Load& load) { load_ = load; }

  [[nodiscard]] const std::array<std::uint64_t, border::kCounterCount>& counters() const {
    return told_;
  }
  [[nodiscard]] Carried carried() const;
  [[nodiscard]] const border::Load& load() const { return load_; }

 private:
  int process_ = 0;
  std::array<std::uint64_t, border::kCounterCount> told_{};
  std::map<std::tuple<std::uint16_t, bool, std::uint8_t>, border::MeterReadings::Row> meters_;
  border::Load load_;
};

}  // namespace mehr::accelerator
