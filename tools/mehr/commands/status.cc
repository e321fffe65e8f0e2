// mehr status: is the gateway well, and how much does it know.
#include <cmath>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

std::string tables_line(const api::StatusResponseT& status) {
  return std::to_string(status.paths) + " paths, " + std::to_string(status.known_identities) +
         " known identities, " + std::to_string(status.links) + " relayed links, " +
         std::to_string(status.reverse) + " reverse entries, " + std::to_string(status.tunnels) +
         " tunnels";
}

}  // namespace

std::string status_view(const api::StatusResponseT& status, bool colour) {
  const bool all_up = status.interfaces_up == status.interfaces_total;
  const bool none_up = status.interfaces_up == 0;
  const std::string up = std::to_string(status.interfaces_up) + " of " +
                         std::to_string(status.interfaces_total) + " up";
  std::vector<std::pair<std::string, Cell>> lines{
      {"node", {printable(status.node_name), Tone::kStrong}},
      {"version", "mehrd " + status.version},
      {"running for", duration_text(status.uptime_s)},
      {"transport", status.transport ? "yes" : "no: relays nothing for others"},
      {"identity", status.identity_hash},
      {"interfaces",
       {up, all_up    ? Tone::kGood
            : none_up ? Tone::kBad
                      : Tone::kWarn}},
      {"tables", tables_line(status)},
      {"announces", std::to_string(status.announces_waiting) + " waiting, " +
                        std::to_string(status.announces_held) + " held back"},
      {"own links", std::to_string(status.endpoint_links)},
      {"packets", std::to_string(status.rx_packets) + " received, " +
                      std::to_string(status.tx_packets) + " sent, " +
                      std::to_string(status.dropped) + " dropped (mehr stats says why)"},
  };
  std::string waiting;
  for (const std::string& key : status.restart_needed)
    waiting += (waiting.empty() ? "" : ", ") + printable(key);
  if (!waiting.empty()) lines.push_back({"restart needed", {"for " + waiting, Tone::kWarn}});
  if (!std::isnan(status.confirm_within_s)) {
    lines.push_back({"to confirm",
                     {"the configuration is undone in " + duration_text(status.confirm_within_s) +
                          " unless you say `mehr config confirm`",
                      Tone::kWarn}});
  }
  for (const auto& destination : status.destinations) {
    const std::string announced =
        destination->announced_s_ago < 0
            ? "never announced"
            : "announced " + duration_text(destination->announced_s_ago) + " ago";
    lines.emplace_back("destination",
                       destination->hash + "  " + printable(destination->name) + ", " + announced);
  }
  return facts(lines, colour);
}

std::shared_ptr<std::optional<double>> add_watch(CLI::App& app) {
  auto watch = std::make_shared<std::optional<double>>();
  app.add_option_function<std::vector<double>>(
         "--watch",
         [watch](const std::vector<double>& given) {
           *watch = given.empty() ? 1.0 : given.front();
         },
         "repeat every SECONDS (1) until interrupted")
      ->expected(0, 1)
      ->type_name("[SECONDS]")
      ->check(CLI::Range(0.1, 86'400.0));
  return watch;
}

void add_status(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("status", "the gateway at a glance");
  const auto watch = add_watch(*command);
  command->callback([&context, watch] {
    context.show(api::request_of(api::StatusRequestT{}), *watch,
                 [](const auto& response, bool colour) {
                   return status_view(*response.body.AsStatusResponse(), colour);
                 });
  });
}

}  // namespace mehr::cli
