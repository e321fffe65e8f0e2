// One family after the other: HELP, TYPE, samples.
#include "controlplane/metrics/page.h"

#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

namespace mehr::metrics {
namespace {

constexpr auto kGauges = std::to_array<GaugeInfo>({
#define GAUGE(id, name, type, labels, help) {#name, #type, #labels, help},
#include "controlplane/metrics/gauges.def"
#undef GAUGE
});

std::string number(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}
std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    out += c == '\n' ? "\\n" : std::string(1, c);
  }
  return out + "\"";
}

class Writer {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    out_.append("# HELP ").append(name).append(" ").append(help);
    out_.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  void sample(std::string_view name, std::string_view labels, const std::string& value) {
    out_.append(name).append(labels).append(" ").append(value).append("\n");
  }
  template <typename Number>
  void gauge(Gauge which, Number value) {
    const GaugeInfo& info = kGauges[static_cast<std::size_t>(which)];
    family(info.name, info.type, info.help);
    sample(info.name, "", number(value));
  }
  std::string take() { return std::move(out_); }
  void reserve(std::size_t bytes) { out_.reserve(bytes); }

 private:
  std::string out_;
};

struct Row {
  const api::InterfaceT* interface;
  std::uint64_t clients = 0;
  std::uint64_t queued_bytes = 0;
  std::string labels;
};

// Clients of a server are as many as strangers like, so they are no labels of their own.
std::vector<Row> rows(const api::InterfacesResponseT& interfaces) {
  std::vector<Row> out;
  std::map<std::string_view, std::size_t> by_name;
  for (const auto& interface : interfaces.interfaces) {
    if (!interface->parent.empty() || interface->state == "disabled") continue;
    by_name[interface->name] = out.size();
    out.push_back(
        {interface.get(), 0, interface->queued_bytes,
         "{interface=" + quoted(interface->name) + ",kind=" + quoted(interface->kind) + "}"});
  }
  for (const auto& interface : interfaces.interfaces) {
    const auto parent = by_name.find(interface->parent);
    if (interface->parent.empty() || parent == by_name.end()) continue;
    ++out[parent->second].clients;
    out[parent->second].queued_bytes += interface->queued_bytes;
  }
  return out;
}

using Value = std::function<std::optional<std::string>(const Row&)>;

void per_interface(Writer& writer, const std::vector<Row>& rows, Gauge which, const Value& value) {
  const GaugeInfo& info = kGauges[static_cast<std::size_t>(which)];
  writer.family(info.name, info.type, info.help);
  for (const Row& row : rows) {
    if (const auto text = value(row)) writer.sample(info.name, row.labels, *text);
  }
}

/// A measurement of the radio, divided by `unit`; none for what was never measured.
Value radio(double api::RadioT::*field, double unit = 1) {
  return [field, unit](const Row& row) -> std::optional<std::string> {
    const api::RadioT* radio = row.interface->radio.get();
    if (radio == nullptr || !std::isfinite(radio->*field)) return std::nullopt;
    return number(radio->*field / unit);
  };
}
Value total(std::uint64_t api::InterfaceT::*field) {
  return [field](const Row& row) { return number(row.interface->*field); };
}

void status_gauges(Writer& writer, const Figures& figures) {
  const api::StatusResponseT& status = figures.status;
  const GaugeInfo& build = kGauges[static_cast<std::size_t>(Gauge::kBuildInfo)];
  writer.family(build.name, build.type, build.help);
  writer.sample(build.name, "{version=" + quoted(status.version) + "}", "1");
  writer.gauge(Gauge::kUptime, status.uptime_s);
  writer.gauge(Gauge::kInterfacesConfigured, std::uint64_t{status.interfaces_total});
  writer.gauge(Gauge::kInterfacesUp, std::uint64_t{status.interfaces_up});
  writer.gauge(Gauge::kPaths, status.paths);
  writer.gauge(Gauge::kRelayedLinks, status.links);
  writer.gauge(Gauge::kReverseEntries, status.reverse);
  writer.gauge(Gauge::kAnnouncesWaiting, status.announces_waiting);
  writer.gauge(Gauge::kAnnouncesHeld, status.announces_held);
  writer.gauge(Gauge::kPacketHashes, status.packet_hashes);
  writer.gauge(Gauge::kTunnels, status.tunnels);
  writer.gauge(Gauge::kKnownIdentities, status.known_identities);
  writer.gauge(Gauge::kOwnLinks, status.endpoint_links);
  writer.gauge(Gauge::kReactorDelay, figures.reactor_delay_s);
  writer.gauge(Gauge::kCpuTime, figures.process.cpu_s);
  writer.gauge(Gauge::kMemory, figures.process.resident_bytes);
  writer.gauge(Gauge::kOpenFiles, figures.process.open_files);
  writer.gauge(Gauge::kFilesLimit, figures.process.files_limit);
}

