// The auto interface: on every Ethernet and Wi-Fi of this host it finds the Reticulum nodes of its
// group by IPv6 multicast, and each is an interface of its own, one datagram a packet. Which
// devices there are is asked again every four seconds. Nothing but link-local addresses is used, so
// no router carries any of it. Reactor thread. Source: reticulum-wire §26.
//
// Counters: a wrong token is an access code that does not verify, a datagram of nobody we know one
// from an interface that is not online.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/interface/alarm.h"
#include "controlplane/interface/auto_peers.h"
#include "controlplane/interface/interface.h"
#include "controlplane/interface/port.h"

namespace mehr::interface {

class Auto final : public Interface {
 public:
  Auto(config::InterfaceConfig config, const InterfaceContext& context);

  void start() override;
  bool transmit(routing::InterfaceId id, ByteView raw) override;
  void report(std::vector<InterfaceReport>& out) const override;
  void stop() override;

 private:
  /// A network device we are on.
  struct Device {
    std::string address;  ///< ours, link-local, without zone
    std::unique_ptr<reactor::DatagramPort> group, discovery, data;
  };

  void look();
  void tell_group();
  void adopt(const std::string& name, const std::string& address);
  void leave(const std::string& name);
  [[nodiscard]] bool wanted(const std::string& device) const;
  void token(const std::string& device, ByteView data, const std::string& from);
  void datagram(ByteView data, const std::string& from);
  void send_token(const Device& device, const std::string& name, const std::string& to,
                  std::uint16_t port);
  void remove(const std::string& address, const std::string& reason);
  void show_state();
  [[nodiscard]] Result<std::unique_ptr<reactor::DatagramPort>> open_discovery(
      const std::string& host, std::uint16_t port, const std::string& device);

  config::InterfaceConfig config_;
  InterfaceContext context_;
  Port port_;  ///< the interface's own row; carries no packets
  std::string group_address_;
  AutoPeers peers_;
  std::map<std::string, Device> devices_;               ///< by name
  std::map<std::string, std::unique_ptr<Port>> ports_;  ///< of peers, by address
  std::map<routing::InterfaceId, std::string> addresses_;
  InterfaceReport left_;  ///< traffic of peers that are gone
  std::string trouble_;   ///< why a device could not be used
  Alarm look_, tell_;
};

}  // namespace mehr::interface
