// Reads the environment and finds the daemon's socket and state directory the way mehrd chose them.
// Called by the commands before they connect.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/config/locations.h"

namespace mehr::cli {

config::Environment read_environment();

/// @param socket_option --socket, may be empty
/// @param config_option --config, may be empty
/// @return InvalidArgument when the configuration named by --config has errors
Result<std::string> find_socket(const std::string& socket_option, const std::string& config_option,
                                const config::Environment& environment);

/// The configuration to look at: --config, $MEHR_CONFIG, or the system's.
std::string config_file(const std::string& config_option, const config::Environment& environment);

}  // namespace mehr::cli
