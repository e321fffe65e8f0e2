// A host for tests: configures an emulated radio, sends packets, collects what it says. Used by the
// tests of this folder only.
#pragma once

#include <vector>

#include "tools/mehr-radio/emulator.h"

namespace mehr::mehr_radio {

inline constexpr Modulation kSlow{868'200'000, 125'000, 8, 5};
inline constexpr Modulation kQuick{868'200'000, 250'000, 7, 5};

struct RadioHost {
  struct Packet {
    Bytes bytes;
    int rssi_dbm = 0;
    double snr_db = 0;
  };

  RadioHost(Emulator& emulator_in, NodeId node_in) : emulator(emulator_in), node(node_in) {}

  void switch_on(const Modulation& modulation, Time now, std::uint8_t power_dbm = 7) {
    wire::RnodeParameters parameters;
    parameters.frequency_hz = static_cast<std::uint32_t>(modulation.frequency_hz);
    parameters.bandwidth_hz = modulation.bandwidth_hz;
    parameters.tx_power_dbm = power_dbm;
    parameters.spreading_factor = modulation.spreading_factor;
    parameters.coding_rate = modulation.coding_rate;
    for (const Bytes& frame : wire::rnode_configuration(parameters))
      emulator.from_host(node, frame, now);
  }
  void send(ByteView packet, Time now) { emulator.from_host(node, wire::rnode_data(packet), now); }
  /// Reads everything the radio has said since the last call.
  void read() {
    decoder.push(emulator.take_output(node), [&](const wire::KissFrame& frame) {
      const wire::RnodeMessage message = wire::decode_rnode(frame.command, frame.payload);
      status.apply(message);
      ++seen[frame.command];
      if (const auto* data = std::get_if<wire::RnodeData>(&message)) {
        packets.push_back(
            {to_bytes(data->packet), status.rssi_dbm.value_or(0), status.snr_db.value_or(0)});
        status.clear_signal();
      }
      if (const auto* byte = std::get_if<wire::RnodeByte>(&message)) last[frame.command] = *byte;
    });
  }

  Emulator& emulator;
  NodeId node;
  wire::KissDecoder decoder{wire::kRnodeMtu, wire::KissCommand::kByte,
                            wire::KissDelimiter::kSeparate};
  wire::RnodeStatus status;
  std::vector<Packet> packets;
  std::array<int, 256> seen{};
  std::array<wire::RnodeByte, 256> last{};
};

/// Keeps every frame that was on the air.
struct FrameLog final : FrameListener {
  void frame_ended(const Frame& frame) override { frames.push_back(frame); }
  std::vector<Frame> frames;
};

}  // namespace mehr::mehr_radio
