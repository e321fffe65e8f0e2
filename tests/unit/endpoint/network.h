// A network in memory for tests of the endpoint: nodes made of the real router, signer and
// endpoint, joined by wires with latency, bit rate and seeded loss, under a virtual clock.
// Deterministic.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>

#include "controlplane/endpoint/endpoint.h"
#include "controlplane/signer/local_signer.h"

namespace mehr::test {

struct WireSettings {
  Duration latency = 2ms;
  double loss = 0;
  std::uint64_t bitrate_bps = 10'000'000;
  std::optional<std::uint32_t> mtu = 8192;  ///< nullopt: no link MTU discovery
  /// kGateway lets routers ask on for paths they do not know.
  routing::InterfaceMode mode = routing::InterfaceMode::kFull;
  bool hop_link = false;  ///< carries classes and control records
};

class Network;

/// One host, as the daemon assembles it: router events are queued and handed on after the call.
class Host final : public routing::RouterSink, public endpoint::EndpointSink {
 public:
  Host(Network& network, std::uint64_t seed, endpoint::EndpointConfig config,
       routing::RouterConfig routing);

  DestinationHash address() const;  ///< lxmf.delivery
  DestinationHash probe_address() const;
  const IdentityHash& identity_hash() const { return identity_hash_; }
  /// The process dies: everything in memory is gone; identity and messages are on disk.
  void stop();
  void start();
  bool running() const { return endpoint != nullptr; }
  void receive(routing::InterfaceId from, const Bytes& raw, wire::HopClass traffic = {});
  void receive_control(routing::InterfaceId from, wire::HopControl type, const Bytes& body);
  void settle();  ///< hands on what is queued
  Time next_due() const;
  void tick();

  std::unique_ptr<routing::Router> router;
  std::unique_ptr<endpoint::Endpoint> endpoint;
  border::Counters counters;
  std::map<Hash32, endpoint::Message> inbox, outbox;  ///< "disk"
  std::map<Hash32, int> handed_over;                  ///< message_received calls by id
  bool store_works = true;
  std::function<bool(const wire::Packet&)> swallow;  ///< outgoing packets to lose
  std::size_t transmitted = 0;
  bool forwarding = false;  ///< the router is at a packet that came in: what it sends is not ours
  std::function<void(routing::InterfaceId, const wire::Packet&)> watch;  ///< everything sent
  std::map<routing::InterfaceId, routing::InterfaceTraits> interfaces;

  // RouterSink
  void transmit(routing::InterfaceId interface, ByteView raw, wire::HopClass traffic) override;
  bool control(routing::InterfaceId interface, wire::HopControl type, ByteView body) override;
  void deliver(const routing::Delivery& delivery) override;
  void announce_heard(const routing::HeardAnnounce& heard) override;
  void announce_wanted(const DestinationHash& destination, routing::InterfaceId interface) override;
  void path_changed(const routing::PathEntry& entry) override { paths[entry.destination] = entry; }
  void path_removed(const DestinationHash& destination) override { paths.erase(destination); }
  void tunnel_changed(const routing::TunnelEntry&) override {}
  void tunnel_synthesis_wanted(routing::InterfaceId, const Hash32&) override {}
  // EndpointSink
  void message_received(const endpoint::Message& message) override;
  void message_changed(const endpoint::Message& message) override;
  void announced(const DestinationHash& destination, UnixTime emitted) override {
    if (store_works) emissions[destination] = emitted;
  }

  std::map<DestinationHash, UnixTime> emissions;        ///< "disk"
  std::map<DestinationHash, routing::PathEntry> paths;  ///< "disk"

 private:
  Network& network_;
  SeededRandom random_;
  crypto::PrivateIdentity identity_;
  IdentityHash identity_hash_ = identity_.hash();
  signer::LocalSigner signer_;
  endpoint::EndpointConfig config_;
  routing::RouterConfig routing_;
  std::deque<std::function<void()>> queue_;
};

class Network {
 public:
  explicit Network(std::uint64_t seed = 1) : random_(seed) {}

  /// @param routing price and the like; identity is filled in
  Host& add(endpoint::EndpointConfig config = {}, routing::RouterConfig routing = {});
  /// Joins two hosts; several wires at one host are interfaces of their own.
  void join(Host& a, Host& b, WireSettings settings = {});
  void set_loss(double loss);
  /// Every wire between the two is cut, and both notice at once if `told`.
  void cut(Host& a, Host& b, bool told = true);
  /// The interface of `a` towards `b`.
  routing::InterfaceId interface(const Host& a, const Host& b) const;
  void send(Host& from, routing::InterfaceId interface, ByteView raw, wire::HopClass traffic = {},
            std::optional<wire::HopControl> control = std::nullopt);

  /// Runs until `done` or for `limit`. @return whether `done` became true
  bool run_until(const std::function<bool()>& done, Duration limit);
  void run(Duration time) {
    run_until([] { return false; }, time);
  }
  /// Everybody announces, and all of it spreads.
  void announce();
  Time now() const { return now_; }
  UnixTime wall() const;
  Duration wall_shift{};  ///< somebody set the clock
  std::size_t delivered_packets = 0;

 private:
  struct End {
    Host* host = nullptr;
    routing::InterfaceId interface;
  };
  struct Wire {
    End a, b;
    WireSettings settings;
    Time free_a, free_b;  ///< when the direction's transmitter is done
    bool cut = false;
  };
  struct Flying {
    Time at;
    std::uint64_t order;
    End to;
    Bytes raw;
    wire::HopClass traffic;
    std::optional<wire::HopControl> control;
    bool operator>(const Flying& other) const {
      return std::pair(at, order) > std::pair(other.at, other.order);
    }
  };
  SeededRandom random_;
  std::deque<std::unique_ptr<Host>> hosts_;
  std::deque<Wire> wires_;
  std::priority_queue<Flying, std::vector<Flying>, std::greater<>> flying_;
  std::uint64_t order_ = 0;
  std::uint32_t next_interface_ = 1;
  Time now_{100s};
};

}  // namespace mehr::test
