// A node reduced to its hop links: real interfaces, carriers and neighbours on a real reactor, and
// no router. Several in one process make a network over loopback.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controlplane/neighbour/neighbours.h"
#include "controlplane/signer/local_signer.h"
#include "tests/unit/interface/fixture.h"

namespace mehr::interface {

class HopNode final : public neighbour::Carriers, public neighbour::NeighboursSink {
 public:
  HopNode(reactor::Reactor& reactor, std::uint64_t seed, std::function<void()> changed)
      : reactor_(reactor),
        random_(seed),
        signer_(identity_of(seed)),
        changed_(std::move(changed)),
        neighbours(config(), *this, signer_, random_, counters) {}
  ~HopNode() override { reactor_.cancel(timer_); }

  [[nodiscard]] IdentityHash identity() const { return signer_.identity_hash(); }
  [[nodiscard]] std::size_t links() const { return up.size(); }
  [[nodiscard]] std::uint64_t count(border::Counter counter) const {
    return counters.value(counter);
  }

  // Carriers
  std::uint32_t carrier_up(neighbour::Carrier& carrier, neighbour::CarrierSetup setup) override {
    const std::uint32_t id = neighbours.carrier_up(carrier, std::move(setup), reactor_.now());
    return plan(), id;
  }
  void carrier_down(std::uint32_t carrier) override {
    neighbours.carrier_down(carrier, reactor_.now());
    plan();
  }
  void frame(std::uint32_t carrier, const std::string& from, ByteView bytes,
             Duration waited) override {
    ++frames;
    neighbours.frame(carrier, from, bytes, waited, reactor_.now());
    plan();
  }
  void path_mtu(std::uint32_t carrier, const std::string& to, std::size_t bytes) override {
    neighbours.path_mtu(carrier, to, bytes, reactor_.now());
    plan();
  }
  void writable(std::uint32_t carrier) override {
    neighbours.writable(carrier, reactor_.now());
    plan();
  }
  void maintain_peer(std::uint32_t carrier, const std::string& address,
                     const std::optional<IdentityHash>& expected) override {
    neighbours.maintain_peer(carrier, address, expected, reactor_.now());
    plan();
  }
  void forget_peer(std::uint32_t carrier, const std::string& address) override {
    neighbours.forget_peer(carrier, address);
  }
  [[nodiscard]] bool linked(std::uint32_t carrier, const std::string& address) const override {
    return neighbours.linked(carrier, address);
  }
  [[nodiscard]] std::optional<IdentityHash> neighbour_over(std::uint32_t carrier) const override {
    return neighbours.neighbour_over(carrier);
  }
  void peer(const neighbour::PeerReport& report) override { neighbours.peer(report); }

  // NeighboursSink
  routing::InterfaceId next_interface_id() override { return {++last_id_}; }
  void neighbour_up(routing::InterfaceId id, const routing::InterfaceTraits& traits) override {
    up[id] = traits;
  }
  void neighbour_changed(routing::InterfaceId id, const routing::InterfaceTraits& t) override {
    up[id] = t;
  }
  void neighbour_down(routing::InterfaceId id, std::string_view) override { up.erase(id); }
  void neighbour_packet(routing::InterfaceId id, ByteView, wire::HopClass) override {
    ++packets[id];
  }
  void neighbour_control(routing::InterfaceId, wire::HopControl, ByteView) override {}
  void neighbour_queue(routing::InterfaceId, double, Duration) override {}
  void peer_reached(const neighbour::RememberedPeer& peer) override { reached.push_back(peer); }

 private:
  static crypto::PrivateIdentity identity_of(std::uint64_t seed) {
    SeededRandom random(seed + 100);
    return crypto::PrivateIdentity::generate(random);
  }
  static link::LinksConfig config() {
    link::LinksConfig out;
    out.capabilities.fragmentation = true;
    return out;
  }

  reactor::Reactor& reactor_;
  SeededRandom random_;
  signer::LocalSigner signer_;
  std::function<void()> changed_;
  std::uint32_t last_id_ = 0;
  reactor::TimerId timer_;

 public:
  /// Sets the timer and lets the test look.
  void plan() {
    reactor_.cancel(timer_);
    timer_ = {};
    if (const Time due = neighbours.next_due(); due != Time::max()) {
      timer_ = reactor_.at(due, [this] {
        neighbours.tick(reactor_.now());
        plan();
      });
    }
    changed_();
  }

  border::Counters counters;
  std::map<routing::InterfaceId, routing::InterfaceTraits> up;
  std::map<routing::InterfaceId, std::size_t> packets;
  std::vector<neighbour::RememberedPeer> reached;
  std::uint64_t frames = 0;
  neighbour::Neighbours neighbours;
};

}  // namespace mehr::interface
