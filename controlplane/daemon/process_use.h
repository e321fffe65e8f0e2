// What this process takes of the host: processor time, memory, file descriptors. Asks the kernel.
// Called for the metrics page; reactor thread.
#pragma once

#include "controlplane/metrics/page.h"

namespace mehr::daemon {

/// Zero for what the kernel does not tell.
metrics::ProcessUse process_use();

}  // namespace mehr::daemon
