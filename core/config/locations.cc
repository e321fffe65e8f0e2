// The order of places, as locations.h states it.
#include "core/config/locations.h"

namespace mehr::config {
namespace {

// systemd separates several directories by colons; the first is the main one.
std::string first_of_list(const std::string& list) {
  return list.substr(0, list.find(':'));
}

std::string join(const std::string& directory, std::string_view name) {
  if (directory.empty()) return {};
  const bool slash = directory.back() == '/';
  return directory + (slash ? "" : "/") + std::string(name);
}

std::string user_state(const Environment& environment) {
  if (!environment.xdg_state_home.empty()) return join(environment.xdg_state_home, "mehr");
  return join(environment.home, ".local/state/mehr");
}

}  // namespace

Locations daemon_locations(const Config& config, const Environment& environment) {
  Locations out;
  if (!config.state_directory.empty()) {
    out.state_directory = config.state_directory;
  } else if (!environment.state_directory.empty()) {
    out.state_directory = first_of_list(environment.state_directory);
  } else if (environment.root) {
    out.state_directory = std::string(kSystemState);
  } else {
    out.state_directory = user_state(environment);
  }

  if (!config.admin_socket.empty()) {
    out.admin_socket = config.admin_socket;
  } else if (!environment.runtime_directory.empty()) {
    out.admin_socket = join(first_of_list(environment.runtime_directory), kSocketName);
  } else if (environment.root && config.state_directory.empty()) {
    out.admin_socket = std::string(kSystemSocket);
  } else {
    out.admin_socket = join(out.state_directory, kSocketName);
  }
  out.read_socket = config.read_socket;
  if (out.read_socket.empty()) {
    const auto slash = out.admin_socket.rfind('/');
    out.read_socket =
        join(slash == std::string::npos ? "." : out.admin_socket.substr(0, slash), kReadSocketName);
  }
  return out;
}

std::vector<std::string> client_sockets(const Environment& environment) {
  if (!environment.mehr_socket.empty()) return {environment.mehr_socket};
  std::vector<std::string> out{std::string(kSystemSocket)};
  if (auto own = join(user_state(environment), kSocketName); !own.empty()) {
    out.push_back(std::move(own));
  }
  return out;
}

}  // namespace mehr::config
