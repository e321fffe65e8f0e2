// The reactor of one simulated host: everything a gateway asks of its kernel, answered by the
// simulation. What it promises is what controlplane/reactor/reactor.h promises; callbacks are
// events of the engine. One for each life of a host.
#pragma once

#include <memory>
#include <string>

#include "controlplane/reactor/reactor.h"
#include "tools/mehr-sim/air.h"
#include "tools/mehr-sim/engine.h"
#include "tools/mehr-sim/internet.h"
#include "tools/mehr-sim/node_clock.h"

namespace mehr::mehr_sim {

class SimReactor final : public reactor::Reactor {
 public:
  SimReactor(Engine& engine, Internet& internet, Air& air, const NodeClock& clock, HostId host)
      : engine_(engine),
        internet_(internet),
        air_(air),
        clock_(clock),
        host_(host),
        incarnation_(engine.incarnation(host)) {}

  [[nodiscard]] Time now() const override { return clock_.local(engine_.now()); }
  [[nodiscard]] UnixTime unix_now() const override { return clock_.wall(engine_.now()); }
  /// The engine runs, not the host.
  Status run() override { return absl::UnimplementedError("the engine runs simulated hosts"); }
  void stop() override {}
  reactor::TimerId at(Time when, std::function<void()> fire) override;
  void cancel(reactor::TimerId timer) override { engine_.cancel(timer.value); }
  void post(std::function<void()> task) override;
  /// Nobody signals a simulated process.
  Status on_signal(int, std::function<void()>) override { return absl::OkStatus(); }
  Result<std::unique_ptr<reactor::Listener>> listen_tcp(const std::string& host, std::uint16_t port,
                                                        reactor::TcpOptions options,
                                                        reactor::AcceptFn accept) override;
  /// There is no operator inside.
  Result<std::unique_ptr<reactor::Listener>> listen_unix(const std::string& path, unsigned mode,
                                                         reactor::AcceptFn accept) override;
  std::shared_ptr<void> connect_tcp(const std::string& host, std::uint16_t port,
                                    reactor::TcpOptions options, Duration timeout,
                                    reactor::ConnectFn done) override;
  Result<std::unique_ptr<reactor::Stream>> open_serial(const std::string& path,
                                                       reactor::SerialOptions options) override;
  Result<reactor::PseudoTerminal> open_pty() override;
  Result<std::unique_ptr<reactor::DatagramSocket>> open_udp(const std::string& local_host,
                                                            std::uint16_t local_port,
                                                            const std::string& remote_host,
                                                            std::uint16_t remote_port,
                                                            reactor::ReceiveFn receive) override;
  Result<std::unique_ptr<reactor::DatagramPort>> open_datagram_port(
      const std::string& local_host, std::uint16_t local_port,
      reactor::DatagramPortEvents events) override;

 private:
  Engine& engine_;
  Internet& internet_;
  Air& air_;
  const NodeClock& clock_;
  HostId host_;
  std::uint32_t incarnation_;
};

}  // namespace mehr::mehr_sim
