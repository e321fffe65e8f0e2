// Turns: an event goes in, the router decides, and what it wanted is done before the next event.
#include "controlplane/daemon/node.h"

#include <algorithm>

#include "controlplane/log/log.h"
#include "core/wire/packet.h"
#include "core/wire/tunnel.h"

namespace mehr::daemon {
namespace {

constexpr std::size_t kPathsPerSlice = 1'000;  // some 10 ms of work between two packets
constexpr Duration kSlicePause = 50ms;
constexpr std::size_t kToldMax = 1'024;  // longer than any sender repeats itself

}  // namespace

Node::Node(const config::Config& config, Parts parts)
    : parts_(parts), stretches_(*this, parts.signer.identity_hash()) {
  routing::RouterConfig router;
  router.transport = config.transport;
  router.transport_identity = parts_.signer.identity();
  router.transport_id = parts_.signer.identity_hash();
  router.limits.paths = router.limits.withdrawals = config.max_paths;
  router.price_umhr_per_mib = config.price_umhr_per_mib;
  router_ = std::make_unique<routing::Router>(router, *this, parts_.random, parts_.counters);

  endpoint::EndpointConfig endpoint;
  endpoint.display_name = config.node_name;
  endpoint.messages = config.messages;
  endpoint.respond_to_probes = config.respond_to_probes;
  endpoint.announce_interval = std::chrono::seconds{config.announce_interval_s};
  endpoint.max_message_bytes = config.max_message_bytes;
  endpoint_ = std::make_unique<endpoint::Endpoint>(
      endpoint, *router_, parts_.signer, *this, parts_.random, parts_.counters,
      [reactor = &parts_.reactor] { return reactor->unix_now(); });

  hops_ =
      std::make_unique<Hops>(*this, parts_.reactor, parts_.signer, parts_.random, parts_.counters,
                             config.dataplane_socket.empty() ? 0 : border::kReceivePlacesLeast);
  make_accelerator(config.dataplane_socket);
  answers_.emplace(*this, parts_.reactor, parts_.counters, parts_.signer.identity_hash());
  for (const auto& one : config.interfaces) {
    interfaces_.push_back(interface::make_interface(one, interface_context()));
  }
}

void Node::make_accelerator(const std::string& socket) {
  accelerator_.emplace(
      socket, parts_.signer.identity_hash(),
      accelerator::Accelerator::Parts{parts_.reactor, *router_, hops_->neighbours(),
                                      parts_.counters},
      // Called by the reactor only, so never inside a turn: the work is done when it returns.
      [this](const std::function<void(Time)>& work) { turn(work); },
      [](bool good, const std::string& sentence) {
        good ? log::info(sentence) : log::warn(sentence);
      });
  hops_->neighbours().set_bypass(&*accelerator_);
}

interface::InterfaceContext Node::interface_context() {
  return {parts_.reactor, *this,       parts_.counters, parts_.random,
          hops_.get(),    &stretches_, &*answers_};
}

Node::~Node() {
  // Without stop() (the ring failed) interfaces are still up: their last words need the rest of us.
  stopping_ = true;
  retired_.clear();
  interfaces_.clear();
  parts_.reactor.cancel(timer_);
}

void Node::restore(store::Loaded loaded) {
  turn([this, &loaded](Time now) {
    for (auto& [destination, identity] : loaded.identities) {
      router_->restore_identity(destination, identity);
    }
    for (auto& path : loaded.paths)
      router_->restore_path(std::move(path), now);
    for (auto& tunnel : loaded.tunnels)
      router_->restore_tunnel(std::move(tunnel), now);
    for (const auto& [destination, emitted] : loaded.announced)
      endpoint_->restore_emission(destination, emitted);
    for (auto& message : loaded.unfinished)
      endpoint_->resume_message(std::move(message), now);
    for (auto& peer : loaded.peers)
      hops_->neighbours().remember(std::move(peer));
  });
  paths_saved_ = parts_.reactor.now();
}

void Node::start() {
  for (const auto& interface : interfaces_)
    interface->start();
  accelerator_->start();
  turn([](Time) {});
}

void Node::stop() {
  hops_->stop();
  stretches_.stop();
  accelerator_->stop();
  stopping_ = true;
  for (const auto& interface : interfaces_)
    interface->stop();
  parts_.reactor.cancel(timer_);
}

void Node::turn(std::function<void(Time)> work) {
  if (in_turn_) {
    later_.push_back(std::move(work));
    return;
  }
  begin_turn();
  work(parts_.reactor.now());
  end_turn();
}

std::vector<interface::InterfaceReport> Node::interfaces() const {
  std::vector<interface::InterfaceReport> out;
  for (const auto& interface : interfaces_)
    interface->report(out);
  hops_->report(out);
  return out;
}

void Node::begin_turn() {
  in_turn_ = true;
}

void Node::end_turn() {
  while (drain_some()) {
  }
  accelerator_->turn_ended(parts_.reactor.now());
  in_turn_ = false;
  set_timer();
}

// Takes the oldest of each queue; handing it over may fill them again.
bool Node::drain_some() {
  bool any = false;
  if (!announces_.empty()) {
    HeldAnnounce held = std::move(announces_.front());
    announces_.pop_front();
    hand_over(held);
    any = true;
  }
  if (!deliveries_.empty()) {
    const HeldDelivery held = std::move(deliveries_.front());
    deliveries_.pop_front();
    hand_over(held);
    any = true;
  }
  if (!paths_known_.empty()) {
    const DestinationHash destination = paths_known_.front();
    paths_known_.pop_front();
    if (hooks_.path_known) hooks_.path_known(destination);
    any = true;
  }
  if (!paths_gone_.empty()) {
    const DestinationHash destination = paths_gone_.front();
    paths_gone_.pop_front();
    if (hooks_.path_gone) hooks_.path_gone(destination);
    any = true;
  }
  if (!later_.empty()) {
    const auto work = std::move(later_.front());
    later_.pop_front();
    work(parts_.reactor.now());
    any = true;
  }
  return any;
}

void Node::hand_over(const HeldDelivery& held) {
  const auto packet = wire::decode_packet(held.raw);
  if (!packet) return;
  endpoint_->deliver({held.from, held.signal, held.raw, *packet, held.hash}, parts_.reactor.now());
}

void Node::hand_over(HeldAnnounce& held) {
  held.heard.announce.app_data = held.app_data;
  parts_.store.put_identity(held.heard.destination, held.heard.announce.identity);
  endpoint_->announce_heard(held.heard, parts_.reactor.now());
}

void Node::set_timer() {
  if (stopping_) return;
  const Time due =
      std::min({router_->next_due(), endpoint_->next_due(), hops_->neighbours().next_due()});
  if (due == timer_due_) return;
  parts_.reactor.cancel(timer_);
  timer_due_ = due;
  timer_ = {};
  if (due == Time::max()) return;
  timer_ = parts_.reactor.at(due, [this] {
    timer_due_ = Time::max();
    turn([this](Time now) {
      if (router_->next_due() <= now) {
        router_->tick(now);
        hops_->link_anew(router_->take_out_of_step(), now);
      }
      if (endpoint_->next_due() <= now) endpoint_->tick(now);
      hops_->neighbours().tick(now);
    });
  });
}

bool Node::control(routing::InterfaceId interface, wire::HopControl type, ByteView body) {
  if (stopping_) return false;
  if (hooks_.telling && !hooks_.telling(interface, type, body)) return true;
  return hops_->neighbours().control(interface, type, body, parts_.reactor.now());
}

void Node::transmit(routing::InterfaceId interface, ByteView raw, wire::HopClass traffic) {
  if (stopping_) return;
  if (hops_->neighbours().owns(interface)) {
    accelerator_->sent(interface, raw, source_);
    hops_->neighbours().transmit(interface, raw, traffic, source_, parts_.reactor.now());
    return;
  }
  if (const auto owner = owners_.find(interface); owner != owners_.end()) {
    owner->second->transmit(interface, raw);
    return;
  }
  for (const auto& candidate : interfaces_) {
    if (!candidate->transmit(interface, raw)) continue;
    owners_[interface] = candidate.get();
    return;
  }
}

void Node::deliver(const routing::Delivery& delivery) {
  deliveries_.push_back({delivery.from, delivery.signal, to_bytes(delivery.raw), delivery.hash});
}

void Node::announce_heard(const routing::HeardAnnounce& heard) {
  announces_.push_back({heard, to_bytes(heard.announce.app_data)});
}

void Node::announce_wanted(const DestinationHash& destination, routing::InterfaceId interface) {
  later_.push_back([this, destination, interface](Time now) {
    endpoint_->announce_wanted(destination, interface, now);
  });
}

void Node::path_changed(const routing::PathEntry& entry) {
  parts_.store.put_path(entry, parts_.reactor.now(), parts_.reactor.unix_now());
  paths_known_.push_back(entry.destination);
}

void Node::path_removed(const DestinationHash& destination) {
  parts_.store.remove_path(destination);
  paths_gone_.push_back(destination);
}

void Node::tunnel_changed(const routing::TunnelEntry& tunnel) {
  parts_.store.put_tunnel(tunnel, parts_.reactor.now(), parts_.reactor.unix_now());
}

void Node::tunnel_synthesis_wanted(routing::InterfaceId interface, const Hash32& interface_hash) {
  later_.push_back(
      [this, interface, interface_hash](Time) { synthesize_tunnel(interface, interface_hash); });
}

void Node::synthesize_tunnel(routing::InterfaceId interface, const Hash32& interface_hash) {
  wire::Tunnel tunnel;
  tunnel.identity = parts_.signer.identity();
  tunnel.interface_hash = interface_hash;
  tunnel.random = parts_.random.fixed<16>();
  parts_.signer.sign(signer::Purpose::kTunnel, wire::tunnel_signed_material(tunnel),
                     [this, interface, tunnel](std::optional<Signature> signature) mutable {
                       if (!signature) return;
                       tunnel.signature = *signature;
                       turn([this, interface, raw = wire::encode_tunnel(tunnel)](Time now) {
                         router_->send_on(interface, raw, now);
                       });
                     });
}

routing::InterfaceId Node::next_interface_id() {
  return {++last_interface_id_};
}

void Node::up(routing::InterfaceId id, const routing::InterfaceTraits& traits) {
  turn([this, id, traits](Time now) {
    router_->interface_up(id, traits, now);
    endpoint_->interface_up(id, now);
  });
}

void Node::changed(routing::InterfaceId id, const routing::InterfaceTraits& traits) {
  turn([this, id, traits](Time now) { router_->interface_changed(id, traits, now); });
}

void Node::down(routing::InterfaceId id, std::string_view) {
  turn([this, id](Time now) {
    owners_.erase(id);
    router_->interface_down(id, now);
    endpoint_->interface_down(id, now);
  });
}

// The one event that comes a hundred thousand times a second: no copy unless inside a turn.
void Node::packet(routing::InterfaceId id, ByteView raw, const routing::SignalReport& signal) {
  if (stopping_) return;
  if (hooks_.heard) hooks_.heard(id, raw);
  if (in_turn_) {
    later_.push_back([this, id, copy = to_bytes(raw), signal](Time now) {
      source_ = id.value;
      router_->receive(id, copy, signal, now);
      source_ = 0;
    });
    return;
  }
  begin_turn();
  source_ = id.value;
  router_->receive(id, raw, signal, parts_.reactor.now());
  source_ = 0;
  end_turn();
}

void Node::state(std::string_view name, interface::InterfaceState state, std::string_view reason) {
  if (retiring_) return;
  std::string line =
      "interface " + std::string(name) + " is " + std::string(interface::state_name(state));
  if (!reason.empty()) line += ": " + std::string(reason);
  // Whoever connects to a server ("lan/192.0.2.1:4242") must not be able to fill the disk with
  // lines.
  if (name.find('/') != std::string_view::npos) return log::debug(line);
  const bool bad = state == interface::InterfaceState::kDown && !stopping_;
  bad ? log::warn(line) : log::info(line);
  if (hooks_.interface_state) hooks_.interface_state(name, state, reason);
}

void Node::message_received(const endpoint::Message& message) {
  later_.push_back([this, message](Time) {
    parts_.store.put_message(message, [this, message](const Status& status) {
      store_result(status);
      // Without proof the sender tries again, by when the disk may have room.
      if (!status.ok()) return;
      turn([this, id = message.id](Time now) { endpoint_->message_stored(id, now); });
      if (is_news(message) && hooks_.message) hooks_.message(message);
    });
  });
}

// A sender that missed our proof sends again, and a sender may become known later: people want to
// hear of a message once, and again only when its signature turns out good.
bool Node::is_news(const endpoint::Message& message) {
  const std::pair seen(message.id, message.signature_verified);
  if (std::find(told_.begin(), told_.end(), seen) != told_.end()) return false;
  told_.push_back(seen);
  if (told_.size() > kToldMax) told_.pop_front();
  return true;
}

void Node::message_changed(const endpoint::Message& message) {
  parts_.store.put_message(message, [this](const Status& status) { store_result(status); });
  later_.push_back([this, message](Time) {
    if (hooks_.message) hooks_.message(message);
  });
}

void Node::announced(const DestinationHash& destination, UnixTime emitted) {
  parts_.store.put_announced(destination, emitted);
}

void Node::store_result(const Status& status) {
  if (status.ok() == !store_failing_) return;
  store_failing_ = !status.ok();
  store_failing_ ? log::error("messages cannot be stored: " + std::string(status.message()))
                 : log::info("messages are stored again");
}

void Node::save_used_paths(bool all_at_once) {
  if (paths_to_save_.empty()) {
    round_started_ = parts_.reactor.now();
    paths_to_save_ = router_->path_destinations();
  }
  do {
    save_slice();
  } while (all_at_once && !paths_to_save_.empty());
  if (paths_to_save_.empty()) {
    paths_saved_ = round_started_;
  } else {
    parts_.reactor.after(kSlicePause, [this] { save_used_paths(false); });
  }
}

void Node::save_slice() {
  for (std::size_t i = 0; i < kPathsPerSlice && !paths_to_save_.empty(); ++i) {
    const auto* entry = router_->path(paths_to_save_.back());
    paths_to_save_.pop_back();
    if (entry == nullptr || entry->last_used < paths_saved_) continue;
    parts_.store.put_path(*entry, parts_.reactor.now(), parts_.reactor.unix_now());
  }
}

}  // namespace mehr::daemon
