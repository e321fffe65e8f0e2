// How long LoRa takes: the bitrate RNS computes for an RNode, the time a frame is on the air, and
// how the firmware puts packets into frames. Called by the RNode interface to meter its queue and
// by the emulated channel of tools/mehr-radio. Any thread; pure. Source: reticulum-wire §24;
// Semtech AN1200.13 for the time on air.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::wire {

/// A LoRa modulation. spreading_factor 5..12, coding_rate 5..8 (meaning 4/5..4/8), bandwidth over
/// 0.
struct LoraModulation {
  std::uint32_t bandwidth_hz = 125'000;
  std::uint8_t spreading_factor = 8;
  std::uint8_t coding_rate = 5;
};

/// Bits per second that caps and timeouts are computed with; no preamble, header or waiting
/// counted.
double lora_bitrate_bps(const LoraModulation& modulation);
/// One symbol, in seconds.
double lora_symbol_seconds(const LoraModulation& modulation);
/// Programmed preamble length of RNode firmware: 24 ms worth (6 ms from 30 kbit/s on), 18 at least.
std::uint16_t rnode_preamble_symbols(const LoraModulation& modulation);

/// Time on air of one LoRa frame: explicit header, CRC, low data rate optimisation when a symbol is
/// 16 ms or longer. @param payload bytes of the frame, 0..255
Duration lora_time_on_air(const LoraModulation& modulation, std::uint16_t preamble_symbols,
                          std::size_t payload);

inline constexpr std::size_t kLoraFrameMax = 255;       ///< bytes of one LoRa frame
inline constexpr std::size_t kRnodeFramePayload = 254;  ///< of them packet; one is the RNode header
inline constexpr std::uint8_t kRnodeSplit = 0x01;       ///< header bit: this is one of two frames

/// Packet bytes as the firmware sends them: one frame up to 254 bytes, else two with equal header.
/// @param packet 1..508 bytes @param sequence only the low nibble is used, drawn at random per
/// packet
std::vector<Bytes> rnode_air_frames(ByteView packet, std::uint8_t sequence);

/// Time on air of a whole packet, one or two frames, without channel access.
Duration rnode_packet_airtime(const LoraModulation& modulation, std::size_t packet);

/// Joins frames from the air into packets, as the firmware does: a split frame waits for the next
/// one with the same sequence; another split frame replaces it, an unsplit one discards it.
class RnodeAirReceiver {
 public:
  /// @param frame as received, header byte first
  /// @return the finished packet, empty when there is none yet
  Bytes receive(ByteView frame);

 private:
  Bytes first_half_;
  std::uint8_t sequence_ = 0;
  bool waiting_ = false;
};

}  // namespace mehr::wire
