// Totals to differences.
#include "controlplane/accelerator/readings.h"

#include <tuple>

namespace mehr::accelerator {

void Readings::begin(int process) {
  if (process == process_ && process != 0) return;
  process_ = process;
  told_.fill(0);
  meters_.clear();
  load_ = {};
}

void Readings::take(const border::CounterReadings& readings, border::Counters& sum) {
  for (const auto& row : readings.rows) {
    std::uint64_t& told = told_[row.counter];
    if (row.value <= told) continue;
    sum.add(static_cast<border::Counter>(row.counter), row.value - told);
    told = row.value;
  }
}

void Readings::take(const border::MeterReadings& readings) {
  for (const auto& row : readings.rows)
    meters_[{row.neighbour, row.sent, row.price_class}] = row;
}

Carried Readings::carried() const {
  Carried out;
  for (const auto& [key, row] : meters_) {
    (row.sent ? out.sent_packets : out.received_packets) += row.packets;
    (row.sent ? out.sent_bytes : out.received_bytes) += row.bytes;
  }
  return out;
}

}  // namespace mehr::accelerator
