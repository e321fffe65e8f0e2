// Connected Unix sockets of type SOCK_SEQPACKET: the border to a forwarding plane. Reactor thread
// only.
#pragma once

#include <memory>
#include <string>

#include "controlplane/reactor/loop.h"
#include "controlplane/reactor/reactor.h"

namespace mehr::reactor {

Result<std::unique_ptr<PacketStream>> connect_packets(const std::shared_ptr<Loop>& loop,
                                                      const std::string& path,
                                                      std::size_t packet_max,
                                                      PacketStream::Events events);

}  // namespace mehr::reactor
