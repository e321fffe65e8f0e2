// A router with everything around it faked: interfaces by name, a clock the test moves, a sink that
// records, a random source whose jitter is always one half (as in the reference transcripts). Owns
// no expectations. Used by the tests of this folder and by fuzz_router.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/routing/router.h"
#include "core/crypto/announce.h"
#include "core/crypto/hash.h"
#include "core/crypto/identity.h"

namespace mehr::routing::test {

/// jitter(max) gives exactly max / 2 for the bounds used here; other draws are a fixed stream.
class HalfRandom final : public Random {
 public:
  void fill(MutableByteView out) override {
    if (out.size() == 8) {
      const std::uint64_t half = 250'000;
      std::memcpy(out.data(), &half, 8);
      return;
    }
    stream_.fill(out);
  }

 private:
  SeededRandom stream_{7};
};

struct Transmission {
  double t;  ///< seconds since the start of the world
  std::string interface;
  Bytes raw;
  wire::HopClass traffic{};
};

struct ControlSent {
  double t;
  std::string interface;
  wire::HopControl type;
  Bytes body;
  std::size_t packets_before;  ///< transmissions until then
};

struct Delivered {
  InterfaceId from;
  Bytes raw;
  wire::Packet packet;  ///< data must not be used
  Hash32 hash;
};

class World final : public RouterSink {
 public:
  explicit World(bool transport = true, RouterLimits limits = {}, IdentityHash id = {},
                 RouterConfig config = {}) {
    config.transport = transport;
    config.transport_id = id;
    config.limits = limits;
    router = std::make_unique<Router>(config, *this, random, counters);
  }

  [[nodiscard]] Time at(double seconds) const { return start_ + from_seconds(seconds); }
  [[nodiscard]] double now() const { return to_seconds(now_ - start_); }

  InterfaceId up(const std::string& name, InterfaceTraits traits = {}) {
    traits.name = name;
    const InterfaceId id{next_id_++};
    ids[name] = id;
    names[id.value] = name;
    router->interface_up(id, traits, now_);
    return id;
  }
  void down(const std::string& name) { router->interface_down(ids.at(name), now_); }

  /// Moves the clock to `seconds`, ticking on every multiple of `step` on the way.
  void advance(double seconds, double step = 0.25) {
    while (next_tick_ <= seconds + 1e-9) {
      now_ = std::max(now_, at(next_tick_));
      router->tick(now_);
      ++ticks_;
      next_tick_ = static_cast<double>(ticks_) * step;
    }
    now_ = std::max(now_, at(seconds));
  }
  /// Moves the clock without ticking; later ticks go on from there.
  void jump(double seconds, double step = 0.25) {
    now_ = at(seconds);
    ticks_ = static_cast<std::uint64_t>(seconds / step);
    next_tick_ = static_cast<double>(ticks_) * step;
  }
  void receive(const std::string& name, ByteView raw) {
    router->receive(ids.at(name), raw, {}, now_);
  }
  void receive(const std::string& name, ByteView raw, wire::HopClass traffic) {
    router->receive(ids.at(name), raw, {}, now_, traffic);
  }
  void receive_control(const std::string& name, wire::HopControl type, ByteView body) {
    router->receive_control(ids.at(name), type, body, now_);
  }
  /// Control records of one type that left on `name`, in order.
  [[nodiscard]] std::vector<Bytes> told(const std::string& name, wire::HopControl type) const {
    std::vector<Bytes> out;
    for (const auto& each : controls) {
      if (each.interface == name && each.type == type) out.push_back(each.body);
    }
    return out;
  }
  [[nodiscard]] std::uint64_t count(border::Counter counter) const {
    return counters.value(counter);
  }
  [[nodiscard]] Time time() const { return now_; }
  /// What left on `name`, in order.
  [[nodiscard]] std::vector<Bytes> sent_on(const std::string& name) const {
    std::vector<Bytes> out;
    for (const auto& each : sent) {
      if (each.interface == name) out.push_back(each.raw);
    }
    return out;
  }

