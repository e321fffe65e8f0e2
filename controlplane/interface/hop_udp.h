// Hop links over UDP: one socket for all neighbours, never fragmented by IP. Moves frames; what
// they mean is neighbour::Neighbours' business. Reactor thread.
#pragma once

#include <memory>
#include <vector>

#include "controlplane/interface/alarm.h"
#include "controlplane/interface/hop_setup.h"
#include "controlplane/interface/interface.h"

namespace mehr::interface {

class HopUdp final : public Interface, private neighbour::Carrier {
 public:
  HopUdp(config::InterfaceConfig config, const InterfaceContext& context);
  ~HopUdp() override;

  void start() override;
  bool transmit(routing::InterfaceId, ByteView) override { return false; }
  void report(std::vector<InterfaceReport>& out) const override { out.push_back(port_.report()); }
  void stop() override;

  /// Where it listens, with the real port; empty when it does not.
  [[nodiscard]] std::string local_address() const;

 private:
  struct Target : HopTarget {
    std::shared_ptr<void> lookup;
    std::string address;  ///< that greetings go to; empty while none is known
  };

  Sent send(const std::string& address, ByteView frame) override;
  void leave_devices(const std::vector<int>& devices) override;
  void open();
  [[nodiscard]] Result<std::unique_ptr<reactor::DatagramPort>> open_port();
  void close();
  void look_up(std::size_t index);
  void found(std::size_t index, const Result<std::vector<std::string>>& addresses);
  [[nodiscard]] bool reachable(const std::string& address) const;
  void look_again();

  config::InterfaceConfig config_;
  InterfaceContext context_;
  Port port_;
  std::unique_ptr<reactor::DatagramPort> socket_;
  std::uint32_t carrier_ = 0;
  std::vector<Target> targets_;
  Alarm retry_, again_;
};

}  // namespace mehr::interface
