// The order: --socket, $MEHR_SOCKET, configuration, then what exists.
#include "tools/mehr/places.h"

#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace mehr::cli {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string first_existing(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (access(path.c_str(), F_OK) == 0) return path;
  }
  return paths.front();
}

}  // namespace

config::Environment read_environment() {
  return {.mehr_socket = variable("MEHR_SOCKET"),
          .mehr_config = variable("MEHR_CONFIG"),
          .xdg_state_home = variable("XDG_STATE_HOME"),
          .home = variable("HOME"),
          .state_directory = variable("STATE_DIRECTORY"),
          .runtime_directory = variable("RUNTIME_DIRECTORY"),
          .credentials_directory = variable("CREDENTIALS_DIRECTORY"),
          .root = geteuid() == 0};
}

Result<std::string> find_socket(const std::string& socket_option, const std::string& config_option,
                                const config::Environment& environment) {
  if (!socket_option.empty()) return socket_option;
  std::vector<std::string> candidates = config::client_sockets(environment);
  const bool named = !config_option.empty() || !environment.mehr_config.empty();
  if (!environment.mehr_socket.empty() && config_option.empty()) return candidates.front();
  const std::string file = config_file(config_option, environment);
  if (!named && access(file.c_str(), R_OK) != 0) return first_existing(candidates);
  const auto parsed = config::load_config(file);
  if (!parsed.errors.empty()) {
    // A configuration nobody named must not keep an operator from asking the daemon.
    if (!named) return first_existing(candidates);
    return absl::InvalidArgumentError(parsed.errors.front().text());
  }
  if (!parsed.config.admin_socket.empty()) return parsed.config.admin_socket;
  candidates.insert(candidates.begin(),
                    config::daemon_locations(parsed.config, environment).admin_socket);
  return first_existing(candidates);
}

std::string config_file(const std::string& config_option, const config::Environment& environment) {
  if (!config_option.empty()) return config_option;
  if (!environment.mehr_config.empty()) return environment.mehr_config;
  return std::string(config::kSystemConfig);
}

}  // namespace mehr::cli
