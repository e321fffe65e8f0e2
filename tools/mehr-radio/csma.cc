// The contention of reticulum-wire §24 as a small machine: contend, silence, count down, send.
#include "tools/mehr-radio/csma.h"

#include <algorithm>

namespace mehr::mehr_radio {
namespace {

constexpr int kBands = 4;
constexpr int kSlotsPerBand = 15;
constexpr int kFirstBandPercent = 7;  // up to this much own airtime the first window is used
constexpr int kLastBandPercent = 85;

}  // namespace

bool Csma::poll(bool medium_free, const Modulation& modulation, Time now) {
  if (!to_wait_) {
    const auto span = static_cast<std::uint64_t>(window_.max - window_.min);
    const auto slots = static_cast<std::int64_t>(window_.min + random_->below(span));
    to_wait_ = slots * modulation.slot();
  }
  if (!medium_free) {
    silent_since_.reset();
    counting_since_.reset();
    return false;
  }
  if (!silent_since_) silent_since_ = now;
  if (now < *silent_since_ + modulation.difs()) return false;
  if (counting_since_) waited_ += now - *counting_since_;
  counting_since_ = now;
  if (waited_ < *to_wait_) return false;
  reset();
  return true;
}

bool Csma::set_airtime(double airtime) {
  const int percent = static_cast<int>(airtime * 100);
  int band = 1;
  if (percent > kFirstBandPercent) {
    band = percent * (kBands - 2) / (kLastBandPercent - kFirstBandPercent) + 2;
    band = std::min(band, kBands);
  }
  if (band == window_.band) return false;
  window_ = {static_cast<std::uint8_t>(band), static_cast<std::uint8_t>((band - 1) * kSlotsPerBand),
             static_cast<std::uint8_t>(band * kSlotsPerBand - 1)};
  return true;
}

void Csma::reset() {
  to_wait_.reset();
  silent_since_.reset();
  counting_since_.reset();
  waited_ = {};
}

}  // namespace mehr::mehr_radio
