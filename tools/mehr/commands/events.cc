// mehr events: changes of state of interfaces, neighbours, paths and configuration.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/follow.h"
#include "tools/mehr/json.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

struct Options {
  std::uint32_t count = 50;
  std::vector<std::string> kinds;
  bool follow = false;
};

Tone state_tone(const std::string& state) {
  if (state == "up" || state == "known" || state == "applied" || state == "confirmed") {
    return Tone::kGood;
  }
  if (state == "down" || state == "refused" || state == "undone") return Tone::kBad;
  return Tone::kPlain;
}

bool wanted(const Options& options, const std::string& kind) {
  return options.kinds.empty() ||
         std::find(options.kinds.begin(), options.kinds.end(), kind) != options.kinds.end();
}

void show(Context& context, const Options& options) {
  api::EventsRequestT request;
  request.limit = options.count;
  request.follow = options.follow;
  request.paths = wanted(options, "path");
  follow(context, api::request_of(std::move(request)), [&](const api::ResponseT& response) {
    const auto* events = response.body.AsEventsResponse();
    if (events == nullptr) return;
    for (const auto& event : events->events) {
      if (!wanted(options, event->kind)) continue;
      if (context.json) {
        std::cout << json_text({{"time", event->time},
                                {"kind", event->kind},
                                {"subject", event->subject},
                                {"state", event->state},
                                {"text", event->text}},
                               false);
      } else {
        std::cout << event_view(*event, context.colour);
      }
    }
  });
}

}  // namespace

std::string event_view(const api::EventT& event, bool colour) {
  return toned(time_text(event.time), Tone::kDim, colour) + "  " + printable(event.kind) + " " +
         printable(event.subject) + " is " +
         toned(printable(event.state), state_tone(event.state), colour) +
         (event.text.empty() ? "" : ": " + printable(event.text)) + "\n";
}

void add_events(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("events", "changes of state of interfaces, paths and configuration");
  const auto options = std::make_shared<Options>();
  command->add_option("--count", options->count, "newest events to show")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command->add_option("--kind", options->kinds, "only these kinds, separated by commas")
      ->delimiter(',')
      ->check(CLI::IsMember({"interface", "neighbour", "path", "configuration", "daemon"}));
  command->add_flag("--follow,-f", options->follow,
                    "then every new event until interrupted; paths are shown only so");
  command->callback([&context, options] { show(context, *options); });
}

}  // namespace mehr::cli
