// mehr dataplane: what mehr-dataplane does, and whether it is there.
#include <cmath>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

std::string line(const std::string& name, const std::string& value) {
  return name + std::string(name.size() < 12 ? 12 - name.size() : 1, ' ') + value + "\n";
}

std::string of(std::uint64_t count, std::uint64_t room) {
  return std::to_string(count) + " of " + std::to_string(room);
}

std::string worker_text(const api::DataplaneWorkerT& worker) {
  std::string out = "busy " + measure_text(worker.busy_percent, "%") + ", " +
                    std::to_string(worker.frames) + " frames";
  if (!std::isnan(worker.cycles_per_frame))
    out += ", " + measure_text(worker.cycles_per_frame, "cycles") + " each";
  return out;
}

}  // namespace

std::string dataplane_view(const api::DataplaneResponseT& all, bool colour) {
  if (all.state == "off")
    return "no dataplane: mehrd forwards everything (socket in [dataplane] is not set)\n";
  std::string out = line("state", all.state + " for " + duration_text(all.state_age_s) +
                                      (all.reason.empty() ? "" : ": " + all.reason)) +
                    line("socket", all.socket);
  if (all.losses > 0) out += line("went away", std::to_string(all.losses) + " times");
  if (all.state != "running") return out + "mehrd forwards everything meanwhile\n";
  out += line("process", std::to_string(all.process));
  for (const auto& port : all.ports) {
    out += line("port " + std::to_string(port->number),
                port->name + ", " + port->mac + ", MTU " + std::to_string(port->mtu));
  }
  out += line("UDP port", std::to_string(all.udp_port));
  for (const auto& worker : all.workers)
    out += line("worker " + std::to_string(worker->number), worker_text(*worker));
  out += line("neighbours", of(all.neighbours, all.neighbours_room) + ", sealing for " +
                                std::to_string(all.sealing) + ", " +
                                std::to_string(all.receive_keys) + " keys to receive");
  out += line("flows", of(all.flows, all.flows_room) + ", " + std::to_string(all.next_hops) +
                           " next hops, " + std::to_string(all.links) + " links, " +
                           std::to_string(all.flows_refused) + " left out");
  out += line("forwarded", std::to_string(all.forwarded_packets) + " packets, " +
                               bytes_text(all.forwarded_bytes));
  out += line("received",
              std::to_string(all.received_packets) + " packets, " + bytes_text(all.received_bytes));
  out += line("handed up", std::to_string(all.punted) + " packets");
  out += line("for mehrd", std::to_string(all.injected) + " frames sent");
  api::StatsResponseT counters;
  for (const auto& one : all.counters)
    counters.counters.push_back(std::make_unique<api::CounterValueT>(*one));
  return out + "\n" + stats_view(counters, false, colour);
}

void add_dataplane(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "dataplane", "mehr-dataplane: its ports, its load, what it forwards and what it drops");
  const auto watch = add_watch(*command);
  command->callback([&context, watch] {
    context.show(api::request_of(api::DataplaneRequestT{}), *watch,
                 [](const auto& response, bool colour) {
                   return dataplane_view(*response.body.AsDataplaneResponse(), colour);
                 });
  });
}

}  // namespace mehr::cli
