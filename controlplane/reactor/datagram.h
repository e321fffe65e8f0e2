// UDP sockets: one address to send to, anybody to receive from. Reactor thread only.
#pragma once

#include <memory>
#include <string>

#include "controlplane/reactor/loop.h"
#include "controlplane/reactor/reactor.h"

namespace mehr::reactor {

Result<std::unique_ptr<DatagramSocket>> open_udp(const std::shared_ptr<Loop>& loop,
                                                 const std::string& local_host,
                                                 std::uint16_t local_port,
                                                 const std::string& remote_host,
                                                 std::uint16_t remote_port, ReceiveFn receive);

}  // namespace mehr::reactor
