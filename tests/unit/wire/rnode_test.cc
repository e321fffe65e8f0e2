// The RNode protocol against rnode.json: what a host writes, what a radio reports, what is
// compared. The vectors' timed behaviour (bring-up waits, flow control) is the interface's and
// tested there.
#include "core/wire/rnode.h"

#include <gtest/gtest.h>

#include "core/wire/airtime.h"
#include "core/wire/kiss.h"
#include "tests/unit/vector_file.h"

namespace mehr::wire {
namespace {

using test::hex;
using test::Json;
using test::VectorFile;

RnodeParameters parameters_of(const Json& config) {
  RnodeParameters out;
  out.frequency_hz = config["frequency"];
  out.bandwidth_hz = config["bandwidth"];
  out.tx_power_dbm = config["txpower"];
  out.spreading_factor = config["spreadingfactor"];
  out.coding_rate = config["codingrate"];
  if (config.contains("airtime_limit_short")) {
    out.airtime_limit_short_percent = config["airtime_limit_short"];
    out.airtime_limit_long_percent = config["airtime_limit_long"];
  }
  return out;
}

TEST(Rnode, BringUp) {
  VectorFile("rnode").each("bring_up", [](const Json& item) {
    const RnodeParameters asked = parameters_of(item["config"]);
    std::vector<Bytes> written = rnode_configuration(asked);
    written.insert(written.begin(), rnode_probe());
    ASSERT_EQ(written.size(), item["host_to_radio"].size());
    for (std::size_t i = 0; i < written.size(); ++i) {
      EXPECT_EQ(written[i], hex(item["host_to_radio"][i])) << i;
    }
    for (const Json& transmit : item["transmit"]) {
      EXPECT_EQ(rnode_data(hex(transmit["packet"])), hex(transmit["frame"]));
    }
    const auto shutdown = rnode_shutdown();
    ASSERT_EQ(shutdown.size(), item["on_detach"].size());
    for (std::size_t i = 0; i < shutdown.size(); ++i) {
      EXPECT_EQ(shutdown[i], hex(item["on_detach"][i])) << i;
    }
    EXPECT_DOUBLE_EQ(
        lora_bitrate_bps({asked.bandwidth_hz, asked.spreading_factor, asked.coding_rate}),
        item["bitrate"].get<double>());
    EXPECT_EQ(kRnodeMtu, item["hw_mtu"].get<std::size_t>());
  });
}

/// A radio that reports exactly what it was asked for.
RnodeStatus obedient(const RnodeParameters& asked) {
  RnodeStatus status;
  const auto apply = [&](RnodeCommand command, int value) {
    status.apply(RnodeByte{command, static_cast<std::uint8_t>(value)});
  };
  apply(RnodeCommand::kDetect, kRnodeDetectResponse);
  status.apply(RnodeFirmware{1, 86});
  status.apply(RnodeFrequency{asked.frequency_hz});
  status.apply(RnodeBandwidth{asked.bandwidth_hz});
  apply(RnodeCommand::kTxPower, asked.tx_power_dbm);
  apply(RnodeCommand::kSpreadingFactor, asked.spreading_factor);
  apply(RnodeCommand::kCodingRate, asked.coding_rate);
  apply(RnodeCommand::kRadioState, static_cast<int>(RnodeRadioState::kOn));
  return status;
}

TEST(Rnode, Validation) {
  const RnodeParameters asked{868'200'000, 125'000, 7, 8, 5, {}, {}};
  VectorFile("rnode").each("validation", [&](const Json& item) {
    RnodeStatus reported = obedient(asked);
    const auto name = item["case"].get<std::string>();
    if (name == "bandwidth differs")
      reported.bandwidth_hz = 250'000;
    else if (name == "frequency off by 100 Hz")
      *reported.frequency_hz += 100;
    else if (name == "frequency off by 101 Hz")
      *reported.frequency_hz -= 101;
    else if (name == "spreading factor differs")
      reported.spreading_factor = 9;
    else if (name == "coding rate differs")
      reported.coding_rate = 6;
    else if (name == "tx power differs")
      reported.tx_power_dbm = 8;
    else if (name == "radio stays off")
      reported.radio_state = 0;
    else if (name == "no detect answer")
      reported.detected = false;
    else if (name == "firmware 2.0")
      reported.firmware = RnodeFirmware{2, 0};
    else if (name == "firmware 1.52")
      reported.firmware = RnodeFirmware{1, 52};
    else
      FAIL() << "unknown case";
    EXPECT_EQ(rnode_mismatch(asked, reported) == RnodeMismatch::kNone,
              item["goes_online"].get<bool>());
  });
}

TEST(Rnode, ValidationOfWhatTheVectorsLeaveOut) {
  const RnodeParameters asked{868'200'000, 125'000, 7, 8, 5, {}, {}};
  RnodeStatus reported = obedient(asked);
  reported.firmware = RnodeFirmware{1, 51};
  EXPECT_EQ(rnode_mismatch(asked, reported), RnodeMismatch::kFirmware);
  reported.firmware.reset();
  EXPECT_EQ(rnode_mismatch(asked, reported), RnodeMismatch::kFirmware);
  reported = obedient(asked);
  reported.frequency_hz.reset();
  EXPECT_EQ(rnode_mismatch(asked, reported), RnodeMismatch::kNone);
  reported.bandwidth_hz.reset();
  EXPECT_EQ(rnode_mismatch(asked, reported), RnodeMismatch::kBandwidth);
  EXPECT_EQ(rnode_mismatch(asked, {}), RnodeMismatch::kNotDetected);
}

/// One value of a radio's state by the reference's name for it, null when it was never reported.
Json state_of(const RnodeStatus& status, bool online, const std::string& name) {
  const auto number = [](const auto& value) { return value ? Json(*value) : Json(); };
  if (name == "online") return online;
  if (name == "r_stat_rssi") return number(status.rssi_dbm);
  if (name == "r_stat_snr") return number(status.snr_db);
  if (name == "r_temperature") return number(status.temperature_c);
  if (const auto& channel = status.channel) {
    if (name == "r_airtime_short") return channel->airtime_short_percent;
    if (name == "r_airtime_long") return channel->airtime_long_percent;
    if (name == "r_channel_load_short") return channel->load_short_percent;
    if (name == "r_channel_load_long") return channel->load_long_percent;
    if (name == "r_current_rssi") return channel->rssi_dbm;
    if (name == "r_noise_floor") return channel->noise_floor_dbm;
    if (name == "r_interference") return number(channel->interference_dbm);
  }
  if (const auto& physical = status.physical) {
    if (name == "r_symbol_time_ms") return physical->symbol_time_us / 1000.0;
    if (name == "r_symbol_rate") return physical->symbol_rate;
    if (name == "r_preamble_symbols") return physical->preamble_symbols;
    if (name == "r_premable_time_ms") return physical->preamble_ms;
    if (name == "r_csma_slot_time_ms") return physical->csma_slot_ms;
    if (name == "r_csma_difs_ms") return physical->csma_difs_ms;
  }
  if (const auto& csma = status.csma) {
    if (name == "r_csma_cw_band") return csma->band;
    if (name == "r_csma_cw_min") return csma->window_min;
    if (name == "r_csma_cw_max") return csma->window_max;
  }
  if (const auto& battery = status.battery) {
    if (name == "r_battery_state") return battery->state;
    if (name == "r_battery_percent") return battery->percent;
  }
  return "not known here: " + name;
}

// One radio for the whole list, as in the reference: some values stay from one case to the next.
TEST(Rnode, RadioToHost) {
  const RnodeParameters asked{868'200'000, 125'000, 7, 8, 5, {}, {}};
  RnodeStatus status = obedient(asked);
  VectorFile("rnode").each("radio_to_host", [&](const Json& item) {
    KissDecoder decoder(kRnodeMtu, KissCommand::kByte, KissDelimiter::kSeparate);
    bool online = true;
    std::size_t packets = 0;
    decoder.push(hex(item["bytes"]), [&](const KissFrame& frame) {
      const RnodeMessage message = decode_rnode(frame.command, frame.payload);
      status.apply(message);
      if (const auto* error = std::get_if<RnodeByte>(&message)) {
        if (error->command == RnodeCommand::kError && rnode_error_is_fatal(error->value)) {
          online = false;
        }
      }
      const auto* data = std::get_if<RnodeData>(&message);
      if (data == nullptr) return;
      ASSERT_LT(packets, item["packets"].size());
      const Json& packet = item["packets"][packets++];
      EXPECT_EQ(to_bytes(data->packet), hex(packet["data"]));
      EXPECT_EQ(state_of(status, online, "r_stat_rssi"), packet["rssi"]);
      EXPECT_EQ(state_of(status, online, "r_stat_snr"), packet["snr"]);
      EXPECT_EQ(status.quality_percent, packet["quality"].get<double>());
      status.clear_signal();
    });
    EXPECT_EQ(packets, item["packets"].size());
    for (const auto& [name, value] : item["state"].items()) {
      EXPECT_EQ(state_of(status, online, name), value) << name;
    }
  });
}

TEST(Rnode, Bitrates) {
  VectorFile("rnode").each("bitrates", [](const Json& item) {
    const LoraModulation modulation{item["bandwidth"], item["sf"], item["cr"]};
    EXPECT_NEAR(lora_bitrate_bps(modulation), item["bitrate"].get<double>(), 0.001);
  });
}

int value_of(const std::string& name) {
  static const std::map<std::string, int> kOther{
      {"DETECT_REQ", kRnodeDetectRequest},
      {"DETECT_RESP", kRnodeDetectResponse},
      {"RADIO_STATE_OFF", static_cast<int>(RnodeRadioState::kOff)},
      {"RADIO_STATE_ON", static_cast<int>(RnodeRadioState::kOn)},
      {"RADIO_STATE_ASK", static_cast<int>(RnodeRadioState::kAsk)},
      {"PLATFORM_AVR", static_cast<int>(RnodePlatform::kAvr)},
      {"PLATFORM_ESP32", static_cast<int>(RnodePlatform::kEsp32)},
      {"PLATFORM_NRF52", static_cast<int>(RnodePlatform::kNrf52)},
      {"ERROR_INITRADIO", static_cast<int>(RnodeError::kRadioInit)},
      {"ERROR_TXFAILED", static_cast<int>(RnodeError::kTransmitFailed)},
      {"ERROR_EEPROM_LOCKED", static_cast<int>(RnodeError::kEepromLocked)},
      {"ERROR_QUEUE_FULL", static_cast<int>(RnodeError::kQueueFull)},
      {"ERROR_MEMORY_LOW", static_cast<int>(RnodeError::kMemoryLow)},
      {"ERROR_MODEM_TIMEOUT", static_cast<int>(RnodeError::kModemTimeout)},
      // Framing bytes, as they come out of the encoder: C0, command, DB DC, DB DD, C0.
      {"FEND", kiss_encode(0, {})[0]},
      {"FESC", kiss_encode(0, Bytes{0xC0})[2]},
      {"TFEND", kiss_encode(0, Bytes{0xC0})[3]},
      {"TFESC", kiss_encode(0, Bytes{0xDB})[3]},
  };
  static const std::map<std::string, RnodeCommand> kCommands{
      {"CMD_BANDWIDTH", RnodeCommand::kBandwidth},
      {"CMD_BLINK", RnodeCommand::kBlink},
      {"CMD_BT_CTRL", RnodeCommand::kBluetooth},
      {"CMD_CR", RnodeCommand::kCodingRate},
      {"CMD_DATA", RnodeCommand::kData},
      {"CMD_DETECT", RnodeCommand::kDetect},
      {"CMD_DISP_READ", RnodeCommand::kDisplayRead},
      {"CMD_ERROR", RnodeCommand::kError},
      {"CMD_FB_EXT", RnodeCommand::kFramebufferEnable},
      {"CMD_FB_READ", RnodeCommand::kFramebufferRead},
      {"CMD_FB_WRITE", RnodeCommand::kFramebufferWrite},
      {"CMD_FREQUENCY", RnodeCommand::kFrequency},
      {"CMD_FW_VERSION", RnodeCommand::kFirmwareVersion},
      {"CMD_LEAVE", RnodeCommand::kLeave},
      {"CMD_LT_ALOCK", RnodeCommand::kAirtimeLimitLong},
      {"CMD_MCU", RnodeCommand::kMcu},
      {"CMD_PLATFORM", RnodeCommand::kPlatform},
      {"CMD_RADIO_LOCK", RnodeCommand::kRadioLock},
      {"CMD_RADIO_STATE", RnodeCommand::kRadioState},
      {"CMD_RANDOM", RnodeCommand::kRandom},
      {"CMD_READY", RnodeCommand::kReady},
      {"CMD_RESET", RnodeCommand::kReset},
      {"CMD_ROM_READ", RnodeCommand::kRomRead},
      {"CMD_SF", RnodeCommand::kSpreadingFactor},
      {"CMD_STAT_BAT", RnodeCommand::kBattery},
      {"CMD_STAT_CHTM", RnodeCommand::kChannelStatistics},
      {"CMD_STAT_CSMA", RnodeCommand::kCsma},
      {"CMD_STAT_PHYPRM", RnodeCommand::kPhysicalParameters},
      {"CMD_STAT_RSSI", RnodeCommand::kRssi},
      {"CMD_STAT_RX", RnodeCommand::kPacketsReceived},
      {"CMD_STAT_SNR", RnodeCommand::kSnr},
      {"CMD_STAT_TEMP", RnodeCommand::kTemperature},
      {"CMD_STAT_TX", RnodeCommand::kPacketsSent},
      {"CMD_ST_ALOCK", RnodeCommand::kAirtimeLimitShort},
      {"CMD_TXPOWER", RnodeCommand::kTxPower},
      {"CMD_UNKNOWN", RnodeCommand::kUnknown},
  };
  if (const auto found = kCommands.find(name); found != kCommands.end()) {
    return static_cast<int>(found->second);
  }
  const auto found = kOther.find(name);
  return found == kOther.end() ? -1 : found->second;
}

TEST(Rnode, Constants) {
  VectorFile("rnode").each("constants", [](const Json& item) {
    EXPECT_EQ(value_of(item["key"]), item["value"].get<int>());
  });
}

TEST(Rnode, EveryMessageSurvivesTheRoundTrip) {
  KissDecoder decoder(kRnodeMtu);
  for (unsigned command = 0; command < 256; ++command) {
    if (command == 0xC0) continue;
    for (std::size_t size = 0; size <= 13; ++size) {
      Bytes payload(size);
      for (std::size_t i = 0; i < size; ++i)
        payload[i] = static_cast<std::uint8_t>(i * 37 + 90);
      const auto message = decode_rnode(static_cast<std::uint8_t>(command), payload);
      const Bytes encoded = encode_rnode(message);
      decoder.push(encoded, [&](const KissFrame& frame) {
        EXPECT_EQ(frame.command, command);
        EXPECT_EQ(decode_rnode(frame.command, frame.payload).index(), message.index());
        EXPECT_EQ(encode_rnode(decode_rnode(frame.command, frame.payload)), encoded);
      });
    }
  }
}

TEST(Rnode, ValuesOutsideTheFieldsAreClamped) {
  EXPECT_EQ(encode_rnode(RnodeRssi{-300}), *from_hex("c02300c0"));
  EXPECT_EQ(encode_rnode(RnodeRssi{300}), *from_hex("c023ffc0"));
  EXPECT_EQ(encode_rnode(RnodeSnr{-100}), *from_hex("c02480c0"));
  EXPECT_EQ(encode_rnode(RnodeBattery{3, 200}), *from_hex("c0270364c0"));
  EXPECT_EQ(encode_rnode(RnodeAirtimeLimit{RnodeCommand::kAirtimeLimitShort, 1e9}),
            *from_hex("c00bffffc0"));
}

TEST(Rnode, Names) {
  EXPECT_EQ(rnode_platform_name(0x80), "ESP32");
  EXPECT_EQ(rnode_platform_name(0x01), "unknown");
  EXPECT_EQ(rnode_mismatch_name(RnodeMismatch::kTxPower), "tx power");
  for (int error = 0; error < 256; ++error) {
    EXPECT_FALSE(rnode_error_text(static_cast<std::uint8_t>(error)).empty());
  }
  EXPECT_TRUE(rnode_error_is_fatal(1));
  EXPECT_FALSE(rnode_error_is_fatal(4));
}

}  // namespace
}  // namespace mehr::wire
