// Host side first (bytes in, answers out), then the air side, then timers.
#include "tools/mehr-radio/rnode_device.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mehr::mehr_radio {
namespace {

using wire::RnodeByte;
using wire::RnodeCommand;

constexpr std::uint8_t kFirmwareMajor = 1, kFirmwareMinor = 86;
constexpr std::uint8_t kBoard = 0x3D;  // an ESP32 board with an SX1262 and a battery
constexpr std::uint8_t kMcu = 0x81;    // ESP32
constexpr std::size_t kSerialBuffer = 6144;
constexpr std::size_t kOutputBuffer = 65'536;
constexpr std::uint64_t kFrequencyMin = 137'000'000, kFrequencyMax = 3'000'000'000;
constexpr std::uint32_t kBandwidthMin = 7'800, kBandwidthMax = 1'625'000;
constexpr std::uint64_t kBatteryEveryReports = 5;
constexpr double kSnrMaxDb = 12.0;  // the modem's estimate saturates about here

std::uint16_t u16(double value) {
  return static_cast<std::uint16_t>(std::clamp(value, 0.0, 65'535.0));
}

}  // namespace

void RnodeDevice::power_on(Time now) {
  power_off();
  powered_ = true;
  booted_at_ = now + kBootTime;
  next_report_ = *booted_at_ + kReportEvery;
}

void RnodeDevice::power_off() {
  powered_ = radio_on_ = promiscuous_ = airtime_locked_ = reset_wanted_ = sending_ = false;
  booted_at_.reset();
  modulation_ = {};
  power_dbm_ = wire::kRnodeAsk;
  limit_short_percent_ = limit_long_percent_ = 0;
  batch_left_ = 0;
  serial_buffer_.clear();
  decoder_.reset();
  queue_.clear();
  receiver_ = {};
  csma_ = Csma(random_);
  ledger_.clear();
  received_ = sent_ = 0;
  output_.clear();
}

void RnodeDevice::from_host(ByteView bytes, Time now) {
  if (!powered_) return;
  if (booted_at_) {
    counters_.host_bytes_lost += bytes.size();
  } else if (sending_) {
    const std::size_t room = kSerialBuffer - std::min(kSerialBuffer, serial_buffer_.size());
    const std::size_t kept = std::min(room, bytes.size());
    append(serial_buffer_, bytes.first(kept));
    counters_.host_bytes_lost += bytes.size() - kept;
  } else {
    listen_to_host(bytes, now);
  }
}

void RnodeDevice::listen_to_host(ByteView bytes, Time now) {
  decoder_.push(bytes, [&](const wire::KissFrame& frame) {
    if (!reset_wanted_) handle(frame, now);
  });
  if (!reset_wanted_) return;
  const Bytes written = take_output();
  power_on(now);
  output_ = written;
}

Bytes RnodeDevice::take_output() {
  return std::exchange(output_, {});
}

void RnodeDevice::handle(const wire::KissFrame& frame, Time) {
  const auto command = static_cast<RnodeCommand>(frame.command);
  if (command == RnodeCommand::kData) {
    if (!frame.payload.empty()) {
      ++counters_.packets_from_host;
      queue_.push(frame.payload);
    }
  } else if (!frame.payload.empty() && !configure(command, frame.payload)) {
    answer(command, frame.payload);
  }
}

// Commands that set something; each is answered with what holds afterwards.
bool RnodeDevice::configure(RnodeCommand command, ByteView payload) {
  const std::uint8_t value = payload.front();
  const bool ask = value == wire::kRnodeAsk;
  const wire::RnodeMessage message =
      wire::decode_rnode(static_cast<std::uint8_t>(command), payload);
  if (const auto* frequency = std::get_if<wire::RnodeFrequency>(&message)) {
    if (frequency->hz != 0) modulation_.frequency_hz = frequency->hz;
    reply(wire::RnodeFrequency{static_cast<std::uint32_t>(modulation_.frequency_hz)});
  } else if (const auto* bandwidth = std::get_if<wire::RnodeBandwidth>(&message)) {
    if (bandwidth->hz != 0) modulation_.bandwidth_hz = bandwidth->hz, radio_changed();
    reply(wire::RnodeBandwidth{modulation_.bandwidth_hz});
  } else if (const auto* limit = std::get_if<wire::RnodeAirtimeLimit>(&message)) {
    set_airtime_limit(command, limit->percent);
  } else if (command == RnodeCommand::kTxPower) {
    if (!ask) power_dbm_ = std::min(value, kMaxPowerDbm);
    reply_byte(command, power_dbm_);
  } else if (command == RnodeCommand::kSpreadingFactor) {
    if (!ask) {
      modulation_.spreading_factor = std::clamp(value, std::uint8_t{5}, std::uint8_t{12});
      radio_changed();
    }
    reply_byte(command, modulation_.spreading_factor);
  } else if (command == RnodeCommand::kCodingRate) {
    if (!ask)
      modulation_.coding_rate = std::clamp(value, std::uint8_t{5}, std::uint8_t{8}),
      radio_changed();
    reply_byte(command, modulation_.coding_rate);
  } else if (command == RnodeCommand::kRadioState) {
    switch_radio(value);
  } else if (command == RnodeCommand::kPromiscuous) {
    if (value <= 1) promiscuous_ = value == 1;
    reply_byte(command, promiscuous_ ? 1 : 0);
  } else {
    return false;
  }
  return true;
}

void RnodeDevice::set_airtime_limit(RnodeCommand command, double percent) {
  const double limit = percent >= 100 ? 0 : percent;
  (command == RnodeCommand::kAirtimeLimitShort ? limit_short_percent_ : limit_long_percent_) =
      limit;
  reply(wire::RnodeAirtimeLimit{command, limit});
}

// Questions. Anything unknown is passed over in silence.
void RnodeDevice::answer(RnodeCommand command, ByteView payload) {
  const std::uint8_t value = payload.front();
  switch (command) {
    case RnodeCommand::kDetect:
      if (value == wire::kRnodeDetectRequest) reply_byte(command, wire::kRnodeDetectResponse);
      break;
    case RnodeCommand::kFirmwareVersion:
      reply(wire::RnodeFirmware{kFirmwareMajor, kFirmwareMinor});
      break;
    case RnodeCommand::kPlatform:
      reply_byte(command, static_cast<std::uint8_t>(wire::RnodePlatform::kEsp32));
      break;
    case RnodeCommand::kMcu:
      reply_byte(command, kMcu);
      break;
    case RnodeCommand::kBoard:
      reply_byte(command, kBoard);
      break;
    case RnodeCommand::kRadioLock:
      reply_byte(command, modulation_.complete() && power_dbm_ != wire::kRnodeAsk ? 0 : 1);
      break;
    case RnodeCommand::kReady:
      reply_byte(command, queue_.full() ? 0 : 1);
      break;
    case RnodeCommand::kPacketsReceived:
      reply(wire::RnodePacketCount{command, received_});
      break;
    case RnodeCommand::kPacketsSent:
      reply(wire::RnodePacketCount{command, sent_});
      break;
    case RnodeCommand::kRssi:
      reply(wire::RnodeRssi{static_cast<int>(std::lround(last_rssi_dbm_))});
      break;
    case RnodeCommand::kRandom:
      reply_byte(command, static_cast<std::uint8_t>(random_.below(255)));
      break;
    case RnodeCommand::kFramebufferEnable:
      if (value <= 1) reply_byte(command, value);
      break;
    case RnodeCommand::kReset:
      reset_wanted_ = value == wire::kRnodeResetDone;
      break;
    default:
      break;
  }
}

void RnodeDevice::switch_radio(std::uint8_t state) {
  if (state == static_cast<std::uint8_t>(wire::RnodeRadioState::kOff)) {
    radio_on_ = false;
    receiver_ = {};
    csma_.reset();
  } else if (state == static_cast<std::uint8_t>(wire::RnodeRadioState::kOn)) {
    const bool in_range =
        modulation_.frequency_hz >= kFrequencyMin && modulation_.frequency_hz <= kFrequencyMax &&
        modulation_.bandwidth_hz >= kBandwidthMin && modulation_.bandwidth_hz <= kBandwidthMax;
    const bool locked = !modulation_.complete() || power_dbm_ == wire::kRnodeAsk;
    if (!radio_on_ && !locked && !in_range) {
      reply_byte(RnodeCommand::kError, static_cast<std::uint8_t>(wire::RnodeError::kRadioInit));
    } else {
      if (!radio_on_ && !locked) {
        radio_on_ = true;
        ledger_.clear();
        // The firmware applies bandwidth, spreading factor and coding rate one by one here.
        for (int step = 0; step < 3; ++step)
          report_physical();
      }
      reply_byte(RnodeCommand::kRadioState, radio_on_ ? 1 : 0);
    }
  } else if (state != wire::kRnodeAsk) {
    return;
  }
  reply_byte(RnodeCommand::kRadioState, radio_on_ ? 1 : 0);
}

void RnodeDevice::radio_changed() {
  if (!radio_on_) return;
  if (modulation_.bandwidth_hz < kBandwidthMin || modulation_.bandwidth_hz > kBandwidthMax)
    modulation_.bandwidth_hz = std::clamp(modulation_.bandwidth_hz, kBandwidthMin, kBandwidthMax);
  report_physical();
}

void RnodeDevice::report_physical() {
  reply(wire::RnodePhysicalParameters{
      .symbol_time_us = u16(modulation_.symbol_ms() * 1e3),
      .symbol_rate = u16(modulation_.symbol_rate()),
      .preamble_symbols = u16(modulation_.preamble_symbols()),
      .preamble_ms = u16(std::ceil(to_seconds(modulation_.preamble()) * 1e3)),
      .csma_slot_ms = u16(to_seconds(modulation_.slot()) * 1e3),
      .csma_difs_ms = u16(to_seconds(modulation_.difs()) * 1e3)});
}

void RnodeDevice::reply_byte(RnodeCommand command, std::uint8_t value) {
  reply(RnodeByte{command, value});
}

void RnodeDevice::reply(const wire::RnodeMessage& message) {
  const Bytes frame = wire::encode_rnode(message);
  if (output_.size() + frame.size() > kOutputBuffer) {
    counters_.output_bytes_lost += frame.size();
    return;
  }
  append(output_, frame);
}

std::optional<Modulation> RnodeDevice::tuned() const {
  if (!radio_on_) return std::nullopt;
  return modulation_;
}

bool RnodeDevice::wants_air() const {
  return radio_on_ && !sending_ && !airtime_locked_ && !queue_.empty();
}

std::optional<Bytes> RnodeDevice::poll_air(bool medium_free, Time now) {
  if (!wants_air() || !csma_.poll(medium_free, modulation_, now)) return std::nullopt;
  batch_left_ = modulation_.sends_whole_queue() ? queue_.packets() : 1;
  sending_ = true;
  return queue_.next_frame(promiscuous_);
}

std::optional<Bytes> RnodeDevice::frame_done(Duration airtime, Time now) {
  if (!sending_) return std::nullopt;
  ledger_.sent(airtime, now);
  if (!queue_.in_packet()) {
    ++counters_.packets_sent;
    ++sent_;
    --batch_left_;
  }
  if (batch_left_ > 0) {
    if (auto frame = queue_.next_frame(promiscuous_)) return frame;
  }
  sending_ = false;
  update_airtime(now);
  const Bytes waiting = std::exchange(serial_buffer_, {});
  listen_to_host(waiting, now);
  return std::nullopt;
}

void RnodeDevice::frame_heard(ByteView frame, double rssi_dbm, double snr_db, Time) {
  if (!radio_on_) return;
  const Bytes packet = promiscuous_ ? to_bytes(frame) : receiver_.receive(frame);
  if (packet.empty()) return;
  ++received_;
  ++counters_.packets_to_host;
  last_rssi_dbm_ = rssi_dbm;
  reply(wire::RnodeRssi{static_cast<int>(std::lround(rssi_dbm))});
  reply(wire::RnodeSnr{std::min(snr_db, kSnrMaxDb)});
  reply(wire::RnodeData{packet});
}

void RnodeDevice::set_environment(double rssi_dbm, double noise_floor_dbm) {
  rssi_dbm_ = rssi_dbm;
  noise_floor_dbm_ = noise_floor_dbm;
}

std::optional<Time> RnodeDevice::next_timer() const {
  if (!powered_) return std::nullopt;
  return booted_at_ ? *booted_at_ : next_report_;
}

void RnodeDevice::run_timers(Time now) {
  if (!powered_) return;
  if (booted_at_) {
    if (now < *booted_at_) return;
    booted_at_.reset();
    reply_byte(RnodeCommand::kReset, wire::kRnodeResetDone);
  }
  if (now < next_report_) return;
  next_report_ = now + kReportEvery;
  if (sending_) return;  // the firmware waits for its modem
  if (++reports_ % kBatteryEveryReports == 0) {
    reply(wire::RnodeBattery{.state = 3, .percent = 100});
    reply(wire::RnodeTemperature{31});
  }
  if (!radio_on_) return;
  ledger_.sample(now);
  update_airtime(now);
}

void RnodeDevice::update_airtime(Time now) {
  const double airtime_short = ledger_.airtime_short(now);
  const double airtime_long = ledger_.airtime_long(now);
  if (csma_.set_airtime(airtime_short)) {
    const Csma::Window& window = csma_.window();
    reply(wire::RnodeCsma{window.band, window.min, window.max});
  }
  airtime_locked_ = (limit_short_percent_ > 0 && airtime_short * 100 >= limit_short_percent_) ||
                    (limit_long_percent_ > 0 && airtime_long * 100 >= limit_long_percent_);
  reply(wire::RnodeChannelStatistics{
      .airtime_short_percent = airtime_short * 100,
      .airtime_long_percent = airtime_long * 100,
      .load_short_percent = ledger_.load_short() * 100,
      .load_long_percent = ledger_.load_long(now) * 100,
      .rssi_dbm = static_cast<int>(std::lround(rssi_dbm_)),
      .noise_floor_dbm = static_cast<int>(std::lround(noise_floor_dbm_)),
      .interference_dbm = std::nullopt});
}

}  // namespace mehr::mehr_radio
