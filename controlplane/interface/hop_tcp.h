// Hop links over TCP: a listener whose every connection is a carrier, and one connection to each
// peer that is made again for ever. Reactor thread.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "controlplane/interface/alarm.h"
#include "controlplane/interface/hop_connection.h"
#include "controlplane/interface/hop_setup.h"
#include "controlplane/interface/hop_unlinked.h"
#include "controlplane/interface/interface.h"

namespace mehr::interface {

class HopTcp final : public Interface {
 public:
  HopTcp(config::InterfaceConfig config, const InterfaceContext& context);

  void start() override;
  bool transmit(routing::InterfaceId, ByteView) override { return false; }
  void report(std::vector<InterfaceReport>& out) const override;
  void stop() override;

  /// Where it listens, with the real port; empty when it does not.
  [[nodiscard]] std::string local_address() const;

 private:
  struct Dialer : HopTarget {
    Dialer(HopTarget target, reactor::Reactor& reactor)
        : HopTarget(std::move(target)), retry(reactor) {}
    std::shared_ptr<void> attempt;
    std::unique_ptr<HopConnection> connection;
    Alarm retry;
    Time connected_at;
  };

  void listen();
  void accept(std::unique_ptr<reactor::Stream> stream);
  /// @return false: every place is taken by a neighbour
  bool make_room(const std::string& network);
  void let_go(std::uint32_t id);
  void dial(Dialer& dialer);
  void connected(Dialer& dialer, std::unique_ptr<reactor::Stream> stream);
  void lost(Dialer& dialer, std::string reason);

  config::InterfaceConfig config_;
  InterfaceContext context_;
  Port port_;
  std::unique_ptr<reactor::Listener> listener_;
  std::map<std::uint32_t, std::unique_ptr<HopConnection>> accepted_;  ///< by carrier
  Unlinked unlinked_;  ///< of accepted_; those linked meanwhile leave when their turn comes
  std::vector<std::unique_ptr<Dialer>> dialers_;
  Alarm retry_;
  bool stopped_ = false;
};

}  // namespace mehr::interface
