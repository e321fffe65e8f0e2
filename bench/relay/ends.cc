// Sockets of the two ends: connecting, sending without waiting, reading what is there.
#include "bench/relay/ends.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace mehr::bench {

End::End(std::uint16_t port, const crypto::AccessCode* code) : code_(code) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const auto end = Clock::now() + std::chrono::seconds(60);
  for (;;) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) break;
    ::close(fd_);
    if (Clock::now() > end) {
      std::fprintf(stderr, "relay: the node does not listen on port %u\n", port);
      std::exit(2);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const int one = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
}

End::~End() {
  ::close(fd_);
}

void End::append_frame(Bytes& out, ByteView packet) const {
  if (code_ == nullptr) {
    wire::hdlc_append(out, packet);
  } else {
    wire::hdlc_append(out, code_->protect(packet));
  }
}

std::size_t End::send_some(ByteView frames) {
  const ssize_t sent = ::send(fd_, frames.data(), frames.size(), MSG_NOSIGNAL);
  if (sent < 0) return 0;
  return static_cast<std::size_t>(sent);
}

void End::send(ByteView frames, const std::function<void()>& idle) {
  while (!frames.empty()) {
    const std::size_t sent = send_some(frames);
    frames = frames.subspan(sent);
    if (sent == 0) idle();
  }
}

Bytes End::packet_of(ByteView frame) const {
  if (code_ == nullptr) return to_bytes(frame);
  return code_->admit(frame).value_or(Bytes{});
}

ByteView End::read() {
  const ssize_t got = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
  return got <= 0 ? ByteView{} : ByteView(buffer_.data(), static_cast<std::size_t>(got));
}

std::optional<Bytes> End::wait_for(const std::function<bool(ByteView)>& wanted,
                                   std::chrono::milliseconds patience) {
  const auto end = Clock::now() + patience;
  std::optional<Bytes> found;
  while (!found && Clock::now() < end) {
    receive([&](ByteView packet) {
      if (!found && wanted(packet)) found = to_bytes(packet);
    });
    if (!found) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return found;
}

}  // namespace mehr::bench
