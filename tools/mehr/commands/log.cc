// mehr log: what mehrd said lately, and what it says from now on.
#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/follow.h"
#include "tools/mehr/json.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

Tone level_tone(const std::string& level) {
  if (level == "error") return Tone::kBad;
  if (level == "warn") return Tone::kWarn;
  return level == "debug" ? Tone::kDim : Tone::kPlain;
}

struct Options {
  std::uint32_t lines = 50;
  std::string level = "debug";
  bool follow = false;
};

void show(Context& context, const Options& options) {
  api::LogRequestT request;
  request.limit = options.lines;
  request.level = options.level;
  request.follow = options.follow;
  follow(context, api::request_of(std::move(request)), [&](const api::ResponseT& response) {
    const auto* log = response.body.AsLogResponse();
    if (log == nullptr) return;
    // Later lines come as they are logged; the level asked for holds for them, too.
    for (const auto& line : log->lines) {
      if (level_rank(line->level) < level_rank(options.level)) continue;
      if (context.json) {
        std::cout << json_text({{"time", line->time}, {"level", line->level}, {"text", line->text}},
                               false);
      } else {
        std::cout << log_line_view(*line, context.colour);
      }
    }
  });
}

}  // namespace

int level_rank(const std::string& level) {
  return level == "error" ? 3 : level == "warn" ? 2 : level == "info" ? 1 : 0;
}

std::string log_line_view(const api::LogLineT& line, bool colour) {
  return toned(time_text(line.time), Tone::kDim, colour) + "  " +
         toned(line.level + std::string(line.level.size() < 5 ? 5 - line.level.size() : 0, ' '),
               level_tone(line.level), colour) +
         "  " + printable(line.text) + "\n";
}

void add_log(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("log", "what mehrd said lately");
  const auto options = std::make_shared<Options>();
  command->add_option("--lines", options->lines, "newest lines to show")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command->add_option("--level", options->level, "least severity")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  command->add_flag("--follow,-f", options->follow, "then every new line until interrupted");
  command->callback([&context, options] { show(context, *options); });
}

}  // namespace mehr::cli
