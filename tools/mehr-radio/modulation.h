// What a LoRa radio is tuned to, and every figure that follows from it alone: symbol time, airtime,
// preamble, contention slot, receiver sensitivity. Plain values, any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/time.h"
#include "core/wire/airtime.h"

namespace mehr::mehr_radio {

/// Frequency, bandwidth, spreading factor and coding rate as the RNode host protocol names them.
struct Modulation {
  std::uint64_t frequency_hz = 0;     ///< 137 MHz .. 3 GHz
  std::uint32_t bandwidth_hz = 0;     ///< 7,800 .. 1,625,000
  std::uint8_t spreading_factor = 0;  ///< 5 .. 12
  std::uint8_t coding_rate = 5;       ///< 5 .. 8, meaning 4/5 .. 4/8

  bool operator==(const Modulation&) const = default;

  /// Whether every field is set, so that a radio may start with it.
  [[nodiscard]] bool complete() const { return frequency_hz && bandwidth_hz && spreading_factor; }
  /// The part the wire's formulas need.
  [[nodiscard]] wire::LoraModulation lora() const {
    return {bandwidth_hz, spreading_factor, coding_rate};
  }
  /// Length of one symbol in milliseconds: 2^SF / bandwidth.
  [[nodiscard]] double symbol_ms() const;
  /// Symbols a second.
  [[nodiscard]] double symbol_rate() const;
  /// Net bits a second, reticulum-wire §24.
  [[nodiscard]] double bitrate_bps() const;
  /// Symbols before the header: 24 ms worth, at least 18; 6 ms worth above 30 kbit/s.
  [[nodiscard]] int preamble_symbols() const;
  [[nodiscard]] Duration preamble() const;
  /// Time on air of one frame of `bytes` (0 .. 255), preamble included.
  [[nodiscard]] Duration airtime(std::size_t bytes) const;
  /// One contention slot: 12 symbols within 24 .. 100 ms, at least 6 ms above 30 kbit/s.
  [[nodiscard]] Duration slot() const;
  /// Silence needed before contending: two slots.
  [[nodiscard]] Duration difs() const;
  /// Whether one contention is followed by the whole queue (up to 14 kbit/s) or by one packet.
  [[nodiscard]] bool sends_whole_queue() const;
  /// Lowest signal-to-noise ratio in dB at which a frame is still received (SX126x data sheet).
  [[nodiscard]] double snr_floor_db() const;
  /// Thermal noise in this bandwidth behind a 6 dB noise figure, in dBm.
  [[nodiscard]] double noise_floor_dbm() const;
};

/// Whether a receiver tuned to `a` can synchronise to `b`: same bandwidth and spreading factor, and
/// a carrier at most a quarter of the bandwidth away. Coding rate travels in the header.
bool can_hear(const Modulation& a, const Modulation& b);

/// Whether energy of `b` falls into the band of `a`, whatever its spreading factor.
bool same_band(const Modulation& a, const Modulation& b);

}  // namespace mehr::mehr_radio
