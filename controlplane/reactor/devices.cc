// The kernel's list of IPv6 addresses as text (/proc/self/net/if_inet6): unlike netlink it needs no
// socket family of its own, which the service does not have.
#include "controlplane/reactor/devices.h"

#include <arpa/inet.h>

#include <fstream>

#include "core/base/bytes.h"

namespace mehr::reactor {
namespace {

constexpr unsigned kLinkScope = 0x20;
constexpr unsigned kUnusable = 0x40 | 0x08;  // tentative, duplicate

}  // namespace

std::vector<LinkLocalAddress> link_local_addresses(const char* file) {
  std::vector<LinkLocalAddress> out;
  std::ifstream lines(file);
  std::string address, device;
  unsigned index = 0, prefix = 0, scope = 0, flags = 0;
  while (lines >> address >> std::hex >> index >> prefix >> scope >> flags >> device) {
    const auto bytes = fixed_from_hex<16>(address);
    if (!bytes || scope != kLinkScope || (flags & kUnusable) != 0) continue;
    char text[INET6_ADDRSTRLEN] = {};
    if (inet_ntop(AF_INET6, bytes->bytes.data(), text, sizeof text) == nullptr) continue;
    out.push_back({device, text});
  }
  return out;
}

}  // namespace mehr::reactor
