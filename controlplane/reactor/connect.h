// Outgoing TCP connections: resolve, then each address in turn until one answers or the time is up.
// Reactor thread only.
#pragma once

#include <memory>
#include <string>

#include "controlplane/reactor/loop.h"
#include "controlplane/reactor/reactor.h"

namespace mehr::reactor {

/// @return a handle; `done` is called once unless it is destroyed first
std::shared_ptr<void> connect_tcp(const std::shared_ptr<Loop>& loop, const std::string& host,
                                  std::uint16_t port, TcpOptions options, Duration timeout,
                                  ConnectFn done);

}  // namespace mehr::reactor
