// getaddrinfo in its numeric form does the parsing, so zones and every notation are understood
// and no name server is ever asked.
#include "controlplane/reactor/address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <charconv>
#include <cstring>

namespace mehr::reactor {

std::string host_and_port(const std::string& host, std::uint16_t port) {
  const bool bracket = host.find(':') != std::string::npos;
  return (bracket ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string SocketAddress::text() const {
  char host[INET6_ADDRSTRLEN] = {};
  if (family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
    return host_and_port(host, ntohs(v4.sin_port));
  }
  if (family() != AF_INET6) return "";
  sockaddr_in6 v6{};
  std::memcpy(&v6, &storage, sizeof v6);
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    constexpr std::size_t kMappedPrefix = 12;
    inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[kMappedPrefix], host, sizeof host);
  } else {
    inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
  }
  return host_and_port(host, ntohs(v6.sin6_port));
}

Result<SocketAddress> numeric_address(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  if (getaddrinfo(host.c_str(), service.c_str(), &hints, &found) != 0 || found == nullptr) {
    return absl::InvalidArgumentError("\"" + host + "\" is not a numeric IPv4 or IPv6 address");
  }
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

Result<SocketAddress> numeric_endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  std::uint16_t port = 0;
  const bool number =
      colon != std::string::npos &&
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), port).ptr ==
          text.data() + text.size();
  if (!number || colon == 0) {
    return absl::InvalidArgumentError("\"" + text + "\" is not an address with a port");
  }
  const bool bracket = text.front() == '[' && text[colon - 1] == ']';
  return numeric_address(bracket ? text.substr(1, colon - 2) : text.substr(0, colon), port);
}

std::string local_text(int fd) {
  SocketAddress address;
  address.size = sizeof address.storage;
  return getsockname(fd, address.get(), &address.size) == 0 ? address.text() : "";
}

std::string remote_text(int fd) {
  SocketAddress address;
  address.size = sizeof address.storage;
  return getpeername(fd, address.get(), &address.size) == 0 ? address.text() : "";
}

}  // namespace mehr::reactor
