// What a radio reported, put together and compared with what was asked; declared in rnode.h.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/wire/rnode.h"

namespace mehr::wire {
namespace {

/// Puts one message into a status; messages that say nothing of the radio do nothing.
struct Apply {
  RnodeStatus& status;

  void operator()(const RnodeOther&) const {}
  void operator()(const RnodeData&) const {}
  void operator()(const RnodePacketCount&) const {}
  void operator()(const RnodeFrequency& m) const { status.frequency_hz = m.hz; }
  void operator()(const RnodeBandwidth& m) const { status.bandwidth_hz = m.hz; }
  void operator()(const RnodeFirmware& m) const { status.firmware = m; }
  void operator()(const RnodeRssi& m) const { status.rssi_dbm = m.dbm; }
  void operator()(const RnodeSnr& m) const {
    status.snr_db = m.db;
    if (status.spreading_factor) {
      status.quality_percent = rnode_quality_percent(m.db, *status.spreading_factor);
    }
  }
  void operator()(const RnodeChannelStatistics& m) const { status.channel = m; }
  void operator()(const RnodePhysicalParameters& m) const { status.physical = m; }
  void operator()(const RnodeBattery& m) const { status.battery = m; }
  void operator()(const RnodeCsma& m) const { status.csma = m; }
  void operator()(const RnodeTemperature& m) const { status.temperature_c = m.celsius; }
  void operator()(const RnodeAirtimeLimit& m) const {
    const bool is_short = m.command == RnodeCommand::kAirtimeLimitShort;
    (is_short ? status.airtime_limit_short_percent : status.airtime_limit_long_percent) = m.percent;
  }
  void operator()(const RnodeByte& m) const {
    switch (m.command) {
      case RnodeCommand::kDetect:
        status.detected = m.value == kRnodeDetectResponse;
        break;
      case RnodeCommand::kPlatform:
        status.platform = m.value;
        break;
      case RnodeCommand::kMcu:
        status.mcu = m.value;
        break;
      case RnodeCommand::kTxPower:
        status.tx_power_dbm = m.value;
        break;
      case RnodeCommand::kSpreadingFactor:
        status.spreading_factor = m.value;
        break;
      case RnodeCommand::kCodingRate:
        status.coding_rate = m.value;
        break;
      case RnodeCommand::kRadioState:
        status.radio_state = m.value;
        break;
      default:
        break;
    }
  }
};

}  // namespace

void RnodeStatus::apply(const RnodeMessage& message) {
  std::visit(Apply{*this}, message);
}

double rnode_quality_percent(double snr_db, std::uint8_t spreading_factor) {
  // 6 dB counts as perfect; the worst that still decodes falls by 2 dB per spreading factor.
  constexpr double kBest = 6.0;
  const double worst = -9.0 - (spreading_factor - 7) * 2.0;
  const double quality = (snr_db - worst) / (kBest - worst) * 100.0;
  return std::clamp(std::round(quality * 10) / 10, 0.0, 100.0);
}

RnodeMismatch rnode_mismatch(const RnodeParameters& asked, const RnodeStatus& reported) {
  if (!reported.detected) return RnodeMismatch::kNotDetected;
  if (!reported.firmware) return RnodeMismatch::kFirmware;
  const int version = reported.firmware->major * 256 + reported.firmware->minor;
  if (version < kRnodeFirmwareMajorMin * 256 + kRnodeFirmwareMinorMin) {
    return RnodeMismatch::kFirmware;
  }
  if (reported.frequency_hz) {
    const std::int64_t difference = std::int64_t{*reported.frequency_hz} - asked.frequency_hz;
    if (std::abs(difference) > 100) return RnodeMismatch::kFrequency;
  }
  if (reported.bandwidth_hz != asked.bandwidth_hz) return RnodeMismatch::kBandwidth;
  if (reported.tx_power_dbm != asked.tx_power_dbm) return RnodeMismatch::kTxPower;
  if (reported.spreading_factor != asked.spreading_factor) return RnodeMismatch::kSpreadingFactor;
  if (reported.radio_state != static_cast<std::uint8_t>(RnodeRadioState::kOn)) {
    return RnodeMismatch::kRadioState;
  }
  return RnodeMismatch::kNone;
}

std::string_view rnode_mismatch_name(RnodeMismatch mismatch) {
  switch (mismatch) {
    case RnodeMismatch::kNone:
      return "none";
    case RnodeMismatch::kNotDetected:
      return "no answer";
    case RnodeMismatch::kFirmware:
      return "firmware";
    case RnodeMismatch::kFrequency:
      return "frequency";
    case RnodeMismatch::kBandwidth:
      return "bandwidth";
    case RnodeMismatch::kTxPower:
      return "tx power";
    case RnodeMismatch::kSpreadingFactor:
      return "spreading factor";
    case RnodeMismatch::kRadioState:
      return "radio state";
  }
  return "?";
}

std::string_view rnode_platform_name(std::uint8_t platform) {
  switch (static_cast<RnodePlatform>(platform)) {
    case RnodePlatform::kNrf52:
      return "nRF52";
    case RnodePlatform::kEsp32:
      return "ESP32";
    case RnodePlatform::kAvr:
      return "AVR";
  }
  return "unknown";
}

std::string_view rnode_error_text(std::uint8_t error) {
  switch (static_cast<RnodeError>(error)) {
    case RnodeError::kRadioInit:
      return "the radio chip did not start";
    case RnodeError::kTransmitFailed:
      return "the radio chip could not send";
    case RnodeError::kEepromLocked:
      return "the radio's configuration memory is locked";
    case RnodeError::kQueueFull:
      return "the radio's queue is full";
    case RnodeError::kMemoryLow:
      return "the radio is out of memory";
    case RnodeError::kModemTimeout:
      return "the radio chip did not answer in time";
  }
  return "the radio reports an unknown error";
}

bool rnode_error_is_fatal(std::uint8_t error) {
  const auto which = static_cast<RnodeError>(error);
  return which != RnodeError::kQueueFull && which != RnodeError::kMemoryLow &&
         which != RnodeError::kModemTimeout;
}

}  // namespace mehr::wire
