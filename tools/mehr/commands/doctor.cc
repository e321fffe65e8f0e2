// mehr doctor: looks at everything a gateway needs and says, for each thing that is wrong, the one
// thing to do. Works whether mehrd runs or not; changes nothing.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/doctor/finding.h"
#include "tools/mehr/json.h"
#include "tools/mehr/places.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

constexpr const char* kArea = "daemon";
constexpr Duration kPatience = 5s;

// One answer without reporting failures: a daemon that does not run is a finding.
Result<std::unique_ptr<api::ResponseT>> quiet_ask(const Context& context,
                                                  const api::RequestT& request) {
  auto client = context.connect();
  if (!client.ok()) return client.status();
  if (const Status sent = client->send(request); !sent.ok()) return sent;
  auto response = client->next(kPatience);
  if (!response.ok()) return response.status();
  if (const auto* error = (*response)->body.AsError(); error != nullptr) {
    return absl::PermissionDeniedError(error->text);
  }
  return response;
}

void check_state(const api::StatusResponseT& status, Findings& out) {
  out.push_back({Verdict::kGood, kArea,
                 "mehrd " + status.version + " runs since " + duration_text(status.uptime_s), ""});
  if (status.version != MEHR_VERSION) {
    out.push_back({Verdict::kNote, kArea,
                   "mehrd is " + status.version + " and this tool is " MEHR_VERSION,
                   "systemctl restart mehr-gateway"});
  }
  std::string waiting;
  for (const std::string& key : status.restart_needed)
    waiting += (waiting.empty() ? "" : ", ") + key;
  if (!waiting.empty()) {
    out.push_back({Verdict::kNote, kArea, "the new value of " + waiting + " is not in force yet",
                   "systemctl restart mehr-gateway"});
  }
  if (status.confirm_within_s >= 0) {
    out.push_back({Verdict::kNote, kArea, "a new configuration waits for confirmation",
                   "mehr config confirm"});
  }
}

std::string remedy(const api::InterfaceT& interface) {
  if (interface.kind == "rnode")
    return "plug the radio in or power it; it is tried again by itself";
  if (interface.kind == "tcp-client") {
    return "check the network and that a node listens at " + interface.detail;
  }
  return "free its address and port, or change them in [interface." + interface.name + "]";
}

void check_interfaces(const api::InterfacesResponseT& interfaces, Findings& out) {
  for (const auto& interface : interfaces.interfaces) {
    if (!interface->parent.empty() || interface->state == "disabled") continue;
    if (interface->state == "up") {
      out.push_back({Verdict::kGood, kArea, "interface " + interface->name + " is up", ""});
      continue;
    }
    out.push_back({Verdict::kProblem, kArea,
                   "interface " + interface->name + " is " + interface->state +
                       (interface->reason.empty() ? "" : ": " + interface->reason),
                   remedy(*interface)});
  }
}

void check_counters(const api::StatsResponseT& stats, Findings& out) {
  for (const auto& counter : stats.counters) {
    if (counter->severity != "error" || counter->value == 0) continue;
    out.push_back({Verdict::kProblem, kArea,
                   std::to_string(counter->value) + " times: " + counter->help,
                   "mehr log --level warn"});
  }
}

/// @return whether mehrd runs
bool check_daemon(const Context& context, Findings& out) {
  const auto status = quiet_ask(context, api::request_of(api::StatusRequestT{}));
  if (!status.ok()) {
    const bool refused = absl::IsPermissionDenied(status.status());
    out.push_back({Verdict::kProblem, kArea,
                   refused ? std::string(status.status().message()) : "mehrd does not run",
                   refused ? "run it as root: sudo mehr doctor" : "systemctl start mehr-gateway"});
    return refused;
  }
  if (const auto* answer = (*status)->body.AsStatusResponse()) check_state(*answer, out);
  const auto interfaces = quiet_ask(context, api::request_of(api::InterfacesRequestT{}));
  if (interfaces.ok()) check_interfaces(*(*interfaces)->body.AsInterfacesResponse(), out);
  const auto stats = quiet_ask(context, api::request_of(api::StatsRequestT{}));
  if (stats.ok()) check_counters(*(*stats)->body.AsStatsResponse(), out);
  return true;
}

Findings examine(const Context& context) {
  Findings out;
  const auto environment = read_environment();
  const std::string file = config_file(context.config, environment);
  const auto parsed = config::load_config(file);
  const auto places = config::daemon_locations(parsed.config, environment);
  const ServiceUser user = service_user(file == config::kSystemConfig);
  check_host(parsed.config, places, out);
  check_clock(out);
  check_configuration(parsed, file, out);
  check_rights(places, file, user, out);
  if (parsed.errors.empty()) check_radios(parsed.config, user, out);
  const bool runs = check_daemon(context, out);
  if (!runs && parsed.errors.empty()) check_ports(parsed.config, out);
  return out;
}

std::string json_of(const Findings& findings, bool well) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"verdict", verdict_name(finding.verdict)},
                    {"area", finding.area},
                    {"text", finding.text},
                    {"remedy", finding.remedy}});
  }
  return json_text({{"well", well}, {"findings", list}});
}

}  // namespace

std::string findings_view(const Findings& findings, bool colour) {
  std::string out;
  std::size_t problems = 0;
  for (const Finding& finding : findings) {
    const bool problem = finding.verdict == Verdict::kProblem;
    const bool good = finding.verdict == Verdict::kGood;
    problems += problem ? 1 : 0;
    const Tone tone = problem ? Tone::kBad : good ? Tone::kGood : Tone::kWarn;
    std::string head(verdict_name(finding.verdict));
    head.resize(9, ' ');
    std::string area = finding.area;
    area.resize(15, ' ');
    out += toned(head, tone, colour) + area + printable(finding.text) + "\n";
    if (!finding.remedy.empty())
      out += std::string(24, ' ') + "-> " + printable(finding.remedy) + "\n";
  }
  return out + (problems == 0   ? "all is well\n"
                : problems == 1 ? "1 problem\n"
                                : std::to_string(problems) + " problems\n");
}

void add_doctor(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "doctor", "look for what is wrong and say what to do (1: found something)");
  command->callback([&context] {
    const Findings findings = examine(context);
    const bool well = std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
      return finding.verdict == Verdict::kProblem;
    });
    std::cout << (context.json ? json_of(findings, well) : findings_view(findings, context.colour));
    context.code = well ? kOk : kFailed;
  });
}

}  // namespace mehr::cli
