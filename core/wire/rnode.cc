// Decoding and encoding RNode messages, declared in rnode.h.
#include "core/wire/rnode.h"

#include <algorithm>
#include <cmath>

#include "core/wire/kiss.h"

namespace mehr::wire {
namespace {

constexpr int kSignalOffset = 157;       ///< RSSI bytes count from -157 dBm
constexpr int kTemperatureOffset = 120;  ///< temperature bytes count from -120 C
constexpr std::uint8_t kNoInterference = 0xFF;

/// Payload bytes a command needs; commands not listed take any payload.
std::size_t payload_size(RnodeCommand command) {
  switch (command) {
    case RnodeCommand::kFrequency:
    case RnodeCommand::kBandwidth:
    case RnodeCommand::kPacketsReceived:
    case RnodeCommand::kPacketsSent:
      return 4;
    case RnodeCommand::kAirtimeLimitShort:
    case RnodeCommand::kAirtimeLimitLong:
    case RnodeCommand::kBattery:
    case RnodeCommand::kFirmwareVersion:
      return 2;
    case RnodeCommand::kCsma:
      return 3;
    case RnodeCommand::kChannelStatistics:
      return 11;
    case RnodeCommand::kPhysicalParameters:
      return 12;
    case RnodeCommand::kTxPower:
    case RnodeCommand::kSpreadingFactor:
    case RnodeCommand::kCodingRate:
    case RnodeCommand::kRadioState:
    case RnodeCommand::kRadioLock:
    case RnodeCommand::kDetect:
    case RnodeCommand::kLeave:
    case RnodeCommand::kPromiscuous:
    case RnodeCommand::kReady:
    case RnodeCommand::kRssi:
    case RnodeCommand::kSnr:
    case RnodeCommand::kTemperature:
    case RnodeCommand::kBlink:
    case RnodeCommand::kRandom:
    case RnodeCommand::kFramebufferEnable:
    case RnodeCommand::kBluetooth:
    case RnodeCommand::kBoard:
    case RnodeCommand::kPlatform:
    case RnodeCommand::kMcu:
    case RnodeCommand::kError:
    case RnodeCommand::kReset:
      return 1;
    default:
      return 0;
  }
}

double percent(std::uint16_t hundredths) {
  return hundredths / 100.0;
}

std::uint16_t hundredths(double percent) {
  return static_cast<std::uint16_t>(std::lround(std::clamp(percent, 0.0, 655.35) * 100));
}

std::uint8_t byte_of(int value) {
  return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

RnodeChannelStatistics decode_channel(ByteReader reader) {
  RnodeChannelStatistics out;
  out.airtime_short_percent = percent(reader.u16_be());
  out.airtime_long_percent = percent(reader.u16_be());
  out.load_short_percent = percent(reader.u16_be());
  out.load_long_percent = percent(reader.u16_be());
  out.rssi_dbm = reader.u8() - kSignalOffset;
  out.noise_floor_dbm = reader.u8() - kSignalOffset;
  const std::uint8_t interference = reader.u8();
  if (interference != kNoInterference) out.interference_dbm = interference - kSignalOffset;
  return out;
}

RnodePhysicalParameters decode_physical(ByteReader reader) {
  RnodePhysicalParameters out;
  out.symbol_time_us = reader.u16_be();
  out.symbol_rate = reader.u16_be();
  out.preamble_symbols = reader.u16_be();
  out.preamble_ms = reader.u16_be();
  out.csma_slot_ms = reader.u16_be();
  out.csma_difs_ms = reader.u16_be();
  return out;
}

RnodeTemperature decode_temperature(std::uint8_t value) {
  const int celsius = value - kTemperatureOffset;
  if (celsius < -30 || celsius > 90) return {};
  return {celsius};
}

}  // namespace

RnodeMessage decode_rnode(std::uint8_t command_byte, ByteView payload) {
  const auto command = static_cast<RnodeCommand>(command_byte);
  const std::size_t need = payload_size(command);
  if (payload.size() < need) return RnodeOther{command, payload};
  ByteReader reader(payload);
  switch (command) {
    case RnodeCommand::kData:
      return RnodeData{payload};
    case RnodeCommand::kFrequency:
      return RnodeFrequency{reader.u32_be()};
    case RnodeCommand::kBandwidth:
      return RnodeBandwidth{reader.u32_be()};
    case RnodeCommand::kAirtimeLimitShort:
    case RnodeCommand::kAirtimeLimitLong:
      return RnodeAirtimeLimit{command, percent(reader.u16_be())};
    case RnodeCommand::kPacketsReceived:
    case RnodeCommand::kPacketsSent:
      return RnodePacketCount{command, reader.u32_be()};
    case RnodeCommand::kFirmwareVersion:
      return RnodeFirmware{payload[0], payload[1]};
    case RnodeCommand::kRssi:
      return RnodeRssi{payload[0] - kSignalOffset};
    case RnodeCommand::kSnr:
      return RnodeSnr{static_cast<std::int8_t>(payload[0]) / 4.0};
    case RnodeCommand::kChannelStatistics:
      return decode_channel(reader);
    case RnodeCommand::kPhysicalParameters:
      return decode_physical(reader);
    case RnodeCommand::kBattery:
      return RnodeBattery{payload[0], std::min<std::uint8_t>(payload[1], 100)};
    case RnodeCommand::kCsma:
      return RnodeCsma{payload[0], payload[1], payload[2]};
    case RnodeCommand::kTemperature:
      return decode_temperature(payload[0]);
    default:
      break;
  }
  if (need == 1) return RnodeByte{command, payload[0]};
  return RnodeOther{command, payload};
}

namespace {

/// Command and payload of each message; the frame around it is the same for all.
struct Encoder {
  RnodeCommand command = RnodeCommand::kUnknown;
  ByteWriter payload;

