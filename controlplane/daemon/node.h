// The gateway itself, put together: router, endpoint and interfaces, and the traffic between them.
// Owns the order of things: nobody is called back from inside a call, so what a router call wants
// done waits in queues here until it has returned. Knows no arguments, signals or admin socket.
// Reactor thread.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/accelerator/accelerator.h"
#include "controlplane/daemon/hops.h"
#include "controlplane/daemon/program_answers.h"
#include "controlplane/daemon/stretches.h"
#include "controlplane/endpoint/endpoint.h"
#include "controlplane/interface/interface.h"
#include "controlplane/reactor/reactor.h"
#include "controlplane/routing/router.h"
#include "controlplane/signer/signer.h"
#include "controlplane/store/store.h"
#include "core/config/config.h"
#include "core/config/difference.h"

namespace mehr::daemon {

class Node final : public routing::RouterSink,
                   public interface::InterfaceEvents,
                   public endpoint::EndpointSink {
 public:
  struct Parts {
    reactor::Reactor& reactor;
    store::Store& store;
    signer::Signer& signer;
    Random& random;
    border::Counters& counters;
  };
  /// What the operator's side wants to hear; called between turns, never inside a router call.
  struct Hooks {
    std::function<void(const DestinationHash&)> path_known;
    std::function<void(const endpoint::Message&)> message;
    std::function<void(const DestinationHash&)> path_gone;
    /// Of configured interfaces, not of a server's clients.
    std::function<void(std::string_view name, interface::InterfaceState, std::string_view reason)>
        interface_state;
    /// A hop link came or went. @param text over which interface, or why it ended
    std::function<void(const std::string& name, bool up, const std::string& text)> neighbour;
    /// Every packet that comes in, before the router has it: for who measures a network.
    std::function<void(routing::InterfaceId from, ByteView raw)> heard = {};
    /// What the router tells a hop neighbour, before the link has it. @return false: it does not
    /// get it. For who simulates gateways that lie; nobody sets it in a daemon.
    std::function<bool(routing::InterfaceId to, wire::HopControl type, ByteView body)> telling = {};
  };

  /// All parts must outlive the node.
  Node(const config::Config& config, Parts parts);
  ~Node() override;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  void set_hooks(Hooks hooks) { hooks_ = std::move(hooks); }
  /// Before start(): what the store remembered.
  void restore(store::Loaded loaded);
  /// Starts the interfaces and the clock.
  void start();
  /// Interfaces end in order; nothing is sent afterwards.
  void stop();
  /// Makes the interfaces and limits those of `wanted`, without touching interfaces that stay the
  /// same. `change` is what differs from the configuration so far.
  void apply(const config::Difference& change, const config::Config& wanted);
  /// Hands paths used since the last call to the store, a slice at a time unless `all_at_once`.
  void save_used_paths(bool all_at_once);

  /// Runs `work` as a turn: then everything the router wanted is done and the timer set. Inside
  /// another turn the work waits for its end.
  void turn(std::function<void(Time now)> work);

  [[nodiscard]] Time now() const { return parts_.reactor.now(); }

  // Inside turn() or for reading only.
  [[nodiscard]] routing::Router& router() { return *router_; }
  [[nodiscard]] endpoint::Endpoint& endpoint() { return *endpoint_; }
  [[nodiscard]] std::vector<interface::InterfaceReport> interfaces() const;
  [[nodiscard]] accelerator::Report dataplane() const { return accelerator_->report(); }
  /// The Mehr nodes linked with, and those we would like to be.
  [[nodiscard]] neighbour::Neighbours& neighbours() { return hops_->neighbours(); }

 private:
  friend class Hops;  // its events are turns, too
  struct HeldDelivery {
    routing::InterfaceId from;
    routing::SignalReport signal;
    Bytes raw;
    Hash32 hash;
  };
  struct HeldAnnounce {
    routing::HeardAnnounce heard;
    Bytes app_data;
  };

  // RouterSink
  void transmit(routing::InterfaceId interface, ByteView raw, wire::HopClass traffic) override;
  bool control(routing::InterfaceId interface, wire::HopControl type, ByteView body) override;
  void deliver(const routing::Delivery& delivery) override;
  void announce_heard(const routing::HeardAnnounce& heard) override;
  void announce_wanted(const DestinationHash& destination, routing::InterfaceId interface) override;
  void path_changed(const routing::PathEntry& entry) override;
  void path_removed(const DestinationHash& destination) override;
  void tunnel_changed(const routing::TunnelEntry& tunnel) override;
  void tunnel_synthesis_wanted(routing::InterfaceId interface,
                               const Hash32& interface_hash) override;
  // InterfaceEvents
  routing::InterfaceId next_interface_id() override;
  void up(routing::InterfaceId id, const routing::InterfaceTraits& traits) override;
  void changed(routing::InterfaceId id, const routing::InterfaceTraits& traits) override;
  void down(routing::InterfaceId id, std::string_view reason) override;
  void packet(routing::InterfaceId id, ByteView raw, const routing::SignalReport& signal) override;
  void state(std::string_view name, interface::InterfaceState state,
             std::string_view reason) override;
  // EndpointSink
  void message_received(const endpoint::Message& message) override;
  void message_changed(const endpoint::Message& message) override;
  void announced(const DestinationHash& destination, UnixTime emitted) override;

  void make_accelerator(const std::string& socket);
  void begin_turn();
  void end_turn();
  bool drain_some();
  void hand_over(const HeldDelivery& held);
  void hand_over(HeldAnnounce& held);
  void retire(const std::string& name);
  void bring_in(const config::InterfaceConfig& config, bool after_another);
  [[nodiscard]] interface::InterfaceContext interface_context();
  void order_interfaces(const config::Config& wanted);
  void synthesize_tunnel(routing::InterfaceId interface, const Hash32& interface_hash);
  void set_timer();
  void store_result(const Status& status);
  [[nodiscard]] bool is_news(const endpoint::Message& message);
  void save_slice();

  Parts parts_;
  Hooks hooks_;
  std::unique_ptr<routing::Router> router_;
  std::unique_ptr<endpoint::Endpoint> endpoint_;
  std::optional<ProgramAnswers> answers_;
  std::unique_ptr<Hops> hops_;  ///< before the interfaces, which report to it
  std::optional<accelerator::Accelerator> accelerator_;  ///< before the hops it is called by
  Stretches stretches_;
  std::vector<std::unique_ptr<interface::Interface>> interfaces_;
  std::vector<std::unique_ptr<interface::Interface>> retired_;  ///< on their way out
  absl::flat_hash_map<routing::InterfaceId, interface::Interface*> owners_;
  std::uint32_t last_interface_id_ = 0;
  bool retiring_ = false;  ///< what interfaces say now is their end

  bool in_turn_ = false;
  std::uint32_t source_ = 0;  ///< interface of the packet the router is looking at, 0 = this host
  bool stopping_ = false;
  bool store_failing_ = false;
  std::deque<std::function<void(Time)>> later_;  ///< work asked for inside a turn
  std::deque<HeldDelivery> deliveries_;
  std::deque<HeldAnnounce> announces_;
  std::deque<DestinationHash> paths_known_, paths_gone_;
  std::deque<std::pair<Hash32, bool>> told_;  ///< received messages and whether verified
  reactor::TimerId timer_;
  Time timer_due_ = Time::max();
  Time paths_saved_{};                          ///< last_used up to here is in the store
  std::vector<DestinationHash> paths_to_save_;  ///< rest of the present round
  Time round_started_{};
};

}  // namespace mehr::daemon
