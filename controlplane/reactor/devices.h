// Which network devices of this host have an IPv6 link-local address. Asked by the reactor; any
// thread.
#pragma once

#include <vector>

#include "controlplane/reactor/reactor.h"

namespace mehr::reactor {

/// Those that can be used now, in the kernel's order; empty when it has no IPv6.
/// @param file as /proc/net/if_inet6
std::vector<LinkLocalAddress> link_local_addresses(const char* file = "/proc/self/net/if_inet6");

/// The devices that are up, with their addresses, by ioctl and /proc: no netlink here either.
std::vector<NetworkDevice> network_devices();
/// See Reactor::address_towards.
std::string address_towards(const std::string& to);

}  // namespace mehr::reactor
