// The reactor reads its clock once a turn, so a timer fires late by what the turns before it took.
#include "controlplane/metrics/delay_meter.h"

#include <algorithm>

namespace mehr::metrics {

DelayMeter::DelayMeter(reactor::Reactor& reactor) : reactor_(reactor) {
  arm();
}

DelayMeter::~DelayMeter() {
  reactor_.cancel(timer_);
}

Duration DelayMeter::worst() const {
  return *std::max_element(slots_.begin(), slots_.end());
}

void DelayMeter::arm() {
  due_ = reactor_.now() + kEvery;
  timer_ = reactor_.at(due_, [this] { fired(); });
}

void DelayMeter::fired() {
  const Time now = reactor_.now();
  const std::int64_t second = now.time_since_epoch() / 1s;
  // Seconds nobody measured count as calm: they are over.
  for (std::int64_t step = 0; step < std::min<std::int64_t>(second - second_, kSlots); ++step)
    slots_[static_cast<std::size_t>((second - step) % std::int64_t{kSlots})] = {};
  second_ = second;
  Duration& slot = slots_[static_cast<std::size_t>(second % std::int64_t{kSlots})];
  slot = std::max(slot, now - due_);
  arm();
}

}  // namespace mehr::metrics
