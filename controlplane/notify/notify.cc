// Plain AF_UNIX datagrams; small enough not to need libsystemd.
#include "controlplane/notify/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace mehr::notify {
namespace {

struct Address {
  sockaddr_un storage{};
  socklen_t length = 0;
};

// "@name" is an abstract socket, anything else a path.
std::optional<Address> make_address(const std::string& name) {
  Address out;
  out.storage.sun_family = AF_UNIX;
  if (name.size() < 2 || name.size() >= sizeof(out.storage.sun_path)) return std::nullopt;
  std::memcpy(out.storage.sun_path, name.data(), name.size());
  if (name[0] == '@') out.storage.sun_path[0] = '\0';
  out.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  return out;
}

const sockaddr* generic(const Address& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address.storage));
}

std::optional<Duration> watchdog_interval() {
  const char* text = std::getenv("WATCHDOG_USEC");
  if (text == nullptr) return std::nullopt;
  if (const char* pid = std::getenv("WATCHDOG_PID"); pid != nullptr) {
    if (std::strtoll(pid, nullptr, 10) != getpid()) return std::nullopt;
  }
  const long long microseconds = std::strtoll(text, nullptr, 10);
  if (microseconds <= 0) return std::nullopt;
  return Duration{microseconds};
}

}  // namespace

Notifier::Notifier() : watchdog_(watchdog_interval()) {
  const char* name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr || !make_address(name)) return;
  address_ = name;
  socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

Notifier::~Notifier() {
  if (socket_ >= 0) close(socket_);
}

void Notifier::send(std::string_view lines) const {
  if (socket_ < 0) return;
  const auto address = make_address(address_);
  sendto(socket_, lines.data(), lines.size(), MSG_NOSIGNAL, generic(*address), address->length);
}

Result<Receiver> Receiver::open() {
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) {
    return absl::InternalError(std::string("readiness socket: ") + std::strerror(errno));
  }
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
  // The kernel picks a free abstract name when only the family is given.
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  auto* generic_local = static_cast<sockaddr*>(static_cast<void*>(&local));
  socklen_t length = sizeof(sa_family_t);
  if (bind(descriptor, generic_local, length) != 0 ||
      (length = sizeof(local), getsockname(descriptor, generic_local, &length)) != 0) {
    const std::string why = std::strerror(errno);
    close(descriptor);
    return absl::InternalError("readiness socket: " + why);
  }
  std::string name(local.sun_path, length - offsetof(sockaddr_un, sun_path));
  name[0] = '@';
  return Receiver(descriptor, std::move(name));
}

Receiver::~Receiver() {
  if (socket_ >= 0) close(socket_);
}

Receiver::Receiver(Receiver&& other) noexcept
    : socket_(other.socket_), address_(std::move(other.address_)) {
  other.socket_ = -1;
}

std::optional<Receiver::Message> Receiver::receive() const {
  Message out;
  out.lines.resize(4096);
  iovec part{out.lines.data(), out.lines.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  const ssize_t size = recvmsg(socket_, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (size < 0) return std::nullopt;
  out.lines.resize(static_cast<std::size_t>(size));
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_CREDENTIALS) continue;
    ucred sender{};
    std::memcpy(&sender, CMSG_DATA(item), sizeof(sender));
    out.sender = sender.pid;
  }
  return out;
}

bool has_line(std::string_view lines, std::string_view wanted) {
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    if (lines.substr(0, end) == wanted) return true;
    if (end == std::string_view::npos) break;
    lines.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace mehr::notify
