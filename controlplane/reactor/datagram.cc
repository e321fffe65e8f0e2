// Sends go straight to the socket: a datagram either fits its buffer now or is dropped.
#include "controlplane/reactor/datagram.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "controlplane/reactor/datagram_core.h"

namespace mehr::reactor {
namespace {

class Datagram final : public DatagramCore {
 public:
  Datagram(std::shared_ptr<Loop> loop, Fd fd, std::optional<SocketAddress> remote,
           ReceiveFn receive)
      : DatagramCore(std::move(loop), std::move(fd)),
        remote_(remote),
        receive_(std::move(receive)) {}

  bool send(ByteView data) {
    if (!usable() || !remote_) return false;
    const auto sent = ::sendto(fd(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                               remote_->get(), remote_->size);
    return sent == static_cast<ssize_t>(data.size());
  }

 private:
  void received(ByteView data, const std::string& from) override { receive_(data, from); }

  std::optional<SocketAddress> remote_;
  ReceiveFn receive_;
};

class DatagramHandle final : public DatagramSocket {
 public:
  DatagramHandle(std::shared_ptr<Datagram> core, std::string address)
      : core_(std::move(core)), address_(std::move(address)) {}
  ~DatagramHandle() override { core_->abandon(); }
  DatagramHandle(const DatagramHandle&) = delete;
  DatagramHandle& operator=(const DatagramHandle&) = delete;
  bool send(ByteView data) override { return core_->send(data); }
  [[nodiscard]] const std::string& local_address() const override { return address_; }

 private:
  std::shared_ptr<Datagram> core_;
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
  auto fd = bind_udp(*local);
  if (!fd.ok()) return fd.status();
  const int on = 1;
  ::setsockopt(fd->get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
  std::string address = local_text(fd->get());
  auto core = std::make_shared<Datagram>(loop, *std::move(fd), remote, std::move(receive));
  core->arm();
  return std::make_unique<DatagramHandle>(std::move(core), std::move(address));
}

}  // namespace mehr::reactor
