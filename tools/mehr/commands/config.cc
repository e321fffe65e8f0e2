// mehr config: check a configuration, print its manual. Works without the daemon.
#include "core/config/config.h"

#include <iostream>
#include <nlohmann/json.hpp>

#include "tools/mehr/commands/commands.h"
#include "tools/mehr/json.h"
#include "tools/mehr/places.h"

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
    std::cout << file << ": correct, " << parsed.config.interfaces.size() << " interfaces\n";
  }
}

}  // namespace

void add_config(CLI::App& app, Context& context) {
  auto* config = app.add_subcommand("config", "check a configuration, print the manual");
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
}

}  // namespace mehr::cli
