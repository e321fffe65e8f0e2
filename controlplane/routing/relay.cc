// The rewriting of headers, and the conditions for it.
#include "controlplane/routing/relay.h"

#include "controlplane/routing/choice.h"
#include "controlplane/routing/hop_offset.h"
#include "controlplane/routing/too_big.h"
#include "controlplane/routing/traffic.h"
#include "core/crypto/link_proof.h"
#include "core/wire/link.h"

namespace mehr::routing {
namespace {

constexpr std::size_t kTransportIdEnd = 2 + 16;  // what a type 2 header has before the destination
constexpr std::uint8_t kTypeOneFlags = 0x0F;     // header type 1, broadcast, no context flag

/// Builds the relayed form in node.outgoing: next hop exchanged, or the header shortened for the
/// last hop.
void rewrite_header(Node& node, const Inbound& inbound, const Way& way) {
  Bytes& out = node.outgoing;
  out.clear();
  out.reserve(inbound.raw.size());
  if (inbound.packet.header_type == wire::HeaderType::kOne) {
    append(out, inbound.raw);  // for a program of ours
    return;
  }
  if (!way.last) {
    out.push_back(inbound.raw[0]);
    out.push_back(inbound.packet.hops);
    append(out, way.next_hop.view());
  } else {
    out.push_back(static_cast<std::uint8_t>(inbound.raw[0] & kTypeOneFlags));
    out.push_back(inbound.packet.hops);
  }
  append(out, inbound.raw.subspan(kTransportIdEnd));
}

Counter relay_link_request(Node& node, Inbound& inbound, const Way& way) {
  const ByteView data = inbound.packet.data;
  const auto request = wire::decode_link_request(data);
  if (!request) return Counter::kLinkMalformed;
  const Interface* out = node.interfaces.find(way.interface);
  if (out == nullptr) return Counter::kDataUnknownPath;
  rewrite_header(node, inbound, way);
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
  entry.destination = inbound.packet.destination;
  entry.next_interface = way.interface;
  entry.received_interface = inbound.interface.id;
  entry.remaining_hops = way.hops;
  entry.taken_hops = inbound.packet.hops;
  entry.last_used = inbound.now;
  entry.proof_deadline = inbound.now + proof_wait(way.hops, inbound.interface.traits.bitrate_bps);
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

/// Links keep their way: what does not fit it, or what a saturated neighbour must be spared, ends
/// here.
std::optional<Counter> refuse_on_link(Node& node, const Inbound& inbound, const LinkEntry& link,
                                      Interface& onward, wire::HopClass traffic) {
  if (!node.mehr) return std::nullopt;
  const std::uint32_t limit = link_limit(link, onward, inbound.now);
  if (inbound.raw.size() > limit) {
    tell_too_big(node, inbound.interface, inbound.packet.destination, limit, inbound.now);
    return Counter::kDataTooBig;
  }
  if (onward.hop.severity(inbound.now) != wire::CongestionSeverity::kSaturated) return std::nullopt;
  if (traffic.priority == wire::HopPriority::kP0) return std::nullopt;
  if (traffic.priority == wire::HopPriority::kP1 && onward.hop.throttled.available(inbound.now)) {
    onward.hop.throttled.take();
    return std::nullopt;
  }
  return Counter::kDataCongested;
}

}  // namespace

Counter relay_along_path(Node& node, Inbound& inbound) {
  const wire::Packet& packet = inbound.packet;
  const PathEntry* path = node.paths.find(packet.destination);
  if (path == nullptr) return Counter::kDataUnknownPath;
  if (packet.hops >= wire::kMaxHops) return Counter::kPacketHopLimit;
  const Admission admission = admit(node, inbound);
  if (!admission.traffic) return admission.refused;
  const Demand demand{*admission.traffic, inbound.raw.size(), admission.free_only,
                      inbound.interface.id};
  const Choice choice = choose_way(node, *path, demand, inbound.now);
  if (!choice.way) {
    if (choice.refused == Counter::kDataTooBig) {
      tell_too_big(node, inbound.interface, packet.destination, choice.limit, inbound.now);
    }
    return choice.refused;
  }
  const Way& way = *choice.way;
  Counter outcome = Counter::kDataRelayed;
  if (packet.packet_type == wire::PacketType::kLinkRequest) {
    outcome = relay_link_request(node, inbound, way);
    if (outcome != Counter::kLinkRequested) return outcome;
  } else {
    rewrite_header(node, inbound, way);
    node.reverse.remember(crypto::truncate(inbound.hash()),
                          {packet.destination, inbound.interface.id, way.interface, inbound.now});
    note_sent(node, packet.destination, way.interface, inbound.now);
  }
  if (Interface* to = node.interfaces.find(way.interface); to != nullptr) {
    note_feeder(node, inbound.interface, *to, inbound.now);
  }
  node.paths.used(packet.destination, inbound.now);
  node.transmit(way.interface,
                with_program_offset(node, inbound.interface, way.interface, packet.destination,
                                    node.outgoing),
                *admission.traffic);
  return outcome;
}

Counter relay_proof(Node& node, Inbound& inbound) {
  const ReverseEntry* entry = node.reverse.find(inbound.packet.destination);
  if (entry == nullptr) return deliver(node, inbound, Counter::kProofDelivered);
  const InterfaceId back = entry->received;
  if (back == kHere) {
    // A packet of our own: what it says of the way is noted, the rest is the endpoint's.
    if (entry->outbound == inbound.interface.id) {
      note_proved(node, entry->destination, entry->outbound);
      node.reverse.spend(inbound.packet.destination);
    }
    return deliver(node, inbound, Counter::kProofDelivered);
  }
  if (entry->outbound != inbound.interface.id) return Counter::kProofWrongInterface;
  if (inbound.packet.hops >= wire::kMaxHops) return Counter::kPacketHopLimit;
  const Admission admission = admit(node, inbound);
  if (!admission.traffic) return admission.refused;
  const DestinationHash destination = entry->destination;
  note_proved(node, destination, entry->outbound);
  node.reverse.spend(inbound.packet.destination);
  node.transmit(back, with_program_offset(node, inbound.interface, back, destination, inbound.raw),
                *admission.traffic);
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

  const Admission admission = admit(node, inbound);
  if (!admission.traffic) return admission.refused;
  const DestinationHash destination = entry->destination;
  const InterfaceId back = entry->received_interface;
  note_proved(node, destination, entry->next_interface, packet.hops);
  node.known.used(destination);
  node.links.validated(link, inbound.now);
  if (rebalances) {
    entry->remaining_hops = packet.hops;
    node.flow_changes.note(link);
    const PathEntry* path = node.paths.find(destination);
    const bool same = path != nullptr && (!node.mehr || path->interface == inbound.interface.id);
    if (same && node.paths.set_hops(destination, packet.hops)) {
      node.counters.add(Counter::kPathRebalanced);
      node.sink.path_changed(*node.paths.find(destination));
    }
  }
  node.paths.set_state(destination, PathState::kResponsive);
  node.transmit(back, with_program_offset(node, inbound.interface, back, destination, inbound.raw),
                *admission.traffic);
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
  Interface* onward = node.interfaces.find(to);
  if (onward == nullptr) return Counter::kLinkUnknown;
  const Admission admission = admit(node, inbound);
  if (!admission.traffic) return admission.refused;
  if (const auto refused = refuse_on_link(node, inbound, link, *onward, *admission.traffic)) {
    return *refused;
  }
  // Only now it is our turn: a copy overheard earlier on a shared channel was not remembered.
  if (!exempt_from_duplicates(inbound.packet.context)) node.hashes.remember(inbound.hash());
  link.last_used = inbound.now;
  note_feeder(node, inbound.interface, *onward, inbound.now);
  node.transmit(to, with_program_offset(node, inbound.interface, to, link.destination, inbound.raw),
                *admission.traffic);
  return Counter::kLinkRelayed;
}

bool leads_to_program(const Node& node, const DestinationHash& destination) {
  const PathEntry* path = node.paths.find(destination);
  const Interface* over = path == nullptr ? nullptr : node.interfaces.find(path->interface);
  return over != nullptr && over->traits.program;
}

Counter pass_to_programs(Node& node, const Inbound& inbound) {
  const bool ours = inbound.interface.traits.program;
  bool sent = false;
  for (const auto& [id, to] : node.interfaces) {
    if (id == inbound.interface.id || !to->traits.outgoing) continue;
    if (!ours && !to->traits.program) continue;
    node.transmit(id, inbound.raw, kOrdinary);
    sent = true;
  }
  return sent ? Counter::kDataRelayed : Counter::kDataNotForUs;
}

Counter deliver(Node& node, Inbound& inbound, Counter outcome) {
  node.sink.deliver(
      {inbound.interface.id, inbound.signal, inbound.raw, inbound.packet, inbound.hash()});
  return outcome;
}

}  // namespace mehr::routing
