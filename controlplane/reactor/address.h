// Internet addresses as the kernel takes them and as people read them. Numeric only; names are
// resolved in resolve.cc. Any thread.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "core/base/result.h"

namespace mehr::reactor {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
  /// "192.0.2.1:4242" or "[::1]:4242"; IPv4-mapped addresses as IPv4.
  [[nodiscard]] std::string text() const;
};

/// @param host numeric IPv4 or IPv6, a zone ("fe80::1%eth0") is understood
Result<SocketAddress> numeric_address(const std::string& host, std::uint16_t port);
/// "192.0.2.1:4242" or "[2001:db8::1]:4242", as text() writes them.
Result<SocketAddress> numeric_endpoint(const std::string& text);
/// "example.org:4242", "[::1]:4242".
std::string host_and_port(const std::string& host, std::uint16_t port);
/// The local or remote end of a socket as text; empty when it has none.
std::string local_text(int fd);
std::string remote_text(int fd);

}  // namespace mehr::reactor