void interface_gauges(Writer& writer, const std::vector<Row>& rows) {
  using I = api::InterfaceT;
  const auto put = [&](Gauge which, const Value& value) {
    per_interface(writer, rows, which, value);
  };
  put(Gauge::kInterfaceUp,
      [](const Row& row) { return std::string(row.interface->state == "up" ? "1" : "0"); });
  put(Gauge::kInterfaceClients, [](const Row& row) { return number(row.clients); });
  put(Gauge::kInterfaceReceivedPackets, total(&I::rx_packets));
  put(Gauge::kInterfaceReceivedBytes, total(&I::rx_bytes));
  put(Gauge::kInterfaceSentPackets, total(&I::tx_packets));
  put(Gauge::kInterfaceSentBytes, total(&I::tx_bytes));
  put(Gauge::kInterfaceDropped, total(&I::tx_dropped));
  put(Gauge::kInterfaceQueued, [](const Row& row) { return number(row.queued_bytes); });
  put(Gauge::kInterfaceBitrate, total(&I::bitrate_bps));
}

void radio_gauges(Writer& writer, const std::vector<Row>& rows) {
  using R = api::RadioT;
  const auto put = [&](Gauge which, const Value& value) {
    per_interface(writer, rows, which, value);
  };
  put(Gauge::kRadioAirtime, radio(&R::airtime_sent_s));
  put(Gauge::kRadioAirtimeShort, radio(&R::airtime_short_percent, 100));
  put(Gauge::kRadioAirtimeLong, radio(&R::airtime_long_percent, 100));
  put(Gauge::kRadioLoadShort, radio(&R::channel_load_short_percent, 100));
  put(Gauge::kRadioLoadLong, radio(&R::channel_load_long_percent, 100));
  put(Gauge::kRadioNoise, radio(&R::noise_floor_dbm));
  put(Gauge::kRadioRssi, radio(&R::rssi_dbm));
  put(Gauge::kRadioSnr, radio(&R::snr_db));
  put(Gauge::kRadioTemperature, radio(&R::temperature_c));
  put(Gauge::kRadioBattery, [](const Row& row) -> std::optional<std::string> {
    const api::RadioT* radio = row.interface->radio.get();
    if (radio == nullptr || radio->battery_percent < 0) return std::nullopt;
    return number(radio->battery_percent / 100.0);
  });
}

}  // namespace

std::string page(const border::Counters& counters, const Figures& figures) {
  Writer writer;
  writer.reserve(65'536);
  const auto table = border::counter_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    const std::string name = metric_name(table[i]);
    writer.family(name, "counter", table[i].help);
    writer.sample(name, "", number(counters.values()[i]));
  }
  status_gauges(writer, figures);
  const std::vector<Row> interfaces = rows(figures.interfaces);
  interface_gauges(writer, interfaces);
  radio_gauges(writer, interfaces);
  return writer.take();
}

std::span<const GaugeInfo> gauge_table() {
  return kGauges;
}

std::string metric_name(const border::CounterInfo& counter) {
  std::string out = "mehr_";
  out.append(counter.stage).append("_").append(counter.name).append("_");
  return out.append(counter.unit).append("_total");
}

}  // namespace mehr::metrics
