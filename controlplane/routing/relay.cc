// The rewriting of headers, and the conditions for it.
#include "controlplane/routing/relay.h"

#include "core/crypto/link_proof.h"
#include "core/wire/link.h"

namespace mehr::routing {
namespace {

constexpr std::size_t kTransportIdEnd = 2 + 16;  // what a type 2 header has before the destination
constexpr std::uint8_t kTypeOneFlags = 0x0F;     // header type 1, broadcast, no context flag

/// Builds the relayed form in node.outgoing: next hop exchanged, or the header shortened for the
/// last hop.
void rewrite_header(Node& node, const Inbound& inbound, const PathEntry& path) {
  Bytes& out = node.outgoing;
  out.clear();
  out.reserve(inbound.raw.size());
  if (path.hops > 1) {
    out.push_back(inbound.raw[0]);
    out.push_back(inbound.packet.hops);
    append(out, path.next_hop.view());
  } else {
    out.push_back(static_cast<std::uint8_t>(inbound.raw[0] & kTypeOneFlags));
    out.push_back(inbound.packet.hops);
  }
  append(out, inbound.raw.subspan(kTransportIdEnd));
}

Counter relay_link_request(Node& node, Inbound& inbound, const PathEntry& path) {
  const ByteView data = inbound.packet.data;
  const auto request = wire::decode_link_request(data);
  if (!request) return Counter::kLinkMalformed;
  const Interface* out = node.interfaces.find(path.interface);
  if (out == nullptr) return Counter::kDataUnknownPath;
  rewrite_header(node, inbound, path);
  if (request->signalling) {
    const LinkMtu treated =
        treat_link_mtu(request->signalling->mtu, inbound.interface.traits, out->traits);
    switch (treated.action) {
      case LinkMtu::Action::kKeep:
        break;
      case LinkMtu::Action::kDrop:
        return Counter::kLinkMtuUnknown;
      case LinkMtu::Action::kStrip:
        node.outgoing.resize(node.outgoing.size() - wire::kLinkSignallingSize);
        break;
      case LinkMtu::Action::kClamp:
        node.outgoing.resize(node.outgoing.size() - wire::kLinkSignallingSize);
        append(node.outgoing,
               wire::encode_link_signalling({treated.mtu, request->signalling->mode}).view());
        break;
    }
  }
  LinkEntry entry;
  entry.destination = path.destination;
  entry.next_interface = path.interface;
  entry.received_interface = inbound.interface.id;
  entry.remaining_hops = path.hops;
  entry.taken_hops = inbound.packet.hops;
  entry.last_used = inbound.now;
  entry.proof_deadline = inbound.now + proof_wait(path.hops, inbound.interface.traits.bitrate_bps);
  if (!node.links.add(crypto::link_id(inbound.raw), entry)) return Counter::kLinkTableFull;
  return Counter::kLinkRequested;
}

/// The destination's key: from the identity table, else from the path's announce.
std::optional<PublicIdentity> identity_of(const Node& node, const DestinationHash& destination) {
  if (const PublicIdentity* known = node.known.find(destination)) return *known;
  const PathEntry* path = node.paths.find(destination);
  if (path == nullptr) return std::nullopt;
  return PublicIdentity::from(path->announce_payload);
}

}  // namespace

Counter relay_along_path(Node& node, Inbound& inbound) {
  const wire::Packet& packet = inbound.packet;
  const PathEntry* path = node.paths.find(packet.destination);
  if (path == nullptr) return Counter::kDataUnknownPath;
  if (packet.hops >= wire::kMaxHops) return Counter::kPacketHopLimit;
  Counter outcome = Counter::kDataRelayed;
  if (packet.packet_type == wire::PacketType::kLinkRequest) {
    outcome = relay_link_request(node, inbound, *path);
    if (outcome != Counter::kLinkRequested) return outcome;
  } else {
    rewrite_header(node, inbound, *path);
    node.reverse.remember(crypto::truncate(inbound.hash()),
                          {inbound.interface.id, path->interface, inbound.now});
  }
  const InterfaceId to = path->interface;
  node.paths.used(packet.destination, inbound.now);
  node.transmit(to, node.outgoing);
  return outcome;
}

Counter relay_proof(Node& node, Inbound& inbound) {
  const ReverseEntry* entry = node.reverse.find(inbound.packet.destination);
  if (entry == nullptr) return deliver(node, inbound, Counter::kProofDelivered);
  if (entry->outbound != inbound.interface.id) return Counter::kProofWrongInterface;
  if (inbound.packet.hops >= wire::kMaxHops) return Counter::kPacketHopLimit;
  const InterfaceId back = entry->received;
  node.reverse.spend(inbound.packet.destination);
  node.transmit(back, inbound.raw);
  return Counter::kProofRelayed;
}

Counter relay_link_proof(Node& node, Inbound& inbound) {
  const wire::Packet& packet = inbound.packet;
  const LinkId link = packet.destination;
  LinkEntry* entry = node.links.find(link);
  if (entry == nullptr) return Counter::kLinkUnknown;
  if (inbound.interface.id != entry->next_interface) return Counter::kLinkWrongInterface;
  if (!wire::decode_link_proof(packet.data)) return Counter::kLinkMalformed;
  const bool rebalances = packet.hops != entry->remaining_hops;
  if (rebalances && entry->validated) return Counter::kLinkWrongHops;
  if (packet.hops >= wire::kMaxHops) return Counter::kPacketHopLimit;
  const auto identity = identity_of(node, entry->destination);
  if (!identity) return Counter::kLinkNoIdentity;
  if (!node.interfaces.may_check(inbound.interface, inbound.now)) return Counter::kLinkCheckQuota;
  if (!crypto::check_link_proof(link, packet.data, *identity)) {
    node.interfaces.check_failed(inbound.interface);
    return Counter::kLinkBadProof;
  }

  const DestinationHash destination = entry->destination;
  const InterfaceId back = entry->received_interface;
  node.known.used(destination);
  node.links.validated(link, inbound.now);
  if (rebalances) {
    entry->remaining_hops = packet.hops;
    if (node.paths.set_hops(destination, packet.hops)) {
      node.counters.add(Counter::kPathRebalanced);
      node.sink.path_changed(*node.paths.find(destination));
    }
  }
  node.paths.set_state(destination, PathState::kResponsive);
  node.transmit(back, inbound.raw);
  return Counter::kLinkProved;
}

Counter relay_on_link(Node& node, Inbound& inbound, LinkEntry& link) {
  InterfaceId to;
  switch (next_step(link, inbound.interface.id, inbound.packet.hops, to)) {
    case LinkStep::kWrongInterface:
      return Counter::kLinkWrongInterface;
    case LinkStep::kWrongHops:
      return Counter::kLinkWrongHops;
    case LinkStep::kForward:
      break;
  }
  if (inbound.packet.hops >= wire::kMaxHops) return Counter::kPacketHopLimit;
  // Clients of a server that are gone leave their links behind until these age.
  if (node.interfaces.find(to) == nullptr) return Counter::kLinkUnknown;
  // Only now it is our turn: a copy overheard earlier on a shared channel was not remembered.
  if (!exempt_from_duplicates(inbound.packet.context)) node.hashes.remember(inbound.hash());
  link.last_used = inbound.now;
  node.transmit(to, inbound.raw);
  return Counter::kLinkRelayed;
}

Counter deliver(Node& node, Inbound& inbound, Counter outcome) {
  node.sink.deliver(
      {inbound.interface.id, inbound.signal, inbound.raw, inbound.packet, inbound.hash()});
  return outcome;
}

}  // namespace mehr::routing
