// mehr stats: every counter of the daemon, drops with their reasons.
#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

Tone severity_tone(const std::string& severity) {
  if (severity == "error") return Tone::kBad;
  return severity == "info" ? Tone::kPlain : Tone::kWarn;
}

}  // namespace

std::string stats_view(const api::StatsResponseT& stats, bool zeroes, bool colour) {
  Table table({"STAGE", "COUNTER", ">VALUE", "UNIT", "SEVERITY", "MEANING"});
  bool any = false;
  for (const auto& counter : stats.counters) {
    if (counter->value == 0 && !zeroes) continue;
    any = true;
    table.row({counter->stage,
               counter->name,
               {std::to_string(counter->value), Tone::kStrong},
               counter->unit,
               {counter->severity, severity_tone(counter->severity)},
               counter->help});
  }
  return any ? table.text(colour) : "nothing counted yet (--all shows the counters at zero)\n";
}

void add_stats(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("stats", "counters, and why packets were dropped");
  const auto watch = add_watch(*command);
  const auto all = std::make_shared<bool>(false);
  command->add_flag("--all", *all, "also counters at zero");
  command->callback([&context, watch, all] {
    context.show(api::request_of(api::StatsRequestT{}), *watch,
                 [all](const auto& response, bool colour) {
                   return stats_view(*response.body.AsStatsResponse(), *all, colour);
                 });
  });
}

}  // namespace mehr::cli
