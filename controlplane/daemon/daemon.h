// mehrd from start to end: opens the store, makes the node, serves the admin socket, stops on a
// signal. Owns everything the process owns. Called by main; becomes the reactor thread.
#pragma once

#include "core/config/config.h"

namespace mehr::daemon {

/// Runs the gateway until SIGTERM or SIGINT. @return exit code (controlplane/exit_code.h)
int run(const config::Config& config);

}  // namespace mehr::daemon
