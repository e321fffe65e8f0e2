// Receives through the ring into a buffer of its own, then takes what else is waiting directly;
// sends directly, and asks the ring for room when there is none.
#include "controlplane/reactor/packets.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "controlplane/reactor/fd.h"

namespace mehr::reactor {
namespace {

constexpr unsigned kReceive = 0, kRoom = 1, kGone = 2;
/// Packets taken in one go before others get their turn.
constexpr int kBurst = 16;
constexpr int kSocketBuffer = 1 << 20;

class Core final : public Completer, public std::enable_shared_from_this<Core> {
 public:
  Core(std::shared_ptr<Loop> loop, Fd fd, std::size_t packet_max, PacketStream::Events events)
      : loop_(std::move(loop)),
        fd_(std::move(fd)),
        buffer_(packet_max + 1),
        events_(std::move(events)) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) process_ = peer.pid;
  }
  ~Core() override { wipe(buffer_); }

  void arm() {
    message_ = {};
    part_ = {buffer_.data(), buffer_.size()};
    message_.msg_iov = &part_;
    message_.msg_iovlen = 1;
    receive_ = loop_->ring->receive_message(shared_from_this(), kReceive, fd_.get(), &message_);
  }
  void abandon() {
    over_ = true;
    if (!loop_->dead) {
      loop_->ring->cancel(receive_);
      loop_->ring->cancel(room_);
    }
    // The other end hears of it now, not when the last completion has come.
    ::shutdown(fd_.get(), SHUT_RDWR);
  }
  [[nodiscard]] int process() const { return process_; }

  PacketStream::Sent send(ByteView packet) {
    using Sent = PacketStream::Sent;
    if (over_ || loop_->dead) return Sent::kGone;
    if (::send(fd_.get(), packet.data(), packet.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
      return Sent::kSent;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == EINTR) {
      if (!std::exchange(waiting_, true))
        room_ = loop_->ring->poll(shared_from_this(), kRoom, fd_.get(), POLLOUT);
      return Sent::kFull;
    }
    fail(errno);
    return Sent::kGone;
  }

  void completed(unsigned tag, const Completion& completion) override {
    if (over_ || loop_->dead) return;
    const auto self = shared_from_this();
    if (tag == kGone) return finish();
    if (tag == kRoom) {
      waiting_ = false;
      if (events_.writable) events_.writable();
      return;
    }
    if (!take(completion.result)) return;
    for (int left = kBurst; left > 0 && !over_ && !failed_; --left) {
      const auto got = ::recv(fd_.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) break;
      if (!take(got < 0 ? -errno : static_cast<int>(got))) return;
    }
    if (!over_ && !failed_) arm();
  }

 private:
  bool take(int result) {
    if (result == -EINTR || result == -EAGAIN) return true;
    if (result <= 0) {
      fail(result == 0 ? 0 : -result);
      return false;
    }
    const auto size = static_cast<std::size_t>(result);
    if (size == buffer_.size()) {
      fail(EMSGSIZE);
      return false;
    }
    if (events_.packet) events_.packet(MutableByteView(buffer_).first(size));
    return !over_;
  }
  /// Told at the end of the turn: never inside the call that found out.
  void fail(int error) {
    if (std::exchange(failed_, true)) return;
    reason_ = error == 0 ? absl::UnavailableError("it closed the connection")
                         : absl::UnavailableError(system_error_text("the connection broke", error));
    loop_->defer(shared_from_this(), kGone);
  }
  void finish() {
    over_ = true;
    loop_->ring->cancel(receive_);
    loop_->ring->cancel(room_);
    if (const auto closed = std::exchange(events_.closed, nullptr)) closed(reason_);
  }

  std::shared_ptr<Loop> loop_;
  Fd fd_;
  Bytes buffer_;
  PacketStream::Events events_;
  iovec part_{};
  msghdr message_{};
  OperationId receive_, room_;
  Status reason_;
  int process_ = 0;
  bool over_ = false, failed_ = false, waiting_ = false;
};

class Handle final : public PacketStream {
 public:
  explicit Handle(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  ~Handle() override { core_->abandon(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Sent send(ByteView packet) override { return core_->send(packet); }
  [[nodiscard]] int peer_process() const override { return core_->process(); }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

Result<std::unique_ptr<PacketStream>> connect_packets(const std::shared_ptr<Loop>& loop,
                                                      const std::string& path,
                                                      std::size_t packet_max,
                                                      PacketStream::Events events) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return absl::InvalidArgumentError("a socket's path has 1 to 107 bytes");
  std::copy(path.begin(), path.end(), address.sun_path);
  Fd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return absl::UnavailableError(system_error_text("no socket", errno));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &kSocketBuffer, sizeof kSocketBuffer);
  const void* generic = &address;
  if (::connect(fd.get(), static_cast<const sockaddr*>(generic), sizeof address) != 0)
    return absl::UnavailableError(system_error_text(path, errno));
  auto core = std::make_shared<Core>(loop, std::move(fd), packet_max, std::move(events));
  core->arm();
  return std::make_unique<Handle>(std::move(core));
}

}  // namespace mehr::reactor
