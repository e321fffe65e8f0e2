// mehr: the operator's tool. Reads the arguments; each noun is a file in commands/.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tools/mehr/commands/commands.h"

namespace {

bool wants_colour() {
  const char* const no_colour = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

}  // namespace

int main(int argc, char** argv) {
  mehr::cli::Context context;
  context.colour = wants_colour();
  CLI::App app("Operates the Mehr gateway of this host.", "mehr");
  app.set_version_flag("--version", "mehr " MEHR_VERSION);
  app.add_option(
      "--socket", context.socket,
      "admin socket of mehrd (else $MEHR_SOCKET, the configuration, /run/mehr/admin.sock)");
  app.add_option("--config", context.config,
                 "configuration of mehrd, to find its socket and state");
  app.add_flag("--json", context.json, "machine-readable output");
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.footer(mehr::cli::kExitHelp);
  for (const auto add :
       {mehr::cli::add_status, mehr::cli::add_interface, mehr::cli::add_path,
        mehr::cli::add_announce, mehr::cli::add_identity, mehr::cli::add_ping, mehr::cli::add_stats,
        mehr::cli::add_config, mehr::cli::add_message, mehr::cli::add_peer, mehr::cli::add_link}) {
    add(app, context);
  }
  for (auto* noun : app.get_subcommands({})) {
    noun->fallthrough();
    for (auto* verb : noun->get_subcommands({}))
      verb->fallthrough();
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? mehr::cli::kOk : mehr::cli::kUsage;
  }
  if (app.get_subcommands().empty()) {
    std::cerr << app.help();
    return mehr::cli::kUsage;
  }
  return context.code;
}
