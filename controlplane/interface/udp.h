// UDP interfaces: one packet a datagram, one address to send to, anybody to hear. Reactor thread.
// Source: reticulum-wire §25.
#pragma once

#include <memory>

#include "controlplane/interface/alarm.h"
#include "controlplane/interface/interface.h"
#include "controlplane/interface/port.h"

namespace mehr::interface {

class Udp final : public Interface {
 public:
  Udp(config::InterfaceConfig config, const InterfaceContext& context);

  void start() override;
  bool transmit(routing::InterfaceId id, ByteView raw) override;
  void report(std::vector<InterfaceReport>& out) const override;
  void stop() override;

  /// Where it listens, with the real port; empty when it does not.
  [[nodiscard]] std::string local_address() const;

 private:
  void open();

  config::InterfaceConfig config_;
  InterfaceContext context_;
  Port port_;
  std::unique_ptr<reactor::DatagramSocket> socket_;
  Alarm retry_;
};

}  // namespace mehr::interface
