// The kernel's list of IPv6 addresses as text (/proc/self/net/if_inet6): unlike netlink it needs no
// socket family of its own, which the service does not have.
#include "controlplane/reactor/devices.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "controlplane/reactor/address.h"
#include "controlplane/reactor/fd.h"
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

namespace {

/// "eth0" of every line of /proc/self/net/dev.
std::vector<std::string> device_names() {
  std::vector<std::string> out;
  std::ifstream lines("/proc/self/net/dev");
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.find(':');
    const auto begin = line.find_first_not_of(' ');
    if (colon != std::string::npos && begin < colon)
      out.push_back(line.substr(begin, colon - begin));
  }
  return out;
}

ifreq request_for(const std::string& name) {
  ifreq out{};
  std::memcpy(out.ifr_name, name.data(), std::min<std::size_t>(name.size(), IFNAMSIZ - 1));
  return out;
}

void add_ipv4(int socket, std::vector<NetworkDevice>& devices) {
  std::vector<ifreq> rows(1'024);
  ifconf list{};
  list.ifc_len = static_cast<int>(rows.size() * sizeof(ifreq));
  list.ifc_req = rows.data();
  if (::ioctl(socket, SIOCGIFCONF, &list) != 0) return;
  rows.resize(static_cast<std::size_t>(list.ifc_len) / sizeof(ifreq));
  for (const ifreq& row : rows) {
    // Aliases are called "eth0:1".
    const std::string label(row.ifr_name, strnlen(row.ifr_name, IFNAMSIZ));
    const std::string name = label.substr(0, label.find(':'));
    sockaddr_in address{};
    std::memcpy(&address, &row.ifr_addr, sizeof address);
    char text[INET_ADDRSTRLEN] = {};
    if (inet_ntop(AF_INET, &address.sin_addr, text, sizeof text) == nullptr) continue;
    for (NetworkDevice& device : devices) {
      if (device.name == name) device.addresses.emplace_back(text);
    }
  }
}

void add_ipv6(std::vector<NetworkDevice>& devices) {
  std::ifstream lines("/proc/self/net/if_inet6");
  std::string address, name;
  unsigned index = 0, prefix = 0, scope = 0, flags = 0;
  while (lines >> address >> std::hex >> index >> prefix >> scope >> flags >> name) {
    const auto bytes = fixed_from_hex<16>(address);
    char text[INET6_ADDRSTRLEN] = {};
    if (!bytes || inet_ntop(AF_INET6, bytes->bytes.data(), text, sizeof text) == nullptr) continue;
    for (NetworkDevice& device : devices) {
      if (device.name == name) device.addresses.emplace_back(text);
    }
  }
}

}  // namespace

std::vector<NetworkDevice> network_devices() {
  std::vector<NetworkDevice> out;
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return out;
  for (const std::string& name : device_names()) {
    NetworkDevice device;
    device.name = name;
    ifreq request = request_for(name);
    if (::ioctl(socket.get(), SIOCGIFFLAGS, &request) != 0 || (request.ifr_flags & IFF_UP) == 0)
      continue;
    request = request_for(name);
    if (::ioctl(socket.get(), SIOCGIFINDEX, &request) != 0) continue;
    device.index = request.ifr_ifindex;
    request = request_for(name);
    if (::ioctl(socket.get(), SIOCGIFHWADDR, &request) == 0)
      std::memcpy(device.mac.data(), request.ifr_hwaddr.sa_data, device.mac.size());
    out.push_back(std::move(device));
  }
  add_ipv4(socket.get(), out);
  add_ipv6(out);
  return out;
}

// Connecting a datagram socket sends nothing; the kernel only looks up the way.
std::string address_towards(const std::string& to) {
  const auto address = numeric_endpoint(to);
  if (!address.ok()) return "";
  const Fd socket(::socket(address->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), address->get(), address->size) != 0) return "";
  const std::string local = local_text(socket.get());
  const auto colon = local.rfind(':');
  if (colon == std::string::npos) return "";
  return local.starts_with('[') ? local.substr(1, colon - 2) : local.substr(0, colon);
}

}  // namespace mehr::reactor
