// The operator's part about the dataplane.
#include <limits>

#include "controlplane/admin/rows.h"
#include "controlplane/daemon/operator.h"

namespace mehr::daemon {
namespace {

std::string mac_text(const border::Endpoint::Mac& mac) {
  std::string out;
  for (const std::uint8_t byte : mac)
    out += (out.empty() ? "" : ":") + to_hex(ByteView(&byte, 1));
  return out;
}

std::unique_ptr<api::DataplanePortT> row_of(const border::Ready::Port& port) {
  auto out = std::make_unique<api::DataplanePortT>();
  out->number = port.number;
  out->name = port.name;
  out->mtu = port.mtu;
  out->mac = mac_text(port.mac);
  return out;
}

std::unique_ptr<api::DataplaneWorkerT> row_of(const border::Load& load) {
  auto out = std::make_unique<api::DataplaneWorkerT>();
  const auto busy = static_cast<double>(load.busy);
  out->number = load.worker;
  out->busy_percent = load.ticks == 0 ? 0 : 100 * busy / static_cast<double>(load.ticks);
  out->frames = load.frames;
  if (load.frames > 0) out->cycles_per_frame = busy / static_cast<double>(load.frames);
  return out;
}

}  // namespace

api::DataplaneResponseT Operator::dataplane() {
  const accelerator::Report report = node_.dataplane();
  api::DataplaneResponseT out;
  out.socket = report.socket;
  out.state = std::string(accelerator::state_name(report.state));
  out.reason = report.reason;
  out.state_age_s = to_seconds(report.since);
  out.losses = report.losses;
  if (report.state != accelerator::State::kRunning) return out;
  out.process = report.process;
  out.udp_port = report.ready.udp_port;
  out.neighbours = static_cast<std::uint32_t>(report.neighbours);
  out.neighbours_room = report.ready.neighbours;
  out.sealing = static_cast<std::uint32_t>(report.sealing);
  out.receive_keys = static_cast<std::uint32_t>(report.receive_keys);
  out.flows = report.flows;
  out.flows_room = report.ready.flows;
  out.next_hops = static_cast<std::uint32_t>(report.next_hops);
  out.links = static_cast<std::uint32_t>(report.links);
  out.flows_refused = report.flows_refused;
  out.forwarded_packets = report.carried.sent_packets;
  out.forwarded_bytes = report.carried.sent_bytes;
  out.received_packets = report.carried.received_packets;
  out.received_bytes = report.carried.received_bytes;
  out.punted = report.punted;
  out.injected = report.injected;
  for (const border::Ready::Port& port : report.ready.ports)
    out.ports.push_back(row_of(port));
  out.workers.push_back(row_of(report.load));
  border::Counters counters;
  for (std::size_t i = 0; i < border::kCounterCount; ++i)
    counters.add(static_cast<border::Counter>(i), report.counters[i]);
  out.counters = std::move(admin::stats_of(counters).counters);
  return out;
}

}  // namespace mehr::daemon
