// A bin is known by its number, so stale ones need no clearing.
#include "tools/mehr-radio/airtime_ledger.h"

#include <algorithm>

namespace mehr::mehr_radio {
namespace {

constexpr std::size_t kMaxHeard = 4096;  // memory bound: 7.5 s hold a few hundred frames at most

}  // namespace

void AirtimeLedger::sent(Duration airtime, Time now) {
  bin_at(now).sent += airtime;
}

void AirtimeLedger::heard(Time start, Time end) {
  heard_.push_back({start, end});
  if (heard_.size() > kMaxHeard) heard_.pop_front();
}

void AirtimeLedger::sample(Time now) {
  const Time from = now - kBin;
  std::erase_if(heard_, [&](const Interval& interval) { return interval.end <= from; });
  // Frames may overlap: only the time not covered yet counts.
  Duration busy{};
  Time covered = from;
  std::ranges::sort(heard_, {}, &Interval::start);
  for (const Interval& interval : heard_) {
    const Time start = std::max(interval.start, covered);
    if (interval.end <= start) continue;
    busy += interval.end - start;
    covered = interval.end;
  }
  load_short_ = std::min(1.0, to_seconds(busy) / to_seconds(kBin) + airtime_short(now));
  Bin& bin = bin_at(now);
  bin.load = std::max(bin.load, load_short_);
}

void AirtimeLedger::clear() {
  *this = AirtimeLedger{};
}

double AirtimeLedger::airtime_short(Time now) const {
  const std::int64_t current = number_at(now);
  Duration sum{};
  for (const Bin& bin : bins_) {
    if (bin.number == current || (bin.number >= 0 && bin.number == current - 1)) sum += bin.sent;
  }
  return to_seconds(sum) / to_seconds(2 * kBin);
}

double AirtimeLedger::airtime_long(Time now) const {
  const std::int64_t oldest = number_at(now) - static_cast<std::int64_t>(kBins);
  Duration sum{};
  for (const Bin& bin : bins_) {
    if (bin.number > oldest) sum += bin.sent;
  }
  return to_seconds(sum) / to_seconds(kBin * static_cast<std::int64_t>(kBins));
}

double AirtimeLedger::load_long(Time now) const {
  const std::int64_t oldest = number_at(now) - static_cast<std::int64_t>(kBins);
  double sum = 0;
  for (const Bin& bin : bins_) {
    if (bin.number > oldest) sum += bin.load;
  }
  return sum / static_cast<double>(kBins);
}

AirtimeLedger::Bin& AirtimeLedger::bin_at(Time now) {
  const std::int64_t number = number_at(now);
  Bin& bin = bins_[static_cast<std::size_t>(number) % kBins];
  if (bin.number != number) bin = {.number = number};
  return bin;
}

}  // namespace mehr::mehr_radio
