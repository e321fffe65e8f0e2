// The text of the metrics page: every counter, every gauge, in the exposition format of Prometheus
// (text, version 0.0.4). Pure: figures in, text out. Called by the daemon, on the reactor thread.
#pragma once

#include <gateway_generated.h>

#include <span>
#include <string>
#include <string_view>

#include "core/border/counters.h"

namespace mehr::metrics {

/// What the process takes of the host.
struct ProcessUse {
  double cpu_s = 0;
  std::uint64_t resident_bytes = 0, open_files = 0, files_limit = 0;
};

struct Figures {
  api::StatusResponseT status;
  api::InterfacesResponseT interfaces;
  ProcessUse process;
  double reactor_delay_s = 0;
};

std::string page(const border::Counters& counters, const Figures& figures);

enum class Gauge : std::uint8_t {
#define GAUGE(id, name, type, labels, help) k##id,
#include "controlplane/metrics/gauges.def"
#undef GAUGE
};
struct GaugeInfo {
  std::string_view name, type, labels, help;
};
/// What gauges.def says of each gauge, in its order.
std::span<const GaugeInfo> gauge_table();
/// "mehr_packet_duplicate_packets_total".
std::string metric_name(const border::CounterInfo& counter);

}  // namespace mehr::metrics
