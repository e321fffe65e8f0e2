// Serial lines and ptys as streams: raw, 8N1, no flow control; readiness through the ring, bytes
// through plain reads and writes (a tty may vanish at any moment, and io_uring would park a thread
// on it). Reactor thread only.
#pragma once

#include <memory>
#include <string>

#include "controlplane/reactor/loop.h"
#include "controlplane/reactor/reactor.h"

namespace mehr::reactor {

Result<std::unique_ptr<Stream>> open_serial(const std::shared_ptr<Loop>& loop,
                                            const std::string& path, SerialOptions options);
Result<PseudoTerminal> open_pty(const std::shared_ptr<Loop>& loop);

}  // namespace mehr::reactor
