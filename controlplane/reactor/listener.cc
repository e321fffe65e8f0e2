// One listening core for both kinds; what differs is how the socket is made and what is said of a
// peer.
#include "controlplane/reactor/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "controlplane/reactor/address.h"
#include "controlplane/reactor/stream.h"

namespace mehr::reactor {
namespace {

constexpr int kBacklog = 128;
constexpr std::size_t kGroupsMax = 1'024;
/// Pause after an accept failed for want of descriptors or memory, to let some go.
constexpr Duration kAcceptPause = 250ms;

std::optional<PeerUser> unix_peer(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  PeerUser user{credentials.uid, {credentials.gid}};
  std::array<gid_t, kGroupsMax> groups{};
  size = sizeof groups;
  // A peer of more groups than that is known by its own group alone.
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
    user.groups.insert(user.groups.end(), groups.begin(),
                       groups.begin() + static_cast<std::ptrdiff_t>(size / sizeof(gid_t)));
  }
  return user;
}

class ListenerCore final : public Completer, public std::enable_shared_from_this<ListenerCore> {
 public:
  ListenerCore(std::shared_ptr<Loop> loop, Fd fd, std::optional<TcpOptions> tcp, AcceptFn accept)
      : loop_(std::move(loop)), fd_(std::move(fd)), tcp_(tcp), accept_(std::move(accept)) {}

  void arm() { operation_ = loop_->ring->accept(shared_from_this(), 0, fd_.get()); }

  void abandon() {
    if (abandoned_) return;
    abandoned_ = true;
    if (!loop_->dead) loop_->ring->cancel(operation_);
    // Leaves the listening state at once; the descriptor closes with the last completion.
    ::shutdown(fd_.get(), SHUT_RDWR);
    if (!calling_) accept_ = nullptr;
  }

  void completed(unsigned, const Completion& completion) override {
    Fd fd(completion.result >= 0 ? completion.result : -1);
    if (abandoned_ || loop_->dead) return;
    if (fd) hand_over(std::move(fd));
    if (completion.more || abandoned_) return;
    const bool pause = completion.result < 0 && completion.result != -ECONNABORTED;
    if (!pause) {
      arm();
      return;
    }
    const std::weak_ptr<ListenerCore> weak = weak_from_this();
    loop_->timers.at(loop_->now + kAcceptPause, [weak] {
      const auto self = weak.lock();
      if (self && !self->abandoned_) self->arm();
    });
  }

 private:
  void hand_over(Fd fd) {
    std::optional<PeerUser> user;
    std::string peer = "unix";
    if (tcp_) {
      apply_tcp_options(fd.get(), *tcp_);
      peer = remote_text(fd.get());
      if (peer.empty()) return;  // gone before we looked
    } else {
      user = unix_peer(fd.get());
    }
    const auto self = shared_from_this();
    calling_ = true;
    accept_(make_socket_stream(loop_, std::move(fd), std::move(peer), std::move(user)));
    calling_ = false;
    if (abandoned_) accept_ = nullptr;
  }

  std::shared_ptr<Loop> loop_;
  Fd fd_;
  std::optional<TcpOptions> tcp_;  ///< nullopt = Unix socket
  AcceptFn accept_;
  OperationId operation_;
  bool abandoned_ = false, calling_ = false;
};

/// Removes the socket file when it goes, unless another process has put its own there.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path) : path_(std::move(path)) {
    if (::lstat(path_.c_str(), &made_) != 0) path_.clear();
  }
  SocketFile(SocketFile&& other) noexcept
      : path_(std::exchange(other.path_, {})), made_(other.made_) {}
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  SocketFile& operator=(SocketFile&&) = delete;
  ~SocketFile() {
    struct stat there {};
    if (path_.empty() || ::lstat(path_.c_str(), &there) != 0) return;
    if (there.st_ino == made_.st_ino && there.st_dev == made_.st_dev) ::unlink(path_.c_str());
  }

 private:
  std::string path_;
  struct stat made_ {};
};