  void operator()(const RnodeOther& m) { set(m.command).bytes(m.payload); }
  void operator()(const RnodeData& m) { set(RnodeCommand::kData).bytes(m.packet); }
  void operator()(const RnodeFrequency& m) { set(RnodeCommand::kFrequency).u32_be(m.hz); }
  void operator()(const RnodeBandwidth& m) { set(RnodeCommand::kBandwidth).u32_be(m.hz); }
  void operator()(const RnodeByte& m) { set(m.command).u8(m.value); }
  void operator()(const RnodeAirtimeLimit& m) { set(m.command).u16_be(hundredths(m.percent)); }
  void operator()(const RnodePacketCount& m) { set(m.command).u32_be(m.packets); }
  void operator()(const RnodeFirmware& m) {
    set(RnodeCommand::kFirmwareVersion).u8(m.major).u8(m.minor);
  }
  void operator()(const RnodeRssi& m) {
    set(RnodeCommand::kRssi).u8(byte_of(m.dbm + kSignalOffset));
  }
  void operator()(const RnodeSnr& m) {
    const long quarters = std::lround(std::clamp(m.db, -32.0, 31.75) * 4);
    set(RnodeCommand::kSnr).u8(static_cast<std::uint8_t>(quarters));
  }
  void operator()(const RnodeChannelStatistics& m) {
    set(RnodeCommand::kChannelStatistics)
        .u16_be(hundredths(m.airtime_short_percent))
        .u16_be(hundredths(m.airtime_long_percent))
        .u16_be(hundredths(m.load_short_percent))
        .u16_be(hundredths(m.load_long_percent))
        .u8(byte_of(m.rssi_dbm + kSignalOffset))
        .u8(byte_of(m.noise_floor_dbm + kSignalOffset))
        .u8(m.interference_dbm ? byte_of(*m.interference_dbm + kSignalOffset) : kNoInterference);
  }
  void operator()(const RnodePhysicalParameters& m) {
    set(RnodeCommand::kPhysicalParameters)
        .u16_be(m.symbol_time_us)
        .u16_be(m.symbol_rate)
        .u16_be(m.preamble_symbols)
        .u16_be(m.preamble_ms)
        .u16_be(m.csma_slot_ms)
        .u16_be(m.csma_difs_ms);
  }
  void operator()(const RnodeBattery& m) {
    set(RnodeCommand::kBattery).u8(m.state).u8(std::min<std::uint8_t>(m.percent, 100));
  }
  void operator()(const RnodeCsma& m) {
    set(RnodeCommand::kCsma).u8(m.band).u8(m.window_min).u8(m.window_max);
  }
  void operator()(const RnodeTemperature& m) {
    set(RnodeCommand::kTemperature).u8(m.celsius ? byte_of(*m.celsius + kTemperatureOffset) : 0xFF);
  }

 private:
  ByteWriter& set(RnodeCommand which) {
    command = which;
    return payload;
  }
};

Bytes encode_byte(RnodeCommand command, std::uint8_t value) {
  return encode_rnode(RnodeByte{command, value});
}

}  // namespace

Bytes encode_rnode(const RnodeMessage& message) {
  Encoder encoder;
  std::visit(encoder, message);
  return kiss_encode(static_cast<std::uint8_t>(encoder.command), encoder.payload.written());
}

Bytes rnode_detect() {
  return encode_byte(RnodeCommand::kDetect, kRnodeDetectRequest);
}

Bytes rnode_probe() {
  Bytes out = rnode_detect();
  for (const RnodeCommand question :
       {RnodeCommand::kFirmwareVersion, RnodeCommand::kPlatform, RnodeCommand::kMcu}) {
    out.pop_back();  // the closing delimiter is the next frame's opening one
    append(out, encode_byte(question, 0));
  }
  return out;
}

std::vector<Bytes> rnode_configuration(const RnodeParameters& parameters) {
  std::vector<Bytes> out{
      encode_rnode(RnodeFrequency{parameters.frequency_hz}),
      encode_rnode(RnodeBandwidth{parameters.bandwidth_hz}),
      encode_byte(RnodeCommand::kTxPower, parameters.tx_power_dbm),
      encode_byte(RnodeCommand::kSpreadingFactor, parameters.spreading_factor),
      encode_byte(RnodeCommand::kCodingRate, parameters.coding_rate),
  };
  if (const auto limit = parameters.airtime_limit_short_percent) {
    out.push_back(encode_rnode(RnodeAirtimeLimit{RnodeCommand::kAirtimeLimitShort, *limit}));
  }
  if (const auto limit = parameters.airtime_limit_long_percent) {
    out.push_back(encode_rnode(RnodeAirtimeLimit{RnodeCommand::kAirtimeLimitLong, *limit}));
  }
  out.push_back(
      encode_byte(RnodeCommand::kRadioState, static_cast<std::uint8_t>(RnodeRadioState::kOn)));
  return out;
}

std::vector<Bytes> rnode_shutdown() {
  return {encode_byte(RnodeCommand::kFramebufferEnable, 0),
          encode_byte(RnodeCommand::kRadioState, static_cast<std::uint8_t>(RnodeRadioState::kOff)),
          encode_byte(RnodeCommand::kLeave, 0xFF)};
}

Bytes rnode_data(ByteView packet) {
  return encode_rnode(RnodeData{packet});
}

}  // namespace mehr::wire
