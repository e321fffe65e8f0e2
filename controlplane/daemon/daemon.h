// mehrd from start to end: opens the store, makes the node, serves the admin socket, stops on a
// signal. Owns everything the process owns. Called by main; becomes the reactor thread.
#pragma once

#include <string>

#include "core/config/config.h"

namespace mehr::daemon {

/// Runs the gateway until SIGTERM or SIGINT. @param file where `parsed` was read, to read it again
/// @return exit code (controlplane/exit_code.h)
int run(const config::Parsed& parsed, const std::string& file);

}  // namespace mehr::daemon
