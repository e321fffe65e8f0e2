// LoRa times and RNode air frames, declared in airtime.h.
#include "core/wire/airtime.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/base/assert.h"

namespace mehr::wire {
namespace {

constexpr double kFastBitrate = 30'000;  ///< firmware's border between long and short preamble
constexpr double kPreambleSeconds = 0.024;
constexpr double kFastPreambleSeconds = 0.006;
constexpr double kPreambleSymbolsMin = 18;

}  // namespace

double lora_symbol_seconds(const LoraModulation& modulation) {
  MEHR_ASSERT(modulation.bandwidth_hz > 0 && modulation.spreading_factor <= 12);
  return static_cast<double>(1U << modulation.spreading_factor) / modulation.bandwidth_hz;
}

double lora_bitrate_bps(const LoraModulation& modulation) {
  MEHR_ASSERT(modulation.coding_rate >= 5 && modulation.bandwidth_hz > 0);
  const double chips = static_cast<double>(1U << modulation.spreading_factor);
  const double khz = modulation.bandwidth_hz / 1000.0;
  // The order of operations is RNS's, so that the last digit agrees too.
  return modulation.spreading_factor * ((4.0 / modulation.coding_rate) / (chips / khz)) * 1000;
}

std::uint16_t rnode_preamble_symbols(const LoraModulation& modulation) {
  const double seconds =
      lora_bitrate_bps(modulation) > kFastBitrate ? kFastPreambleSeconds : kPreambleSeconds;
  const double symbols = std::ceil(seconds / lora_symbol_seconds(modulation));
  return static_cast<std::uint16_t>(std::clamp(symbols, kPreambleSymbolsMin, 65535.0));
}

Duration lora_time_on_air(const LoraModulation& modulation, std::uint16_t preamble_symbols,
                          std::size_t payload) {
  MEHR_ASSERT(payload <= kLoraFrameMax);
  const int sf = modulation.spreading_factor;
  const double symbol = lora_symbol_seconds(modulation);
  // SF 5 and 6 have a longer sync and none of the header's 8 extra bits (SX126x datasheet, 6.1.4).
  const bool low_sf = sf < 7;
  const bool slow = symbol >= 0.016;
  const double bits = 8.0 * static_cast<double>(payload) + 16 - 4.0 * sf + (low_sf ? 0 : 8) + 20;
  const double per_block = 4.0 * (slow ? sf - 2 : sf);
  const double blocks = std::ceil(std::max(bits, 0.0) / per_block);
  const double symbols =
      preamble_symbols + (low_sf ? 6.25 : 4.25) + 8 + blocks * modulation.coding_rate;
  return from_seconds(symbols * symbol);
}

std::vector<Bytes> rnode_air_frames(ByteView packet, std::uint8_t sequence) {
  MEHR_ASSERT(!packet.empty() && packet.size() <= 2 * kRnodeFramePayload);
  const bool split = packet.size() > kRnodeFramePayload;
  const auto header = static_cast<std::uint8_t>((sequence & 0x0F) << 4 | (split ? kRnodeSplit : 0));
  std::vector<Bytes> frames;
  while (!packet.empty()) {
    const ByteView part = packet.first(std::min(packet.size(), kRnodeFramePayload));
    frames.push_back(concat({{&header, 1}, part}));
    packet = packet.subspan(part.size());
  }
  return frames;
}

Duration rnode_packet_airtime(const LoraModulation& modulation, std::size_t packet) {
  const std::uint16_t preamble = rnode_preamble_symbols(modulation);
  Duration total{};
  while (packet > 0) {
    const std::size_t part = std::min(packet, kRnodeFramePayload);
    total += lora_time_on_air(modulation, preamble, part + 1);
    packet -= part;
  }
  return total;
}

Bytes RnodeAirReceiver::receive(ByteView frame) {
  if (frame.empty()) return {};
  const auto sequence = static_cast<std::uint8_t>(frame[0] >> 4);
  const ByteView part = frame.subspan(1);
  if ((frame[0] & kRnodeSplit) == 0) {
    waiting_ = false;
    first_half_.clear();
    return to_bytes(part);
  }
  if (waiting_ && sequence == sequence_) {
    waiting_ = false;
    append(first_half_, part);
    return std::exchange(first_half_, {});
  }
  first_half_ = to_bytes(part);
  sequence_ = sequence;
  waiting_ = true;
  return {};
}

}  // namespace mehr::wire
