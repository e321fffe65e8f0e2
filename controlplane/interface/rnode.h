// An RNode interface: finds the device (serial line, pty, or TCP), drives it with the state machine
// of rnode_host, and tries again for ever when anything goes wrong. Reactor thread.
// Source: reticulum-wire §24.
#pragma once

#include <memory>

#include "controlplane/interface/alarm.h"
#include "controlplane/interface/interface.h"
#include "controlplane/interface/port.h"
#include "controlplane/interface/rnode_host.h"

namespace mehr::interface {

class Rnode final : public Interface, private RnodeHostSink {
 public:
  static constexpr std::uint16_t kTcpPort = 7633;  ///< of Wi-Fi RNodes

  Rnode(config::InterfaceConfig config, const InterfaceContext& context);
  /// With other patience than the kind of line asks for (tests).
  Rnode(config::InterfaceConfig config, const InterfaceContext& context, RnodeTiming timing,
        Duration retry);

  void start() override;
  bool transmit(routing::InterfaceId id, ByteView raw) override;
  void report(std::vector<InterfaceReport>& out) const override;
  void stop() override;

 private:
  // RnodeHostSink
  void write(ByteView bytes) override;
  void packet(ByteView frame, const routing::SignalReport& signal) override;
  void online() override;
  void failed(const std::string& reason) override;

  void open();
  void opened(std::unique_ptr<reactor::Stream> stream);
  void lost(const std::string& reason);
  void schedule();
  [[nodiscard]] bool over_tcp() const { return config_.device.empty(); }
  [[nodiscard]] RadioReport radio_report() const;

  config::InterfaceConfig config_;
  InterfaceContext context_;
  Duration retry_pause_;
  Port port_;
  RnodeHost host_;
  std::shared_ptr<void> attempt_;
  std::unique_ptr<reactor::Stream> stream_;
  Alarm retry_, due_;
  bool stopped_ = false;
};

}  // namespace mehr::interface
