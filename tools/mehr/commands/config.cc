// mehr config: check a configuration, print its manual (both without the daemon), have mehrd read
// it again, confirm what it read.
#include "core/config/config.h"

#include <charconv>
#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/json.h"
#include "tools/mehr/places.h"
#include "tools/mehr/text.h"

namespace mehr::cli {
namespace {

void check(Context& context, const std::string& argument) {
  const std::string file =
      argument.empty() ? config_file(context.config, read_environment()) : argument;
  const auto parsed = config::load_config(file);
  context.code = parsed.errors.empty() ? kOk : kUsage;
  if (context.json) {
    nlohmann::ordered_json errors = nlohmann::ordered_json::array();
    for (const auto& error : parsed.errors) {
      errors.push_back({{"file", error.file},
                        {"line", error.line},
                        {"key", error.key},
                        {"problem", error.problem}});
    }
    std::cout << json_text(
        {{"file", file}, {"correct", parsed.errors.empty()}, {"errors", errors}});
    return;
  }
  for (const auto& error : parsed.errors)
    std::cerr << error.text() << '\n';
  if (parsed.errors.empty()) {
    std::cout << file << ": correct, " << parsed.config.interfaces.size() << " interfaces";
    const std::size_t more = parsed.files.size() - 1;
    if (more > 0) std::cout << ", " << more << (more == 1 ? " drop-in" : " drop-ins");
    std::cout << "\n";
  }
}

// "90", "90s", "5m", "1h" in seconds; nullopt for anything else.
std::optional<std::uint32_t> seconds_of(std::string text) {
  std::uint32_t unit = 1;
  if (!text.empty() && (text.back() == 's' || text.back() == 'm' || text.back() == 'h')) {
    unit = text.back() == 'h' ? 3600 : text.back() == 'm' ? 60 : 1;
    text.pop_back();
  }
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || value == 0 || value > 86'400 / unit) {
    return std::nullopt;
  }
  return value * unit;
}

void reload(Context& context, const std::string& confirm) {
  api::ConfigReloadRequestT request;
  if (!confirm.empty()) {
    const auto seconds = seconds_of(confirm);
    if (!seconds) {
      return context.fail(kUsage, "--confirm takes a time up to a day, as 90s, 5m or 1h");
    }
    request.confirm_s = *seconds;
  }
  const auto response = context.ask(api::request_of(std::move(request)));
  if (response == nullptr) return;
  const auto* config = response->body.AsConfigResponse();
  if (config == nullptr) return context.fail(kFailed, "mehrd answered something else");
  context.print(*response, [](const auto& whole, bool colour) {
    return reload_view(*whole.body.AsConfigResponse(), colour);
  });
  if (!config->errors.empty()) context.code = kUsage;
}

void confirm(Context& context) {
  const auto response = context.ask(api::request_of(api::ConfigConfirmRequestT{}));
  if (response == nullptr) return;
  context.print(*response,
                [](const auto& whole, bool) { return whole.body.AsDoneResponse()->text + "\n"; });
}

std::string list_of(const std::string& heading, const std::vector<std::string>& items) {
  if (items.empty()) return "";
  std::string out = heading + "\n";
  for (const std::string& item : items)
    out += "  " + printable(item) + "\n";
  return out;
}

}  // namespace

std::string reload_view(const api::ConfigResponseT& config, bool colour) {
  if (!config.errors.empty()) {
    return list_of(toned("refused, nothing was changed:", Tone::kBad, colour), config.errors);
  }
  std::string out = list_of(toned("applied:", Tone::kGood, colour), config.applied);
  if (out.empty()) out = "nothing to apply\n";
  out += list_of(toned("needs a restart of mehrd:", Tone::kWarn, colour), config.restart_needed);
  if (config.confirm_s > 0) {
    out +=
        "undone in " + duration_text(config.confirm_s) + " unless you say `mehr config confirm`\n";
  }
  return out;
}

void add_config(CLI::App& app, Context& context) {
  auto* config = app.add_subcommand("config", "check, apply and explain the configuration");
  config->require_subcommand(1);
  const auto file = std::make_shared<std::string>();
  auto* check_command = config->add_subcommand("check", "report every mistake in a configuration");
  check_command->add_option("file", *file,
                            "configuration (else --config, $MEHR_CONFIG, /etc/mehr/mehr.toml)");
  check_command->callback([&context, file] { check(context, *file); });
  auto* manual = config->add_subcommand(
      "default", "the manual: every key with its default, as a configuration");
  manual->callback([&context] {
    if (context.json) {
      std::cout << json_text({{"toml", std::string(config::default_toml())}});
    } else {
      std::cout << config::default_toml();
    }
  });
  auto* reload_command =
      config->add_subcommand("reload", "have mehrd read its configuration again: all or nothing");
  const auto within = std::make_shared<std::string>();
  reload_command->add_option("--confirm", *within,
                             "undo it after this time (90s, 5m, 1h) unless confirmed");
  reload_command->callback([&context, within] { reload(context, *within); });
  auto* confirm_command = config->add_subcommand("confirm", "keep what `reload --confirm` applied");
  confirm_command->callback([&context] { confirm(context); });
}

}  // namespace mehr::cli
