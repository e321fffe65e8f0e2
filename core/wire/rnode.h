// The RNode host protocol: what a computer and its LoRa radio say to each other inside KISS frames.
// Owns commands, message layouts and the comparison of asked and reported parameters; framing is
// kiss.h's, timing and retries belong to controlplane/interface and the emulated radio of
// tools/mehr-radio, which both call this. Any thread; pure. Source: reticulum-wire §24.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/bytes.h"

namespace mehr::wire {

inline constexpr std::size_t kRnodeMtu = 508;     ///< longest data payload, either direction
inline constexpr int kRnodeFirmwareMajorMin = 1;  ///< oldest firmware that is spoken to: 1.52
inline constexpr int kRnodeFirmwareMinorMin = 52;
inline constexpr std::uint8_t kRnodeDetectRequest = 0x73;
inline constexpr std::uint8_t kRnodeDetectResponse = 0x46;
inline constexpr std::uint8_t kRnodeResetDone = 0xF8;  ///< payload of kReset after a boot
inline constexpr std::uint8_t kRnodeAsk = 0xFF;        ///< one-byte parameters: report, do not set

enum class RnodeCommand : std::uint8_t {
  kData = 0x00,
  kFrequency = 0x01,
  kBandwidth = 0x02,
  kTxPower = 0x03,
  kSpreadingFactor = 0x04,
  kCodingRate = 0x05,
  kRadioState = 0x06,
  kRadioLock = 0x07,
  kDetect = 0x08,
  kLeave = 0x0A,
  kAirtimeLimitShort = 0x0B,
  kAirtimeLimitLong = 0x0C,
  kPromiscuous = 0x0E,
  kReady = 0x0F,
  kPacketsReceived = 0x21,
  kPacketsSent = 0x22,
  kRssi = 0x23,
  kSnr = 0x24,
  kChannelStatistics = 0x25,
  kPhysicalParameters = 0x26,
  kBattery = 0x27,
  kCsma = 0x28,
  kTemperature = 0x29,
  kBlink = 0x30,
  kRandom = 0x40,
  kFramebufferEnable = 0x41,
  kFramebufferRead = 0x42,
  kFramebufferWrite = 0x43,
  kBluetooth = 0x46,
  kBoard = 0x47,
  kPlatform = 0x48,
  kMcu = 0x49,
  kFirmwareVersion = 0x50,
  kRomRead = 0x51,
  kReset = 0x55,
  kDisplayRead = 0x66,
  kError = 0x90,
  kUnknown = 0xFE,
};

enum class RnodeRadioState : std::uint8_t { kOff = 0x00, kOn = 0x01, kAsk = 0xFF };
enum class RnodePlatform : std::uint8_t { kNrf52 = 0x70, kEsp32 = 0x80, kAvr = 0x90 };
enum class RnodeError : std::uint8_t {
  kRadioInit = 1,
  kTransmitFailed = 2,
  kEepromLocked = 3,
  kQueueFull = 4,
  kMemoryLow = 5,
  kModemTimeout = 6,
};
/// "ESP32", "nRF52", "AVR", or "unknown".
std::string_view rnode_platform_name(std::uint8_t platform);
/// One sentence without a full stop, for operators.
std::string_view rnode_error_text(std::uint8_t error);
/// Errors after which the radio is of no use until it is brought up again. Queue full (one packet
/// lost), memory low and modem timeout are only shown.
bool rnode_error_is_fatal(std::uint8_t error);

// Messages. Integers on the wire are big endian. Most go both ways: the host sets or asks
// (frequency and bandwidth 0, one-byte parameters kRnodeAsk), the radio answers with what it has.

/// A packet to send or received; points into the frame.
struct RnodeData {
  ByteView packet;
};
struct RnodeFrequency {
  std::uint32_t hz = 0;
};
struct RnodeBandwidth {
  std::uint32_t hz = 0;
};
/// Any command with one payload byte that has no type of its own here: tx power (dBm), spreading
/// factor, coding rate, radio state, lock, detect, leave, ready, platform, MCU, error, reset ...
struct RnodeByte {
  RnodeCommand command = RnodeCommand::kUnknown;
  std::uint8_t value = 0;
};
/// kAirtimeLimitShort or kAirtimeLimitLong; 0 = no limit.
struct RnodeAirtimeLimit {
  RnodeCommand command = RnodeCommand::kAirtimeLimitShort;
  double percent = 0;
};
/// kPacketsReceived or kPacketsSent.
struct RnodePacketCount {
  RnodeCommand command = RnodeCommand::kPacketsReceived;
  std::uint32_t packets = 0;
};
struct RnodeFirmware {
  std::uint8_t major = 0, minor = 0;
};
/// Signal of the data frame that follows.
struct RnodeRssi {
  int dbm = 0;  ///< -157 .. 98
};
struct RnodeSnr {
  double db = 0;  ///< -32 .. 31.75 in quarters
};
struct RnodeChannelStatistics {
  double airtime_short_percent = 0, airtime_long_percent = 0;  ///< own sending, 15 s and 1 h
  double load_short_percent = 0, load_long_percent = 0;        ///< everybody's
  int rssi_dbm = 0, noise_floor_dbm = 0;
  std::optional<int> interference_dbm;
};
struct RnodePhysicalParameters {
  std::uint16_t symbol_time_us = 0, symbol_rate = 0, preamble_symbols = 0, preamble_ms = 0;
  std::uint16_t csma_slot_ms = 0, csma_difs_ms = 0;
};
struct RnodeBattery {
  std::uint8_t state = 0;    ///< 0 unknown, 1 discharging, 2 charging, 3 charged
  std::uint8_t percent = 0;  ///< 0 .. 100
};
struct RnodeCsma {
  std::uint8_t band = 0, window_min = 0, window_max = 0;
};
struct RnodeTemperature {
  std::optional<int> celsius;  ///< -30 .. 90, absent outside
};
/// Unknown command, or payload too short for its command.
struct RnodeOther {
  RnodeCommand command = RnodeCommand::kUnknown;
  ByteView payload;  ///< points into the frame
};

using RnodeMessage = std::variant<RnodeOther, RnodeData, RnodeFrequency, RnodeBandwidth, RnodeByte,
                                  RnodeAirtimeLimit, RnodePacketCount, RnodeFirmware, RnodeRssi,
                                  RnodeSnr, RnodeChannelStatistics, RnodePhysicalParameters,
                                  RnodeBattery, RnodeCsma, RnodeTemperature>;

/// Understands one KISS frame of either direction. Bytes beyond a message's length are ignored.
RnodeMessage decode_rnode(std::uint8_t command, ByteView payload);
/// The whole KISS frame of a message, delimiters included. Values are clamped to what the fields
/// hold.
Bytes encode_rnode(const RnodeMessage& message);

/// What a host asks of its radio.
struct RnodeParameters {
  std::uint32_t frequency_hz = 0, bandwidth_hz = 0;
  std::uint8_t tx_power_dbm = 0, spreading_factor = 0, coding_rate = 0;
  std::optional<double> airtime_limit_short_percent, airtime_limit_long_percent;
};

/// The four questions of bring-up as one write sharing delimiters: detect, firmware, platform, MCU.
Bytes rnode_probe();
/// Detect alone, the keepalive of an RNode over TCP.
Bytes rnode_detect();
/// The frames that configure the radio and switch it on, in order, one write each.
std::vector<Bytes> rnode_configuration(const RnodeParameters& parameters);
/// The frames of an orderly shutdown, in order: display released, radio off, host leaves.
std::vector<Bytes> rnode_shutdown();
/// One data frame. @param packet at most kRnodeMtu bytes
Bytes rnode_data(ByteView packet);

/// Everything a radio reported since bring-up began; absent = never reported.
struct RnodeStatus {
  bool detected = false;
  std::optional<RnodeFirmware> firmware;
  std::optional<std::uint8_t> platform, mcu;
  std::optional<std::uint32_t> frequency_hz, bandwidth_hz;
  std::optional<std::uint8_t> tx_power_dbm, spreading_factor, coding_rate, radio_state;
  std::optional<double> airtime_limit_short_percent, airtime_limit_long_percent;
  std::optional<int> rssi_dbm;   ///< of the data frame that comes next
  std::optional<double> snr_db;  ///< of the data frame that comes next
  double quality_percent = 0;    ///< of the last SNR report, 0 .. 100
  std::optional<RnodeChannelStatistics> channel;
  std::optional<RnodePhysicalParameters> physical;
  std::optional<RnodeBattery> battery;
  std::optional<RnodeCsma> csma;
  std::optional<int> temperature_c;

  /// Takes over what a message says. Data and errors change nothing.
  void apply(const RnodeMessage& message);
  /// After the data frame its signal reports belonged to was handled.
  void clear_signal() { rssi_dbm.reset(), snr_db.reset(); }
};

/// Signal quality as RNS shows it. @param spreading_factor 5..12 @return 0..100, one decimal
double rnode_quality_percent(double snr_db, std::uint8_t spreading_factor);

/// Why a radio must stay offline; the first that applies, in this order.
enum class RnodeMismatch : std::uint8_t {
  kNone,
  kNotDetected,
  kFirmware,
  kFrequency,  ///< over 100 Hz off; no report at all is tolerated
  kBandwidth,
  kTxPower,
  kSpreadingFactor,
  kRadioState,
};
/// Compares after bring-up. The coding rate is deliberately not compared: a receiver learns it from
/// every packet, and RNS does not either.
RnodeMismatch rnode_mismatch(const RnodeParameters& asked, const RnodeStatus& reported);
/// "frequency", "firmware" ...; "none".
std::string_view rnode_mismatch_name(RnodeMismatch mismatch);

}  // namespace mehr::wire
