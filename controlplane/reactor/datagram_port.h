// A UDP socket that talks to many addresses and learns what their paths carry. Never lets IP
// fragment. Reactor thread only.
#pragma once

#include <memory>
#include <string>

#include "controlplane/reactor/loop.h"
#include "controlplane/reactor/reactor.h"

namespace mehr::reactor {

Result<std::unique_ptr<DatagramPort>> open_datagram_port(const std::shared_ptr<Loop>& loop,
                                                         const std::string& local_host,
                                                         std::uint16_t local_port,
                                                         DatagramPortEvents events);

}  // namespace mehr::reactor