  bool control(InterfaceId interface, wire::HopControl type, ByteView body) override {
    if (takes && !takes(names[interface.value], type, body)) return false;
    controls.push_back({now(), names[interface.value], type, to_bytes(body), sent.size()});
    return true;
  }
  void transmit(InterfaceId interface, ByteView raw, wire::HopClass traffic) override {
    sent.push_back({now(), names[interface.value], to_bytes(raw), traffic});
  }
  void deliver(const Delivery& delivery) override {
    delivered.push_back({delivery.from, to_bytes(delivery.raw), delivery.packet, delivery.hash});
  }
  void announce_heard(const HeardAnnounce& announce) override {
    heard.push_back(announce.destination);
  }
  void announce_wanted(const DestinationHash& destination, InterfaceId interface) override {
    wanted.emplace_back(destination, interface);
  }
  void path_changed(const PathEntry& entry) override { stored[entry.destination] = entry; }
  void path_removed(const DestinationHash& destination) override {
    removed.push_back(destination);
    stored.erase(destination);
  }
  void tunnel_changed(const TunnelEntry& tunnel) override { tunnels[tunnel.id] = tunnel; }
  void tunnel_synthesis_wanted(InterfaceId interface, const Hash32& hash) override {
    synthesis.emplace_back(interface, hash);
  }

  /// Whether the neighbour there has room for a control record; empty: always.
  std::function<bool(const std::string& name, wire::HopControl type, const ByteView& body)> takes;
  HalfRandom random;
  border::Counters counters;
  std::unique_ptr<Router> router;
  std::map<std::string, InterfaceId> ids;
  std::map<std::uint32_t, std::string> names;
  std::vector<Transmission> sent;
  std::vector<ControlSent> controls;
  std::vector<Delivered> delivered;
  std::vector<DestinationHash> heard;
  std::vector<std::pair<DestinationHash, InterfaceId>> wanted;
  std::map<DestinationHash, PathEntry> stored;  ///< what a store would hold
  std::vector<DestinationHash> removed;
  std::map<Hash32, TunnelEntry> tunnels;
  std::vector<std::pair<InterfaceId, Hash32>> synthesis;

 private:
  Time start_ = Time{} + 30 * 24h;
  Time now_ = start_;
  std::uint32_t next_id_ = 1;
  double next_tick_ = 0;
  std::uint64_t ticks_ = 0;
};

/// A destination somewhere in the network that can announce itself.
class Originator {
 public:
  explicit Originator(std::uint64_t seed, std::string_view name = "mehr.test")
      : random_(seed), identity_(crypto::PrivateIdentity::generate(random_)) {
    name_ = crypto::name_hash(name);
    destination_ = crypto::destination_hash(name_, identity_.hash());
  }

  [[nodiscard]] const DestinationHash& destination() const { return destination_; }
  [[nodiscard]] const crypto::PrivateIdentity& identity() const { return identity_; }

  /// @param emitted Unix seconds @param hops hop byte on the wire
  /// @param via header type 2 with this transport id
  Bytes announce(std::uint64_t emitted, std::uint8_t hops = 0,
                 std::optional<Hash16> via = std::nullopt, std::size_t app_data = 0,
                 wire::Context context = wire::Context::kNone) {
    crypto::AnnounceDraft draft;
    draft.destination = destination_;
    draft.identity = identity_.public_identity();
    draft.name = name_;
    draft.random_hash =
        crypto::announce_random_hash(random_.fixed<5>(), UnixTime{std::chrono::seconds{emitted}});
    draft.app_data = Bytes(app_data, 'x');
    const Signature signature = identity_.sign(crypto::signed_material(draft));
    return carried(crypto::encode_announce(draft, signature, context), hops, via);
  }
  /// The same announce as others pass it on.
  static Bytes carried(ByteView raw, std::uint8_t hops, std::optional<Hash16> via) {
    auto packet = wire::decode_packet(raw).value();
    packet.hops = hops;
    if (via) {
      packet.header_type = wire::HeaderType::kTwo;
      packet.transport_type = wire::TransportType::kTransport;
      packet.transport_id = *via;
    }
    return wire::encode_packet(packet);
  }

 private:
  SeededRandom random_;
  crypto::PrivateIdentity identity_;
  NameHash name_;
  DestinationHash destination_;
};

/// A packet addressed to `transport` for `destination`.
inline Bytes in_transport(const Hash16& transport, const DestinationHash& destination,
                          wire::PacketType type, ByteView data, std::uint8_t hops = 0) {
  wire::Packet packet;
  packet.header_type = wire::HeaderType::kTwo;
  packet.transport_type = wire::TransportType::kTransport;
  packet.packet_type = type;
  packet.hops = hops;
  packet.transport_id = transport;
  packet.destination = destination;
  packet.data = data;
  return wire::encode_packet(packet);
}

inline constexpr std::uint64_t kEpoch = 1'767'225'600;  ///< clock of the vectors

}  // namespace mehr::routing::test
