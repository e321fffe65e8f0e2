// mehrd: reads the arguments and the configuration, then runs the daemon.
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "controlplane/daemon/daemon.h"
#include "controlplane/exit_code.h"
#include "controlplane/log/log.h"
#include "core/config/config.h"
#include "core/config/locations.h"

namespace {

constexpr const char* kFooter = R"(Exit codes:
  0  stopped because it was asked to (SIGTERM, SIGINT)
  1  failed while running; a restart may help
  2  wrong arguments or configuration
  3  the state directory or the identity in it cannot be used
  4  the kernel offers no io_uring
  5  the admin socket cannot be made
A radio that is missing or a port that is taken is a state (mehr interface), not a reason to exit.)";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The Mehr gateway daemon.", "mehrd");
  std::string file(mehr::config::kSystemConfig);
  bool check_only = false;
  app.add_option("--config", file, "configuration file")
      ->envname("MEHR_CONFIG")
      ->capture_default_str();
  app.add_flag("--check", check_only, "check the configuration and exit");
  app.set_version_flag("--version", "mehrd " MEHR_VERSION);
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? mehr::kExitOk : mehr::kExitConfiguration;
  }
  const auto parsed = mehr::config::load_config(file);
  for (const auto& error : parsed.errors)
    std::cerr << error.text() << '\n';
  if (!parsed.errors.empty()) return mehr::kExitConfiguration;
  if (check_only) {
    std::cout << file << ": correct, " << parsed.config.interfaces.size()
              << (parsed.config.interfaces.size() == 1 ? " interface\n" : " interfaces\n");
    return mehr::kExitOk;
  }
  mehr::log::start("mehrd", parsed.config.log_level);
  return mehr::daemon::run(parsed, file);
}
