// The event loop of the test network.
#include "tests/unit/endpoint/network.h"

#include <gtest/gtest.h>

#include "core/crypto/hash.h"

namespace mehr::test {
namespace {

endpoint::EndpointConfig named(endpoint::EndpointConfig config, std::uint64_t seed) {
  if (config.display_name.empty()) config.display_name = "host " + std::to_string(seed);
  return config;
}

}  // namespace

Host::Host(Network& network, std::uint64_t seed, endpoint::EndpointConfig config,
           routing::RouterConfig routing)
    : network_(network),
      random_(seed * 7919 + 3),
      identity_(crypto::PrivateIdentity::generate(random_)),
      signer_(identity_),
      config_(named(std::move(config), seed)),
      routing_(routing) {
  start();
}

DestinationHash Host::address() const {
  return crypto::destination_hash(crypto::name_hash("lxmf.delivery"), identity_.hash());
}
DestinationHash Host::probe_address() const {
  return crypto::destination_hash(crypto::name_hash("rnstransport.probe"), identity_.hash());
}

void Host::start() {
  routing::RouterConfig config = routing_;
  config.transport_identity = identity_.public_identity();
  config.transport_id = identity_.hash();
  router = std::make_unique<routing::Router>(config, *this, random_, counters);
  endpoint = std::make_unique<endpoint::Endpoint>(config_, *router, signer_, *this, random_,
                                                  counters, [this] { return network_.wall(); });
  const auto known = paths;
  for (const auto& [id, traits] : interfaces)
    router->interface_up(id, traits, network_.now());
  for (const auto& [destination, entry] : known)
    router->restore_path(entry, network_.now());
  for (const auto& [destination, emitted] : emissions)
    endpoint->restore_emission(destination, emitted);
  for (const auto& [id, message] : outbox) {
    const bool open = message.state == endpoint::MessageState::kQueued ||
                      message.state == endpoint::MessageState::kSent;
    if (open) endpoint->resume_message(message, network_.now());
  }
  settle();
}

void Host::stop() {
  queue_.clear();
  const auto kept = paths;
  endpoint.reset();
  router.reset();
  queue_.clear();
  paths = kept;
}

bool Host::control(routing::InterfaceId interface, wire::HopControl type, ByteView body) {
  network_.send(*this, interface, body, {}, type);
  return true;
}

void Host::transmit(routing::InterfaceId interface, ByteView raw, wire::HopClass traffic) {
  ++transmitted;
  const auto packet = wire::decode_packet(raw);
  if (packet && watch) watch(interface, *packet);
  if (packet && swallow && swallow(*packet)) return;
  network_.send(*this, interface, raw, traffic);
}

void Host::deliver(const routing::Delivery& delivery) {
  queue_.push_back([this, from = delivery.from, signal = delivery.signal,
                    raw = to_bytes(delivery.raw), hash = delivery.hash] {
    endpoint->deliver({from, signal, raw, *wire::decode_packet(raw), hash}, network_.now());
  });
}

void Host::announce_heard(const routing::HeardAnnounce& heard) {
  queue_.push_back([this, copy = heard, app_data = to_bytes(heard.announce.app_data)]() mutable {
    copy.announce.app_data = app_data;
    endpoint->announce_heard(copy, network_.now());
  });
}

void Host::announce_wanted(const DestinationHash& destination, routing::InterfaceId interface) {
  queue_.push_back([this, destination, interface] {
    endpoint->announce_wanted(destination, interface, network_.now());
  });
}

void Host::message_received(const endpoint::Message& message) {
  ++handed_over[message.id];
  if (!store_works) return;
  inbox[message.id] = message;
  queue_.push_back([this, id = message.id] { endpoint->message_stored(id, network_.now()); });
}

void Host::message_changed(const endpoint::Message& message) {
  outbox[message.id] = message;
}

void Host::receive(routing::InterfaceId from, const Bytes& raw, wire::HopClass traffic) {
  if (!running()) return;
  forwarding = true;
  router->receive(from, raw, {}, network_.now(), traffic);
  forwarding = false;
  settle();
}

void Host::receive_control(routing::InterfaceId from, wire::HopControl type, const Bytes& body) {
  if (!running()) return;
  router->receive_control(from, type, body, network_.now());
  settle();
}

void Host::settle() {
  while (!queue_.empty() && running()) {
    const auto work = std::move(queue_.front());
    queue_.pop_front();
    work();
  }
}

Time Host::next_due() const {
  return running() ? std::min(router->next_due(), endpoint->next_due()) : Time::max();
}

void Host::tick() {
  if (!running()) return;
  if (router->next_due() <= network_.now()) router->tick(network_.now());
  settle();
  if (endpoint->next_due() <= network_.now()) endpoint->tick(network_.now());
  settle();
}

UnixTime Network::wall() const {
  return UnixTime{std::chrono::seconds{1'767'225'600} + now_.time_since_epoch() + wall_shift};
}

Host& Network::add(endpoint::EndpointConfig config, routing::RouterConfig routing) {
  hosts_.push_back(std::make_unique<Host>(*this, hosts_.size() + 1, std::move(config), routing));
  return *hosts_.back();
}

void Network::join(Host& a, Host& b, WireSettings settings) {
  Wire wire{{&a, {next_interface_++}}, {&b, {next_interface_++}}, settings, now_, now_};
  for (const End& end : {wire.a, wire.b}) {
    routing::InterfaceTraits traits;
    traits.name = "wire " + std::to_string(end.interface.value);
    traits.bitrate_bps = settings.bitrate_bps;
    traits.hardware_mtu = settings.mtu.value_or(500);
    traits.autoconfigure_mtu = settings.mtu.has_value();
    traits.ingress_control = false;
    traits.mode = settings.mode;
    traits.hop_link = settings.hop_link;
    if (settings.hop_link) {
      traits.neighbour = (end.host == &a ? b : a).identity_hash();
      traits.latency = settings.latency;
    }
    end.host->interfaces[end.interface] = traits;
    end.host->router->interface_up(end.interface, traits, now_);
    if (end.host->running()) end.host->endpoint->interface_up(end.interface, now_);
  }
  wires_.push_back(wire);
}

routing::InterfaceId Network::interface(const Host& a, const Host& b) const {
  for (const Wire& wire : wires_) {
    if (wire.a.host == &a && wire.b.host == &b) return wire.a.interface;
    if (wire.b.host == &a && wire.a.host == &b) return wire.b.interface;
  }
  return {};
}

void Network::cut(Host& a, Host& b, bool told) {
  for (Wire& wire : wires_) {
    const bool there = wire.a.host == &a && wire.b.host == &b;
    const bool back = wire.a.host == &b && wire.b.host == &a;
    if ((!there && !back) || wire.cut) continue;
    wire.cut = true;
    if (!told) continue;
    for (const End& end : {wire.a, wire.b}) {
      end.host->interfaces.erase(end.interface);
      end.host->router->interface_down(end.interface, now_);
      end.host->endpoint->interface_down(end.interface, now_);
      end.host->settle();
    }
  }
}

void Network::set_loss(double loss) {
  for (Wire& wire : wires_)
    wire.settings.loss = loss;
}

void Network::send(Host& from, routing::InterfaceId interface, ByteView raw, wire::HopClass traffic,
                   std::optional<wire::HopControl> control) {
  for (Wire& wire : wires_) {
    const bool a = wire.a.host == &from && wire.a.interface == interface;
    const bool b = wire.b.host == &from && wire.b.interface == interface;
    if (!a && !b) continue;
    if (wire.cut) return;
    EXPECT_LE(raw.size(), std::max<std::size_t>(wire.settings.mtu.value_or(0), 508));
    Time& free = a ? wire.free_a : wire.free_b;
    const Duration airtime{static_cast<std::int64_t>(raw.size() * 8'000'000) /
                           static_cast<std::int64_t>(wire.settings.bitrate_bps)};
    free = std::max(free, now_) + airtime;
    if (static_cast<double>(random_.below(1'000'000)) < wire.settings.loss * 1e6) return;
    flying_.push({free + wire.settings.latency, ++order_, a ? wire.b : wire.a, to_bytes(raw),
                  traffic, control});
    return;
  }
}

bool Network::run_until(const std::function<bool()>& done, Duration limit) {
  const Time end = now_ + limit;
  int standing = 0;
  while (!done()) {
    Time next = flying_.empty() ? Time::max() : flying_.top().at;
    for (const auto& host : hosts_)
      next = std::min(next, host->next_due());
    if (next > end) {
      now_ = end;
      return done();
    }
    standing = next > now_ ? 0 : standing + 1;
    // Something that is due must not still be due after its tick, over and over.
    if (standing > 100'000) {
      ADD_FAILURE() << "time stands still";
      return false;
    }
    now_ = std::max(now_, next);
    while (!flying_.empty() && flying_.top().at <= now_) {
      const Flying packet = flying_.top();
      flying_.pop();
      ++delivered_packets;
      Host& host = *packet.to.host;
      if (packet.control) {
        host.receive_control(packet.to.interface, *packet.control, packet.raw);
      } else {
        host.receive(packet.to.interface, packet.raw, packet.traffic);
      }
    }
    for (const auto& host : hosts_) {
      if (host->next_due() <= now_) host->tick();
    }
  }
  return true;
}

void Network::announce() {
  for (const auto& host : hosts_) {
    if (!host->running()) continue;
    host->endpoint->announce(now_);
    host->settle();
  }
  run(10s);
}

}  // namespace mehr::test