class ListenerHandle final : public Listener {
 public:
  ListenerHandle(std::shared_ptr<ListenerCore> core, std::string address, SocketFile file)
      : file_(std::move(file)), core_(std::move(core)), address_(std::move(address)) {}
  ~ListenerHandle() override { core_->abandon(); }
  ListenerHandle(const ListenerHandle&) = delete;
  ListenerHandle& operator=(const ListenerHandle&) = delete;
  [[nodiscard]] const std::string& local_address() const override { return address_; }

 private:
  SocketFile file_;
  std::shared_ptr<ListenerCore> core_;
  std::string address_;
};

std::unique_ptr<Listener> begin(const std::shared_ptr<Loop>& loop, Fd fd,
                                std::optional<TcpOptions> tcp, AcceptFn accept, std::string address,
                                SocketFile file) {
  auto core = std::make_shared<ListenerCore>(loop, std::move(fd), tcp, std::move(accept));
  core->arm();
  return std::make_unique<ListenerHandle>(std::move(core), std::move(address), std::move(file));
}

bool is_abstract(const std::string& path) {
  return path.starts_with('@');
}

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError("socket path \"" + path + "\" must have 1 to " +
                                      std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  if (is_abstract(path)) address.sun_path[0] = '\0';
  return address;
}

/// Abstract names have no end mark: their length is part of them.
socklen_t unix_size(const std::string& path) {
  return is_abstract(path) ? static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size())
                           : static_cast<socklen_t>(sizeof(sockaddr_un));
}

/// Makes room at `path`: fine when nothing is there or a socket nobody listens on.
Status clear_stale(const std::string& path, const sockaddr_un& address) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return absl::OkStatus();
  if (!S_ISSOCK(there.st_mode)) {
    return absl::AlreadyExistsError(path + " exists and is not a socket; remove it");
  }
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int outcome =
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (outcome == 0 || errno == EAGAIN) {
    return absl::AlreadyExistsError("another process is listening on " + path);
  }
  if (errno != ECONNREFUSED) {
    return absl::UnavailableError(
        system_error_text("cannot tell whether " + path + " is in use", errno));
  }
  if (::unlink(path.c_str()) == 0) return absl::OkStatus();
  return absl::PermissionDeniedError(system_error_text("cannot remove the stale " + path, errno));
}

}  // namespace

Result<std::unique_ptr<Listener>> listen_tcp(const std::shared_ptr<Loop>& loop,
                                             const std::string& host, std::uint16_t port,
                                             TcpOptions options, AcceptFn accept) {
  const auto address = numeric_address(host, port);
  if (!address.ok()) return address.status();
  const auto failed = [&](const char* what) {
    return absl::UnavailableError(
        system_error_text(std::string(what) + " " + address->text(), errno));
  };
  Fd fd(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return failed("no socket for");
  const int on = 1, off = 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->family() == AF_INET6) {
    // "::" means everywhere, IPv4 included, whatever the system's default is.
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (::bind(fd.get(), address->get(), address->size) != 0) return failed("cannot listen on");
  if (::listen(fd.get(), kBacklog) != 0) return failed("cannot listen on");
  std::string local = local_text(fd.get());
  return begin(loop, std::move(fd), options, std::move(accept), std::move(local), SocketFile());
}

Result<std::unique_ptr<Listener>> listen_unix(const std::shared_ptr<Loop>& loop,
                                              const std::string& path, unsigned mode,
                                              AcceptFn accept) {
  const auto address = unix_address(path);
  if (!address.ok()) return address.status();
  const bool file_wanted = !is_abstract(path);
  if (file_wanted) {
    if (const Status status = clear_stale(path, *address); !status.ok()) return status;
  }
  const auto failed = [&] {
    return absl::UnavailableError(system_error_text("cannot listen on " + path, errno));
  };
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return failed();
  // The file is born with the socket's mode, so there is no moment in which others may connect.
  ::fchmod(fd.get(), static_cast<mode_t>(mode));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), unix_size(path)) != 0) {
    return failed();
  }
  SocketFile file = file_wanted ? SocketFile(path) : SocketFile();
  if (file_wanted && ::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) return failed();
  if (::listen(fd.get(), kBacklog) != 0) return failed();
  return begin(loop, std::move(fd), std::nullopt, std::move(accept), path, std::move(file));
}

}  // namespace mehr::reactor
