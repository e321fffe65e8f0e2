// Sockets and clocks of udp.h.
#include "bench/flood/udp.h"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace mehr::bench {
namespace {

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(2);
}

std::string text_of(const sockaddr_in& address) {
  char host[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &address.sin_addr, host, sizeof host);
  return std::string(host).append(":").append(std::to_string(ntohs(address.sin_port)));
}

template <typename T>
sockaddr* generic(T* address) {
  return static_cast<sockaddr*>(static_cast<void*>(address));
}

Duration since(const timespec& then) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return Duration{(now.tv_sec - then.tv_sec) * 1'000'000 + (now.tv_nsec - then.tv_nsec) / 1'000};
}

}  // namespace

sockaddr_in UdpSocket::parse(const std::string& address) {
  const auto colon = address.rfind(':');
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));
  if (colon == std::string::npos ||
      inet_pton(AF_INET, address.substr(0, colon).c_str(), &out.sin_addr) != 1) {
    std::fprintf(stderr, "not an IPv4 address with port: %s\n", address.c_str());
    std::exit(2);
  }
  return out;
}

UdpSocket::UdpSocket(const std::string& address) : descriptor_(socket(AF_INET, SOCK_DGRAM, 0)) {
  if (descriptor_ < 0) give_up("socket");
  const int on = 1;
  setsockopt(descriptor_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(descriptor_, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  sockaddr_in local = parse(address);
  if (bind(descriptor_, generic(&local), sizeof local) != 0) give_up("bind");
}

UdpSocket::~UdpSocket() {
  close(descriptor_);
}

std::string UdpSocket::address() const {
  sockaddr_in local{};
  socklen_t size = sizeof local;
  getsockname(descriptor_, generic(&local), &size);
  return text_of(local);
}

void UdpSocket::send(const std::string& to, ByteView datagram) {
  sockaddr_in peer = parse(to);
  // A full queue is the network's business: the frame is lost.
  (void)!sendto(descriptor_, datagram.data(), datagram.size(), MSG_DONTWAIT, generic(&peer),
                sizeof peer);
}

bool UdpSocket::send_as(in_addr source, const sockaddr_in& to, ByteView datagram) {
  sockaddr_in peer = to;
  iovec part{const_cast<std::uint8_t*>(datagram.data()), datagram.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
  msghdr message{};
  message.msg_name = &peer;
  message.msg_namelen = sizeof peer;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IP;
  header->cmsg_type = IP_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_spec_dst = source;
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
  return sendmsg(descriptor_, &message, MSG_DONTWAIT) >= 0;
}

std::optional<UdpSocket::Datagram> UdpSocket::receive(Duration patience) {
  sockaddr_in peer{};
  iovec part{buffer_.data(), buffer_.size()};
  alignas(cmsghdr) std::array<char, 256> control{};
  msghdr message{};
  message.msg_name = &peer;
  message.msg_namelen = sizeof peer;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = recvmsg(descriptor_, &message, MSG_DONTWAIT);
  if (size < 0 && patience > Duration{}) {
    pollfd poll_for{descriptor_, POLLIN, 0};
    poll(&poll_for, 1, static_cast<int>(patience / 1ms));
    size = recvmsg(descriptor_, &message, MSG_DONTWAIT);
  }
  if (size < 0) return std::nullopt;
  Datagram out{text_of(peer), ByteView(buffer_).first(static_cast<std::size_t>(size)), {}};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET) continue;
    if (header->cmsg_type == SO_TIMESTAMPNS) {
      timespec then{};
      std::memcpy(&then, CMSG_DATA(header), sizeof then);
      out.waited = std::max(Duration{}, since(then));
    } else if (header->cmsg_type == SO_RXQ_OVFL) {
      std::memcpy(&overflowed_, CMSG_DATA(header), sizeof overflowed_);
    }
  }
  return out;
}

Time steady_now() {
  return Time{
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

long resident_kib() {
  std::ifstream file("/proc/self/statm");
  long total = 0, resident = 0;
  file >> total >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

}  // namespace mehr::bench
