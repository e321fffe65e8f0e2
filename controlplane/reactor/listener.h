// Listening sockets, TCP and Unix: accept until the handle goes. Reactor thread only.
#pragma once

#include <memory>
#include <string>

#include "controlplane/reactor/loop.h"
#include "controlplane/reactor/reactor.h"

namespace mehr::reactor {

Result<std::unique_ptr<Listener>> listen_tcp(const std::shared_ptr<Loop>& loop,
                                             const std::string& host, std::uint16_t port,
                                             TcpOptions options, AcceptFn accept);
/// Replaces a stale socket file, refuses a live one and anything that is not a socket.
Result<std::unique_ptr<Listener>> listen_unix(const std::shared_ptr<Loop>& loop,
                                              const std::string& path, unsigned mode,
                                              AcceptFn accept);

}  // namespace mehr::reactor
