// Where a gateway keeps its state and its admin socket: one rule for mehrd, mehr-gateway and mehr.
// Pure: the caller hands in the environment. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"

namespace mehr::config {

/// Values of the variables the rule looks at; empty means unset.
struct Environment {
  std::string mehr_socket = {};            ///< $MEHR_SOCKET
  std::string mehr_config = {};            ///< $MEHR_CONFIG
  std::string xdg_state_home = {};         ///< $XDG_STATE_HOME
  std::string home = {};                   ///< $HOME
  std::string state_directory = {};        ///< $STATE_DIRECTORY, set by systemd
  std::string runtime_directory = {};      ///< $RUNTIME_DIRECTORY, set by systemd
  std::string credentials_directory = {};  ///< $CREDENTIALS_DIRECTORY, set by systemd
  bool root = false;                       ///< effective uid 0
};

struct Locations {
  std::string state_directory;  ///< empty when nothing in configuration or environment names one
  std::string admin_socket;     ///< empty likewise
  std::string read_socket;      ///< of the configuration, else read.sock beside the admin socket
};

inline constexpr std::string_view kSystemConfig = "/etc/mehr/mehr.toml";
inline constexpr std::string_view kSystemSocket = "/run/mehr/admin.sock";
inline constexpr std::string_view kSystemState = "/var/lib/mehr";
inline constexpr std::string_view kSocketName = "admin.sock";
inline constexpr std::string_view kReadSocketName = "read.sock";

/// Where the daemon puts things. State: configuration, $STATE_DIRECTORY, /var/lib/mehr for root,
/// $XDG_STATE_HOME/mehr, ~/.local/state/mehr. Socket: configuration, $RUNTIME_DIRECTORY, the state
/// directory when the configuration names one, /run/mehr for root, the state directory.
Locations daemon_locations(const Config& config, const Environment& environment);

/// Sockets a client should look for when neither --socket nor a configuration names one, best
/// first: $MEHR_SOCKET alone if set, else the system's, else the user's own.
std::vector<std::string> client_sockets(const Environment& environment);

}  // namespace mehr::config
