// Every event of a carrier is a turn; see hops.h.
#include "controlplane/daemon/hops.h"

#include "controlplane/daemon/node.h"
#include "controlplane/log/log.h"

namespace mehr::daemon {
namespace {

/// One lane for what this process of a neighbour seals, one for its dataplane.
constexpr std::uint8_t kLanes = 2;

link::LinksConfig links_config(std::uint32_t index_places) {
  link::LinksConfig out;
  out.capabilities.fragmentation = true;
  out.capabilities.lanes = kLanes;
  out.index_places = index_places;
  return out;
}

}  // namespace

Hops::Hops(Node& node, reactor::Reactor& reactor, signer::Signer& signer, Random& random,
           border::Counters& counters, std::uint32_t index_places)
    : node_(node),
      reactor_(reactor),
      neighbours_(links_config(index_places), *this, signer, random, counters) {}

// --- Carriers ---

std::uint32_t Hops::carrier_up(neighbour::Carrier& carrier, neighbour::CarrierSetup setup) {
  const std::uint32_t id = neighbours_.carrier_up(carrier, std::move(setup), reactor_.now());
  node_.turn([](Time) {});
  return id;
}

void Hops::carrier_down(std::uint32_t carrier) {
  node_.turn([this, carrier](Time now) { neighbours_.carrier_down(carrier, now); });
}

// Comes a hundred thousand times a second: no copy unless inside a turn.
void Hops::frame(std::uint32_t carrier, const std::string& from, ByteView frame, Duration waited) {
  if (node_.stopping_) return;
  node_.accelerator_->heard_on_socket(from, frame);
  if (node_.in_turn_) {
    node_.turn([this, carrier, from, copy = to_bytes(frame), waited](Time now) {
      neighbours_.frame(carrier, from, copy, waited, now);
    });
    return;
  }
  node_.begin_turn();
  neighbours_.frame(carrier, from, frame, waited, reactor_.now());
  node_.end_turn();
}

void Hops::path_mtu(std::uint32_t carrier, const std::string& to, std::size_t bytes) {
  node_.turn(
      [this, carrier, to, bytes](Time now) { neighbours_.path_mtu(carrier, to, bytes, now); });
}

void Hops::writable(std::uint32_t carrier) {
  node_.turn([this, carrier](Time now) { neighbours_.writable(carrier, now); });
}

void Hops::maintain_peer(std::uint32_t carrier, const std::string& address,
                         const std::optional<IdentityHash>& expected) {
  node_.turn([this, carrier, address, expected](Time now) {
    neighbours_.maintain_peer(carrier, address, expected, now);
  });
}

void Hops::forget_peer(std::uint32_t carrier, const std::string& address) {
  node_.turn([this, carrier, address](Time) { neighbours_.forget_peer(carrier, address); });
}

bool Hops::linked(std::uint32_t carrier, const std::string& address) const {
  return neighbours_.linked(carrier, address);
}

std::optional<IdentityHash> Hops::neighbour_over(std::uint32_t carrier) const {
  return neighbours_.neighbour_over(carrier);
}

void Hops::peer(const neighbour::PeerReport& report) {
  neighbours_.peer(report);
}

void Hops::stop() {
  node_.turn([this](Time now) {
    for (const neighbour::NeighbourRow& row : neighbours_.report())
      neighbours_.drop(row.link.id, now, "the gateway stops");
  });
}

void Hops::link_anew(const std::vector<routing::InterfaceId>& those, Time now) {
  for (const routing::InterfaceId id : those)
    neighbours_.drop_over(id, now, "too slow to be told of all the paths that were lost");
}

// --- NeighboursSink ---

routing::InterfaceId Hops::next_interface_id() {
  return node_.next_interface_id();
}

void Hops::neighbour_up(routing::InterfaceId id, const routing::InterfaceTraits& traits) {
  log::info("linked with " + to_hex(traits.neighbour.value_or(IdentityHash{})) + " as interface " +
            traits.name + " over " + traits.parent);
  if (node_.hooks_.neighbour) node_.hooks_.neighbour(traits.name, true, "over " + traits.parent);
  const Time now = reactor_.now();
  node_.router().interface_up(id, traits, now);
  node_.endpoint().interface_up(id, now);
}

void Hops::neighbour_changed(routing::InterfaceId id, const routing::InterfaceTraits& traits) {
  node_.router().interface_changed(id, traits, reactor_.now());
}

void Hops::neighbour_down(routing::InterfaceId id, std::string_view reason) {
  if (const auto* traits = node_.router().interface(id)) {
    log::info("the link " + traits->name + " is down: " + std::string(reason));
    if (node_.hooks_.neighbour) node_.hooks_.neighbour(traits->name, false, std::string(reason));
  }
  const Time now = reactor_.now();
  node_.router().interface_down(id, now);
  node_.endpoint().interface_down(id, now);
}

void Hops::neighbour_packet(routing::InterfaceId id, ByteView raw, wire::HopClass traffic) {
  if (node_.hooks_.heard) node_.hooks_.heard(id, raw);
  node_.source_ = id.value;
  node_.router().receive(id, raw, {}, reactor_.now(), traffic);
  node_.source_ = 0;
}

void Hops::neighbour_control(routing::InterfaceId id, wire::HopControl type, ByteView body) {
  node_.router().receive_control(id, type, body, reactor_.now());
}

void Hops::neighbour_queue(routing::InterfaceId id, double occupancy, Duration drain) {
  node_.router().queue_changed(id, occupancy, drain, reactor_.now());
}

void Hops::peer_reached(const neighbour::RememberedPeer& peer) {
  node_.parts_.store.put_peer(peer, reactor_.unix_now());
}

void Hops::report(std::vector<interface::InterfaceReport>& out) const {
  for (const neighbour::NeighbourRow& row : neighbours_.report()) {
    interface::InterfaceReport& one = out.emplace_back();
    one.id = row.interface;
    one.name = row.name;
    one.kind = "hop-peer";
    one.parent = row.parent;
    one.detail = row.link.path.address.empty() ? row.link.carrier : row.link.path.address;
    one.mode = std::string(routing::mode_name(row.mode));
    one.state = interface::InterfaceState::kUp;
    one.state_age = reactor_.now() - row.link.up_since;
    one.bitrate_bps = row.bitrate_bps;
    one.mtu = static_cast<std::uint32_t>(row.packet_bytes);
    one.rx_packets = row.link.received_frames;
    one.rx_bytes = row.link.received_bytes;
    one.tx_packets = row.link.sent_frames;
    one.tx_bytes = row.link.sent_bytes;
    one.tx_dropped = row.drops.late + row.drops.full + row.drops.too_big;
    one.queued_bytes = row.waiting_bytes;
  }
}

}  // namespace mehr::daemon
