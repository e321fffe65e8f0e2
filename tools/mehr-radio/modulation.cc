// The arithmetic of LoRa frames, from the modem's data sheet and the firmware's settings.
#include "tools/mehr-radio/modulation.h"

#include <algorithm>
#include <cmath>

#include "core/wire/airtime.h"

namespace mehr::mehr_radio {
namespace {

constexpr double kFastBps = 30e3;   // above: shorter preamble and slot, reticulum-wire §24
constexpr double kGuardBps = 14e3;  // above: one packet per contention
constexpr double kNoiseFigureDb = 6.0;

Duration from_ms(double ms) {
  return Duration{static_cast<std::int64_t>(std::llround(ms * 1e3))};
}

}  // namespace

double Modulation::symbol_ms() const {
  return wire::lora_symbol_seconds(lora()) * 1e3;
}

double Modulation::symbol_rate() const {
  return 1e3 / symbol_ms();
}

double Modulation::bitrate_bps() const {
  return wire::lora_bitrate_bps(lora());
}

int Modulation::preamble_symbols() const {
  return wire::rnode_preamble_symbols(lora());
}

Duration Modulation::preamble() const {
  return from_ms(preamble_symbols() * symbol_ms());
}

Duration Modulation::airtime(std::size_t bytes) const {
  return wire::lora_time_on_air(lora(), wire::rnode_preamble_symbols(lora()), bytes);
}

Duration Modulation::slot() const {
  const double ms = std::min(12 * symbol_ms(), 100.0);
  // The firmware raises what is below 24 ms, to 24 or, on fast channels, only to 6.
  const double floor_ms = bitrate_bps() > kFastBps ? 6.0 : 24.0;
  return from_ms(std::floor(ms < 24.0 ? floor_ms : ms));
}

Duration Modulation::difs() const {
  return 2 * slot();
}

bool Modulation::sends_whole_queue() const {
  return bitrate_bps() <= kGuardBps;
}

double Modulation::snr_floor_db() const {
  return -2.5 - 2.5 * (spreading_factor - 5);
}

double Modulation::noise_floor_dbm() const {
  return -174.0 + 10 * std::log10(static_cast<double>(bandwidth_hz)) + kNoiseFigureDb;
}

namespace {
double carrier_distance(const Modulation& a, const Modulation& b) {
  return std::abs(static_cast<double>(a.frequency_hz) - static_cast<double>(b.frequency_hz));
}
}  // namespace

bool can_hear(const Modulation& a, const Modulation& b) {
  return a.bandwidth_hz == b.bandwidth_hz && a.spreading_factor == b.spreading_factor &&
         carrier_distance(a, b) <= a.bandwidth_hz / 4.0;
}

bool same_band(const Modulation& a, const Modulation& b) {
  return carrier_distance(a, b) <
         (static_cast<double>(a.bandwidth_hz) + static_cast<double>(b.bandwidth_hz)) / 2.0;
}

}  // namespace mehr::mehr_radio
