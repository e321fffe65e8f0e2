// The whole command tree, in the order people see it.
#include <array>

#include "tools/mehr/commands/commands.h"

namespace mehr::cli {

void add_all(CLI::App& app, Context& context) {
  app.set_version_flag("--version", "mehr " MEHR_VERSION);
  app.add_option(
      "--socket", context.socket,
      "admin socket of mehrd (else $MEHR_SOCKET, the configuration, /run/mehr/admin.sock)");
  app.add_option("--config", context.config,
                 "configuration of mehrd, to find its socket and state");
  app.add_flag("--json", context.json, "machine-readable output");
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.footer(kExitHelp);
  for (const auto add : {add_status, add_doctor, add_interface, add_path, add_announce,
                         add_identity, add_ping, add_stats, add_dataplane, add_log, add_events,
                         add_config, add_message, add_peer, add_link, add_manual}) {
    add(app, context);
  }
  for (auto* noun : app.get_subcommands([](CLI::App*) { return true; })) {
    noun->fallthrough();
    for (auto* verb : noun->get_subcommands([](CLI::App*) { return true; }))
      verb->fallthrough();
  }
}

}  // namespace mehr::cli
