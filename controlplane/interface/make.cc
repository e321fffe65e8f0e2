// From a configuration to the interface it names, and the names of states.
#include "controlplane/interface/auto.h"
#include "controlplane/interface/hop_reticulum.h"
#include "controlplane/interface/hop_tcp.h"
#include "controlplane/interface/hop_udp.h"
#include "controlplane/interface/interface.h"
#include "controlplane/interface/local.h"
#include "controlplane/interface/rnode.h"
#include "controlplane/interface/tcp.h"
#include "controlplane/interface/traits.h"
#include "controlplane/interface/udp.h"

namespace mehr::interface {
namespace {

/// One that is switched off: a row to look at.
class Disabled final : public Interface {
 public:
  Disabled(const config::InterfaceConfig& config, const InterfaceContext& context)
      : port_(context, config, {config.name, std::string(kind_name(config.kind)), "", "", false}) {}

  void start() override { port_.set_state(InterfaceState::kDisabled, "`enabled` is false"); }
  bool transmit(routing::InterfaceId, ByteView) override { return false; }
  void report(std::vector<InterfaceReport>& out) const override { out.push_back(port_.report()); }
  void stop() override {}

 private:
  Port port_;
};

}  // namespace

std::string_view state_name(InterfaceState state) {
  switch (state) {
    case InterfaceState::kStarting:
      return "starting";
    case InterfaceState::kUp:
      return "up";
    case InterfaceState::kDown:
      return "down";
    case InterfaceState::kDisabled:
      return "disabled";
  }
  return "";
}

std::unique_ptr<Interface> make_interface(const config::InterfaceConfig& config,
                                          InterfaceContext context) {
  if (!config.enabled) return std::make_unique<Disabled>(config, context);
  switch (config.kind) {
    case config::InterfaceKind::kTcpServer:
      return std::make_unique<TcpServer>(config, context);
    case config::InterfaceKind::kTcpClient:
      return std::make_unique<TcpClient>(config, context);
    case config::InterfaceKind::kUdp:
      return std::make_unique<Udp>(config, context);
    case config::InterfaceKind::kRnode:
      return std::make_unique<Rnode>(config, context);
    case config::InterfaceKind::kHop:
      if (config.hop.transport == "tcp") return std::make_unique<HopTcp>(config, context);
      if (config.hop.transport == "reticulum") {
        return std::make_unique<HopReticulum>(config, context);
      }
      return std::make_unique<HopUdp>(config, context);
    case config::InterfaceKind::kLocal:
      return std::make_unique<LocalServer>(config, context);
    case config::InterfaceKind::kAuto:
      return std::make_unique<Auto>(config, context);
  }
  return nullptr;
}

}  // namespace mehr::interface
