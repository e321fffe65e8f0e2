// Receives through the ring into a buffer of its own, then takes what else is waiting directly.
// Sends go straight to the socket: a datagram either fits its buffer now or is dropped.
#include "controlplane/reactor/datagram.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "controlplane/reactor/address.h"
#include "controlplane/reactor/fd.h"

namespace mehr::reactor {
namespace {

constexpr std::size_t kLargestDatagram = 65'535;
/// Datagrams taken in one go before others get their turn.
constexpr int kBurst = 64;

class DatagramCore final : public Completer, public std::enable_shared_from_this<DatagramCore> {
 public:
  DatagramCore(std::shared_ptr<Loop> loop, Fd fd, std::optional<SocketAddress> remote,
               ReceiveFn receive)
      : loop_(std::move(loop)),
        fd_(std::move(fd)),
        remote_(remote),
        receive_(std::move(receive)),
        buffer_(kLargestDatagram) {}

  void arm() {
    message_ = {};
    part_ = {buffer_.data(), buffer_.size()};
    message_.msg_iov = &part_;
    message_.msg_iovlen = 1;
    message_.msg_name = from_.get();
    message_.msg_namelen = sizeof from_.storage;
    operation_ = loop_->ring->receive_message(shared_from_this(), 0, fd_.get(), &message_);
  }

  void abandon() {
    abandoned_ = true;
    if (!loop_->dead) loop_->ring->cancel(operation_);
    if (!calling_) receive_ = nullptr;
  }

  bool send(ByteView data) {
    if (abandoned_ || loop_->dead || !remote_) return false;
    const auto sent = ::sendto(fd_.get(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                               remote_->get(), remote_->size);
    return sent == static_cast<ssize_t>(data.size());
  }

  void completed(unsigned, const Completion& completion) override {
    if (abandoned_ || loop_->dead) return;
    const auto self = shared_from_this();
    if (completion.result >= 0) {
      hand_over(static_cast<std::size_t>(completion.result));
      drain();
    }
    // Errors here are reports of unreachable peers; the socket itself stays usable.
    if (!abandoned_) arm();
  }

 private:
  void drain() {
    for (int left = kBurst; left > 0 && !abandoned_; --left) {
      message_.msg_namelen = sizeof from_.storage;
      const auto got = ::recvmsg(fd_.get(), &message_, MSG_DONTWAIT);
      if (got < 0) return;
      hand_over(static_cast<std::size_t>(got));
    }
  }

  void hand_over(std::size_t bytes) {
    from_.size = message_.msg_namelen;
    calling_ = true;
    receive_(ByteView(buffer_).first(bytes), from_.text());
    calling_ = false;
    if (abandoned_) receive_ = nullptr;
  }

  std::shared_ptr<Loop> loop_;
  Fd fd_;
  std::optional<SocketAddress> remote_;
  ReceiveFn receive_;
  Bytes buffer_;
  iovec part_{};
  msghdr message_{};
  SocketAddress from_;
  OperationId operation_;
  bool abandoned_ = false, calling_ = false;
};

class DatagramHandle final : public DatagramSocket {
 public:
  DatagramHandle(std::shared_ptr<DatagramCore> core, std::string address)
      : core_(std::move(core)), address_(std::move(address)) {}
  ~DatagramHandle() override { core_->abandon(); }
  DatagramHandle(const DatagramHandle&) = delete;
  DatagramHandle& operator=(const DatagramHandle&) = delete;
  bool send(ByteView data) override { return core_->send(data); }
  [[nodiscard]] const std::string& local_address() const override { return address_; }

 private:
  std::shared_ptr<DatagramCore> core_;
  std::string address_;
};

}  // namespace

Result<std::unique_ptr<DatagramSocket>> open_udp(const std::shared_ptr<Loop>& loop,
                                                 const std::string& local_host,
                                                 std::uint16_t local_port,
                                                 const std::string& remote_host,
                                                 std::uint16_t remote_port, ReceiveFn receive) {
  const auto local = numeric_address(local_host, local_port);
  if (!local.ok()) return local.status();
  std::optional<SocketAddress> remote;
  if (!remote_host.empty()) {
    const auto parsed = numeric_address(remote_host, remote_port);
    if (!parsed.ok()) return parsed.status();
    if (parsed->family() != local->family()) {
      return absl::InvalidArgumentError("cannot send to " + parsed->text() + " from " +
                                        local->text() + ": one is IPv4, the other IPv6");
    }
    remote = *parsed;
  }
  Fd fd(::socket(local->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return absl::UnavailableError(system_error_text("no UDP socket", errno));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
  if (::bind(fd.get(), local->get(), local->size) != 0) {
    return absl::UnavailableError(system_error_text("cannot listen on " + local->text(), errno));
  }
  std::string address = local_text(fd.get());
  auto core = std::make_shared<DatagramCore>(loop, std::move(fd), remote, std::move(receive));
  core->arm();
  return std::make_unique<DatagramHandle>(std::move(core), std::move(address));
}

}  // namespace mehr::reactor
