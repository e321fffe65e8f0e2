// Hop links across plain Reticulum nodes (SC-43): links to the "mehr.hop" destinations of peers,
// opened again for ever, and links that others open to ours. What a frame means is
// neighbour::Neighbours' business, what becomes of a link packet the endpoint's. Reactor thread.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "controlplane/interface/hop_ride.h"
#include "controlplane/interface/hop_setup.h"

namespace mehr::interface {

class HopReticulum final : public Interface, private endpoint::StretchEvents {
 public:
  HopReticulum(config::InterfaceConfig config, const InterfaceContext& context);
  ~HopReticulum() override;

  void start() override;
  bool transmit(routing::InterfaceId, ByteView) override { return false; }
  void report(std::vector<InterfaceReport>& out) const override { out.push_back(port_.report()); }
  void stop() override;

 private:
  struct Dialer : HopTarget {
    Dialer(HopTarget target, reactor::Reactor& reactor);
    [[nodiscard]] const IdentityHash& node() const { return *peer.identity; }
    DestinationHash destination;
    bool asking = false;         ///< the endpoint was asked for a link
    std::optional<LinkId> link;  ///< asked for, or up
    Alarm retry;
    Time up_at;
  };
  struct Ride {
    std::unique_ptr<HopRide> ride;
    Dialer* dialer = nullptr;  ///< null: the other side asked for the link
  };

  // StretchEvents: the endpoint is on the stack
  void stretch_up(const endpoint::StretchLink& link) override;
  void stretch_down(const LinkId& link) override;
  void stretch_datagram(const LinkId& link, ByteView datagram) override;
  void hop_destination_heard(const DestinationHash& destination) override;

  [[nodiscard]] neighbour::CarrierSetup setup(const endpoint::StretchLink& link) const;
  void dial(Dialer& dialer);
  void asked(Dialer& dialer, std::optional<LinkId> link);
  void lost(Dialer& dialer, std::string reason);
  void ended(const LinkId& link, std::string reason);
  /// One link is enough: of two that crossed, the one the smaller identity asked for stays.
  void choose(const LinkId& link);
  /// The carrier over which that node is linked by a link of its own; 0: none.
  [[nodiscard]] std::uint32_t reached_us(const Dialer& dialer) const;
  void rest(Dialer& dialer, std::uint32_t carrier);
  [[nodiscard]] std::size_t accepted() const;

  config::InterfaceConfig config_;
  InterfaceContext context_;
  Port port_;
  std::vector<std::unique_ptr<Dialer>> dialers_;
  std::map<LinkId, Ride> rides_;
  bool stopped_ = false;
};

}  // namespace mehr::interface
