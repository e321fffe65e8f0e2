// Hop links inside the daemon: gives neighbour::Neighbours the time, runs its events as turns of
// the node, and takes what it tells to router, endpoint, store and log. Decides nothing. Reactor
// thread.
#pragma once

#include <string>
#include <vector>

#include "controlplane/interface/interface.h"
#include "controlplane/neighbour/neighbours.h"

namespace mehr::daemon {

class Node;

class Hops final : public neighbour::Carriers, private neighbour::NeighboursSink {
 public:
  /// All parts must outlive it.
  /// @param index_places see link::LinksConfig
  Hops(Node& node, reactor::Reactor& reactor, signer::Signer& signer, Random& random,
       border::Counters& counters, std::uint32_t index_places);

  // Carriers
  std::uint32_t carrier_up(neighbour::Carrier& carrier, neighbour::CarrierSetup setup) override;
  void carrier_down(std::uint32_t carrier) override;
  void frame(std::uint32_t carrier, const std::string& from, ByteView frame,
             Duration waited) override;
  void path_mtu(std::uint32_t carrier, const std::string& to, std::size_t bytes) override;
  void writable(std::uint32_t carrier) override;
  void maintain_peer(std::uint32_t carrier, const std::string& address,
                     const std::optional<IdentityHash>& expected) override;
  void forget_peer(std::uint32_t carrier, const std::string& address) override;
  [[nodiscard]] bool linked(std::uint32_t carrier, const std::string& address) const override;
  [[nodiscard]] std::optional<IdentityHash> neighbour_over(std::uint32_t carrier) const override;
  void peer(const neighbour::PeerReport& report) override;

  /// Links end in order: the other sides hear of it.
  void stop();
  [[nodiscard]] neighbour::Neighbours& neighbours() { return neighbours_; }
  [[nodiscard]] const neighbour::Neighbours& neighbours() const { return neighbours_; }
  /// One row a neighbour, as interfaces appear in `mehr interface`.
  /// Ends these links; they are made again, and all that was told over them is void.
  void link_anew(const std::vector<routing::InterfaceId>& those, Time now);
  void report(std::vector<interface::InterfaceReport>& out) const;

 private:
  // NeighboursSink; called inside turns only
  routing::InterfaceId next_interface_id() override;
  void neighbour_up(routing::InterfaceId id, const routing::InterfaceTraits& traits) override;
  void neighbour_changed(routing::InterfaceId id, const routing::InterfaceTraits& traits) override;
  void neighbour_down(routing::InterfaceId id, std::string_view reason) override;
  void neighbour_packet(routing::InterfaceId id, ByteView raw, wire::HopClass traffic) override;
  void neighbour_control(routing::InterfaceId id, wire::HopControl type, ByteView body) override;
  void neighbour_queue(routing::InterfaceId id, double occupancy, Duration drain) override;
  void peer_reached(const neighbour::RememberedPeer& peer) override;

  Node& node_;
  reactor::Reactor& reactor_;
  neighbour::Neighbours neighbours_;
};

}  // namespace mehr::daemon
