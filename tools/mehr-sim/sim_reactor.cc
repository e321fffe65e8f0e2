// From the gateway's calls to the simulation's. See sim_reactor.h.
#include "tools/mehr-sim/sim_reactor.h"

#include <utility>

namespace mehr::mehr_sim {
namespace {

class UdpSocket final : public reactor::DatagramSocket {
 public:
  UdpSocket(Internet& internet, std::uint64_t socket, std::string local, std::string remote)
      : internet_(internet),
        socket_(socket),
        local_(std::move(local)),
        remote_(std::move(remote)) {}
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  ~UdpSocket() override { internet_.close_datagrams(socket_); }
  bool send(ByteView data) override {
    if (!remote_.empty()) internet_.send_datagram(socket_, remote_, data, true);
    return true;
  }
  [[nodiscard]] const std::string& local_address() const override { return local_; }

 private:
  Internet& internet_;
  std::uint64_t socket_;
  std::string local_, remote_;
};

class UdpPort final : public reactor::DatagramPort {
 public:
  UdpPort(Internet& internet, std::uint64_t socket, std::string local)
      : internet_(internet), socket_(socket), local_(std::move(local)) {}
  UdpPort(const UdpPort&) = delete;
  UdpPort& operator=(const UdpPort&) = delete;
  ~UdpPort() override { internet_.close_datagrams(socket_); }
  Sent send_to(const std::string& to, ByteView data) override {
    return internet_.send_datagram(socket_, to, data, false);
  }
  [[nodiscard]] const std::string& local_address() const override { return local_; }

 private:
  Internet& internet_;
  std::uint64_t socket_;
  std::string local_;
};

std::string join(const std::string& host, std::uint16_t port) {
  return host + ":" + std::to_string(port);
}

Status taken(const std::string& host, std::uint16_t port) {
  return absl::AlreadyExistsError(join(host, port) + " is in use");
}

}  // namespace

reactor::TimerId SimReactor::at(Time when, std::function<void()> fire) {
  return {
      engine_.at(clock_.truth(when),
                 {host_, incarnation_, EventKind::kTimer, {}, [fire = std::move(fire)](ByteView) {
                    fire();
                  }})};
}

void SimReactor::post(std::function<void()> task) {
  engine_.after(
      Duration::zero(),
      {host_, incarnation_, EventKind::kPost, {}, [task = std::move(task)](ByteView) { task(); }});
}

Result<std::unique_ptr<reactor::Listener>> SimReactor::listen_tcp(const std::string&,
                                                                  std::uint16_t port,
                                                                  reactor::TcpOptions,
                                                                  reactor::AcceptFn accept) {
  return internet_.listen(host_, port, std::move(accept));
}

Result<std::unique_ptr<reactor::Listener>> SimReactor::listen_unix(const std::string&, unsigned,
                                                                   reactor::AcceptFn) {
  return absl::UnimplementedError("no Unix sockets in a simulation");
}

std::shared_ptr<void> SimReactor::connect_tcp(const std::string& host, std::uint16_t port,
                                              reactor::TcpOptions, Duration timeout,
                                              reactor::ConnectFn done) {
  return internet_.connect(host_, host, port, timeout, std::move(done));
}

Result<std::unique_ptr<reactor::Stream>> SimReactor::open_serial(const std::string& path,
                                                                 reactor::SerialOptions) {
  return air_.open(host_, path);
}

Result<reactor::PseudoTerminal> SimReactor::open_pty() {
  return absl::UnimplementedError("no pseudo terminals in a simulation");
}

Result<std::unique_ptr<reactor::DatagramSocket>> SimReactor::open_udp(
    const std::string& local_host, std::uint16_t local_port, const std::string& remote_host,
    std::uint16_t remote_port, reactor::ReceiveFn receive) {
  const auto socket = internet_.open_datagrams(host_, local_port, {std::move(receive), nullptr});
  if (socket == 0) return taken(local_host, local_port);
  return std::make_unique<UdpSocket>(internet_, socket, join(local_host, local_port),
                                     remote_host.empty() ? "" : join(remote_host, remote_port));
}

Result<std::unique_ptr<reactor::DatagramPort>> SimReactor::open_datagram_port(
    const std::string& local_host, std::uint16_t local_port, reactor::DatagramPortEvents events) {
  const auto socket = internet_.open_datagrams(
      host_, local_port, {std::move(events.received), std::move(events.path_mtu)});
  if (socket == 0) return taken(local_host, local_port);
  return std::make_unique<UdpPort>(internet_, socket, join(local_host, local_port));
}

}  // namespace mehr::mehr_sim
