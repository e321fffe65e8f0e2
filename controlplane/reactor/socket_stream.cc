// TCP and Unix streams: a repeating receive into the ring's buffers and one send at a time.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>

#include "controlplane/reactor/stream.h"

namespace mehr::reactor {
namespace {

class SocketStream final : public StreamCore {
 public:
  using StreamCore::StreamCore;

 private:
  enum Tag : unsigned { kReceive = kFirstKindTag, kSend };

  void arm_read() override { receive_ = loop().ring->receive(shared_from_this(), kReceive, fd()); }
  void arm_write(ByteView data) override {
    send_ = loop().ring->send(shared_from_this(), kSend, fd(), data);
  }
  std::size_t send_at_once(ByteView data) override {
    const ssize_t taken = ::send(fd(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return taken < 0 ? 0 : static_cast<std::size_t>(taken);
  }
  void shut_write() override { ::shutdown(fd(), SHUT_WR); }
  void hang_up() override {
    loop().ring->cancel(receive_);
    loop().ring->cancel(send_);
    ::shutdown(fd(), SHUT_RDWR);
  }

  void kind_completed(unsigned tag, const Completion& completion) override {
    if (over()) return;
    if (tag == kSend) {
      sent(completion.result);
    } else {
      arrived(completion);
    }
  }

  void sent(int result) {
    if (result >= 0) {
      wrote(static_cast<std::size_t>(result));
    } else if (result == -EINTR || result == -EAGAIN) {
      wrote(0);
    } else {
      end(absl::UnavailableError(system_error_text("sending to " + peer() + " failed", -result)));
    }
  }

  void arrived(const Completion& completion) {
    const int result = completion.result;
    if (result > 0) {
      received(completion.data);
    } else if (result == 0) {
      end(absl::OkStatus());
    } else if (result != -ENOBUFS && result != -EINTR && result != -EAGAIN) {
      end(absl::UnavailableError(
          system_error_text("receiving from " + peer() + " failed", -result)));
    }
    // The kernel ends a repeating receive when it runs out of buffers or thinks it fair.
    if (!completion.more && !over()) arm_read();
  }

  OperationId receive_, send_;
};

void set_option(int fd, int level, int option, int value) {
  // Best effort: a socket without one of these options still works.
  ::setsockopt(fd, level, option, &value, sizeof value);
}

}  // namespace

std::unique_ptr<Stream> make_socket_stream(std::shared_ptr<Loop> loop, Fd fd, std::string peer,
                                           std::optional<PeerUser> peer_user) {
  auto core = std::make_shared<SocketStream>(std::move(loop), std::move(fd), std::move(peer));
  return make_stream_handle(std::move(core), std::move(peer_user));
}

void apply_tcp_options(int fd, const TcpOptions& options) {
  constexpr int kProbeAfterSeconds = 5, kProbeEverySeconds = 2, kProbes = 12;
  constexpr int kUserTimeoutMilliseconds = 24'000;
  if (options.no_delay) set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (!options.keep_alive) return;
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kProbeAfterSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kProbeEverySeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMilliseconds);
}

}  // namespace mehr::reactor
