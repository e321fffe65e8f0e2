// Flight, declared in flight.h.
#include "controlplane/neighbour/flight.h"

namespace mehr::neighbour {

void Flight::left(Bytes records, std::size_t size, std::uint32_t canary, Time now) {
  if (canary != 0) {
    canary_ = canary;
    canary_since_ = now;
  }
  bytes_ += records.size();
  frames_.push_back({std::move(records), size, canary});
  while (bytes_ > kBytes) {
    bytes_ -= frames_.front().records.size();
    frames_.pop_front();
  }
}

void Flight::answered(std::uint32_t canary) {
  if (canary == canary_) canary_ = 0;
  bool found = false;
  for (const Frame& frame : frames_)
    found = found || frame.canary == canary;
  while (found && !frames_.empty()) {
    const bool last = frames_.front().canary == canary;
    bytes_ -= frames_.front().records.size();
    frames_.pop_front();
    if (last) return;
  }
}

std::deque<Bytes> Flight::take_above(std::size_t bytes) {
  std::deque<Bytes> out;
  for (Frame& frame : frames_) {
    if (frame.size > bytes) out.push_back(std::move(frame.records));
  }
  frames_.clear();
  bytes_ = 0;
  canary_ = 0;
  return out;
}

std::optional<Time> Flight::canary_since() const {
  if (canary_ == 0) return std::nullopt;
  return canary_since_;
}

}  // namespace mehr::neighbour
