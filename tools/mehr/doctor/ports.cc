// Ports by trying them: bound for a moment, never listened on.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tools/mehr/doctor/finding.h"

namespace mehr::cli {
namespace {

// 0 or the errno that bind fails with.
int try_to_bind(const std::string& host, std::uint16_t port, int type) {
  sockaddr_in6 six{};
  sockaddr_in four{};
  const bool is_six = inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1;
  if (!is_six && inet_pton(AF_INET, host.c_str(), &four.sin_addr) != 1) return EINVAL;
  six.sin6_family = AF_INET6;
  four.sin_family = AF_INET;
  six.sin6_port = four.sin_port = htons(port);
  const int descriptor = socket(is_six ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const int on = 1;
  if (type == SOCK_STREAM) setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const void* const address = is_six ? static_cast<const void*>(&six) : &four;
  const int failed = bind(descriptor, static_cast<const sockaddr*>(address),
                          static_cast<socklen_t>(is_six ? sizeof six : sizeof four));
  const int error = failed == 0 ? 0 : errno;
  close(descriptor);
  return error;
}

std::string remedy(int error, const config::InterfaceConfig& interface) {
  const std::string where = "[interface." + interface.name + "]";
  if (error == EADDRINUSE) {
    return "find out who has it (ss -lnp 'sport = " + std::to_string(interface.listen_port) +
           "') and stop it, or choose another listen_port in " + where;
  }
  if (error == EADDRNOTAVAIL) return "set listen_host in " + where + " to an address of this host";
  if (error == EACCES) return "choose a listen_port of 1024 or more in " + where;
  return "check listen_host and listen_port in " + where;
}

}  // namespace

void check_ports(const config::Config& config, Findings& out) {
  for (const auto& interface : config.interfaces) {
    using config::InterfaceKind;
    const bool hop = interface.kind == InterfaceKind::kHop && interface.hop.listen;
    const bool server =
        interface.kind == InterfaceKind::kTcpServer || (hop && interface.hop.transport == "tcp");
    const bool udp = interface.kind == InterfaceKind::kUdp || (hop && !server);
    if (!interface.enabled || (!server && !udp)) continue;
    const std::string text = interface.name + ": " + (server ? "TCP " : "UDP ") +
                             interface.listen_host + ":" + std::to_string(interface.listen_port);
    const int error = try_to_bind(interface.listen_host, interface.listen_port,
                                  server ? SOCK_STREAM : SOCK_DGRAM);
    if (error == 0) {
      out.push_back({Verdict::kGood, "ports", text + " is free", ""});
    } else {
      out.push_back({Verdict::kProblem, "ports", text + " cannot be used: " + std::strerror(error),
                     remedy(error, interface)});
    }
  }
}

}  // namespace mehr::cli
