// JSON keys are documented in this folder's README.md.
#include "tools/mehr-radio/report.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace mehr::mehr_radio {
namespace {

using Json = nlohmann::ordered_json;

double milliseconds(Duration duration) {
  return to_seconds(duration) * 1e3;
}
double rounded(double value) {
  return std::round(value * 100) / 100;
}

__attribute__((format(printf, 1, 2))) std::string text(const char* format, ...) {
  char buffer[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}

Json node_json(const Emulator& emulator, NodeId node) {
  const NodeTotals& totals = emulator.totals(node);
  const RnodeDevice& device = emulator.device(node);
  const DeviceCounters& counters = device.counters();
  Json lost = Json::object();
  for (std::size_t reason = 0; reason < kLostReasons; ++reason)
    lost[std::string(lost_name(static_cast<Lost>(reason)))] = totals.frames_lost[reason];
  return {{"plugged", device.powered()},
          {"radio_on", device.tuned().has_value()},
          {"frames_sent", totals.frames_sent},
          {"bytes_on_air", totals.bytes_sent},
          {"airtime_ms", rounded(milliseconds(totals.airtime))},
          {"packets_from_host", counters.packets_from_host},
          {"packets_sent", counters.packets_sent},
          {"packets_dropped", device.queue().dropped()},
          {"packets_queued", device.queue().packets()},
          {"frames_received", totals.frames_received},
          {"packets_to_host", counters.packets_to_host},
          {"frames_lost", lost}};
}

}  // namespace

std::string frame_json(const Emulator& emulator, const Frame& frame) {
  Json heard = Json::array(), lost = Json::array();
  for (const Reception& reception : frame.receptions) {
    Json one = {{"node", emulator.name(reception.node)},
                {"rssi_dbm", rounded(reception.rssi_dbm)},
                {"snr_db", rounded(reception.snr_db)}};
    if (reception.lost) one["reason"] = lost_name(*reception.lost);
    (reception.lost ? lost : heard).push_back(std::move(one));
  }
  const Modulation& modulation = frame.modulation;
  return Json{{"time_s", to_seconds(frame.start.time_since_epoch())},
              {"node", emulator.name(frame.from)},
              {"bytes", frame.bytes.size()},
              {"airtime_ms", rounded(milliseconds(frame.airtime()))},
              {"frequency_hz", modulation.frequency_hz},
              {"bandwidth_hz", modulation.bandwidth_hz},
              {"spreading_factor", modulation.spreading_factor},
              {"coding_rate", modulation.coding_rate},
              {"power_dbm", frame.power_dbm},
              {"received_by", heard},
              {"lost_at", lost},
              {"hex", to_hex(frame.bytes)}}
      .dump();
}

std::string frame_line(const Emulator& emulator, const Frame& frame) {
  std::string line =
      text("%9.3f  %-10s %3zu B %7.1f ms ", to_seconds(frame.start.time_since_epoch()),
           emulator.name(frame.from).c_str(), frame.bytes.size(), milliseconds(frame.airtime()));
  for (const Reception& reception : frame.receptions) {
    const char* name = emulator.name(reception.node).c_str();
    line += reception.lost
                ? text("  %s lost (%s)", name, std::string(lost_name(*reception.lost)).c_str())
                : text("  %s %.0f dBm", name, reception.rssi_dbm);
  }
  if (frame.receptions.empty()) line += "  heard by nobody";
  return line;
}

std::string totals_json(const Emulator& emulator, Duration elapsed) {
  Json nodes = Json::object();
  std::uint64_t frames = 0, bytes = 0;
  Duration airtime{};
  for (NodeId node = 0; node < emulator.nodes(); ++node) {
    nodes[emulator.name(node)] = node_json(emulator, node);
    const NodeTotals& totals = emulator.totals(node);
    frames += totals.frames_sent;
    bytes += totals.bytes_sent;
    airtime += totals.airtime;
  }
  return Json{{"elapsed_s", to_seconds(elapsed)},
              {"frames", frames},
              {"bytes_on_air", bytes},
              {"airtime_ms", rounded(milliseconds(airtime))},
              {"nodes", nodes}}
      .dump();
}

std::string live_table(const Emulator& emulator, Duration elapsed) {
  std::string table =
      text("mehr-radio  %.0f s\n%-12s %-9s %-22s %8s %9s %9s %7s %7s %6s\n", to_seconds(elapsed),
           "node", "state", "channel", "frames", "bytes", "airtime", "heard", "lost", "queue");
  for (NodeId node = 0; node < emulator.nodes(); ++node) {
    const RnodeDevice& device = emulator.device(node);
    const NodeTotals& totals = emulator.totals(node);
    const auto tuned = device.tuned();
    const char* state = !device.powered()                  ? "unplugged"
                        : emulator.channel().sending(node) ? "ON AIR"
                        : tuned                            ? "listening"
                                                           : "off";
    std::uint64_t lost = 0;
    for (const std::uint64_t count : totals.frames_lost)
      lost += count;
    const std::string channel =
        tuned ? text("%.3f MHz SF%d %g kHz", static_cast<double>(tuned->frequency_hz) / 1e6,
                     tuned->spreading_factor, tuned->bandwidth_hz / 1e3)
              : "-";
    table +=
        text("%-12s %-9s %-22s %8llu %9llu %7.1f s %7llu %7llu %6zu\n", emulator.name(node).c_str(),
             state, channel.c_str(), static_cast<unsigned long long>(totals.frames_sent),
             static_cast<unsigned long long>(totals.bytes_sent), to_seconds(totals.airtime),
             static_cast<unsigned long long>(totals.frames_received),
             static_cast<unsigned long long>(lost), device.queue().packets());
  }
  return table;
}

}  // namespace mehr::mehr_radio
