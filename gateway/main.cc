// mehr-gateway: checks the configuration, then keeps mehrd running. The process a service manager
// starts; it touches no packet.
#include <limits.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <iostream>
#include <string>

#include "controlplane/exit_code.h"
#include "controlplane/log/log.h"
#include "core/config/config.h"
#include "core/config/locations.h"
#include "gateway/supervisor.h"

namespace {

constexpr const char* kFooter = R"(Exit codes:
  0  stopped because it was asked to (SIGTERM, SIGINT)
  1  mehrd cannot be started
  2  wrong arguments or configuration
  3  mehrd cannot use its state directory or identity
  4  the kernel offers no io_uring
A crash of mehrd is answered by a restart, after 0.1 s at first and 10 s at most.)";

std::string next_to_this_program() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0) return "mehrd";
  std::string own(path.data(), static_cast<std::size_t>(size));
  return own.substr(0, own.rfind('/') + 1) + "mehrd";
}

int run(const std::string& config_file, const std::string& mehrd, bool check_only) {
  const auto parsed = mehr::config::load_config(config_file);
  for (const auto& error : parsed.errors)
    std::cerr << error.text() << '\n';
  if (!parsed.errors.empty()) return mehr::kExitConfiguration;
  if (check_only) {
    std::cout << config_file << ": correct, " << parsed.config.interfaces.size()
              << (parsed.config.interfaces.size() == 1 ? " interface\n" : " interfaces\n");
    return mehr::kExitOk;
  }
  mehr::log::start("mehr-gateway", parsed.config.log_level);
  if (access(mehrd.c_str(), X_OK) != 0) {
    mehr::log::error("there is no program " + mehrd +
                     ": install mehrd there or name it with --mehrd");
    return mehr::kExitFailed;
  }
  mehr::gateway::SupervisorOptions options;
  options.command = {mehrd, "--config", config_file};
  return mehr::gateway::Supervisor(std::move(options)).run();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Starts and supervises mehrd, the Mehr gateway daemon.", "mehr-gateway");
  std::string config_file(mehr::config::kSystemConfig);
  std::string mehrd = next_to_this_program();
  bool check_only = false;
  app.add_option("--config", config_file, "configuration file")
      ->envname("MEHR_CONFIG")
      ->capture_default_str();
  app.add_option("--mehrd", mehrd, "the daemon's program")->capture_default_str();
  app.add_flag("--check", check_only, "check the configuration and exit");
  app.set_version_flag("--version", "mehr-gateway " MEHR_VERSION);
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? mehr::kExitOk : mehr::kExitConfiguration;
  }
  return run(config_file, mehrd, check_only);
}
