// Text by the kernel's own functions, which are pure.
#include "controlplane/accelerator/places.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdlib>

namespace mehr::accelerator {
namespace {

constexpr std::size_t kUdp = 8, kIp4 = 20, kIp6 = 40;

}  // namespace

std::optional<border::Endpoint> endpoint_towards(const std::string& to, std::uint16_t local_port) {
  const auto colon = to.rfind(':');
  if (colon == std::string::npos || local_port == 0) return std::nullopt;
  const bool six = to.starts_with('[');
  if (six && (colon < 2 || to[colon - 1] != ']')) return std::nullopt;
  const std::string host = six ? to.substr(1, colon - 2) : to.substr(0, colon);
  const unsigned long port = std::strtoul(to.c_str() + colon + 1, nullptr, 10);
  border::Endpoint out;
  out.form = six ? border::EndpointForm::kUdp6 : border::EndpointForm::kUdp4;
  out.local_port = local_port;
  out.remote_port = static_cast<std::uint16_t>(port);
  if (port == 0 || port > 65'535) return std::nullopt;
  if (inet_pton(six ? AF_INET6 : AF_INET, host.c_str(), out.remote.data()) != 1)
    return std::nullopt;
  if (out.remote == border::Endpoint::Address{}) return std::nullopt;
  return out;
}

std::string remote_text(const border::Endpoint& endpoint) {
  if (endpoint.form == border::EndpointForm::kEthernet) return "";
  const bool six = endpoint.form == border::EndpointForm::kUdp6;
  char text[INET6_ADDRSTRLEN] = {};
  if (inet_ntop(six ? AF_INET6 : AF_INET, endpoint.remote.data(), text, sizeof text) == nullptr)
    return "";
  const std::string port = ":" + std::to_string(endpoint.remote_port);
  return six ? "[" + std::string(text) + "]" + port : text + port;
}

void Places::reset(const border::Ready& ready, const std::vector<reactor::NetworkDevice>& devices) {
  ports_ = ready.ports;
  devices_ = devices;
  seen_.clear();
}

void Places::note(const std::string& address, std::optional<std::uint16_t> port) {
  if (seen_.size() >= kSeenMax && !seen_.contains(address)) seen_.clear();
  seen_[address] = port;
}

std::optional<std::uint16_t> Places::port(const std::string& address,
                                          const std::string& local) const {
  if (const auto found = seen_.find(address); found != seen_.end()) return found->second;
  for (const reactor::NetworkDevice& device : devices_) {
    if (local.empty() || std::find(device.addresses.begin(), device.addresses.end(), local) ==
                             device.addresses.end()) {
      continue;
    }
    for (const border::Ready::Port& port : ports_) {
      if (port.mac == device.mac && port.mac != border::Endpoint::Mac{}) return port.number;
    }
  }
  return std::nullopt;
}

std::vector<int> Places::devices() const {
  std::vector<int> out;
  for (const reactor::NetworkDevice& device : devices_) {
    const bool port = std::any_of(ports_.begin(), ports_.end(), [&](const auto& one) {
      return one.mac == device.mac && one.mac != border::Endpoint::Mac{};
    });
    if (port) out.push_back(device.index);
  }
  return out;
}

std::size_t Places::frame_max(std::uint16_t port, bool six) const {
  for (const border::Ready::Port& one : ports_) {
    const std::size_t headers = kUdp + (six ? kIp6 : kIp4);
    if (one.number == port && one.mtu > headers) return one.mtu - headers;
  }
  return 0;
}

}  // namespace mehr::accelerator
