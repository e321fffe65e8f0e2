// Every path through here ends in exactly one counter: that is what the return values are for.
#include "controlplane/routing/inbound.h"

#include <algorithm>

#include "controlplane/routing/announce_inbound.h"
#include "controlplane/routing/relay.h"
#include "controlplane/routing/request_inbound.h"
#include "controlplane/routing/tunnel_inbound.h"
#include "core/wire/path_request.h"
#include "core/wire/tunnel.h"

namespace mehr::routing {
namespace {

constexpr Duration kJobInterval = 5s;
constexpr Duration kInstant{1};  // every wait ends strictly after its time

bool is_link_proof(const wire::Packet& packet) {
  return packet.packet_type == wire::PacketType::kProof &&
         packet.context == wire::Context::kLinkRequestProof;
}

/// PLAIN and GROUP: the two control destinations, else whatever is local.
Counter dispatch_plain(Node& node, Inbound& inbound) {
  const wire::Packet& packet = inbound.packet;
  const bool control = packet.destination_type == wire::DestinationType::kPlain &&
                       packet.packet_type == wire::PacketType::kData;
  if (control && packet.destination == wire::kPathRequestDestination) {
    return receive_path_request(node, inbound);
  }
  if (control && packet.destination == wire::kTunnelDestination) {
    return receive_tunnel(node, inbound);
  }
  if (packet.packet_type == wire::PacketType::kData && node.is_local(packet.destination)) {
    return deliver(node, inbound, Counter::kDataDelivered);
  }
  if (packet.destination_type != wire::DestinationType::kPlain) return Counter::kDataNotForUs;
  return pass_to_programs(node, inbound);
}

/// SINGLE and LINK, not announces, new or exempt from the duplicate filter.
Counter dispatch(Node& node, Inbound& inbound) {
  const wire::Packet& packet = inbound.packet;
  const bool request = packet.packet_type == wire::PacketType::kLinkRequest;
  if (!request) {
    if (node.local_links.contains(packet.destination)) {
      return deliver(node, inbound, Counter::kLinkDelivered);
    }
    if (is_link_proof(packet)) return relay_link_proof(node, inbound);
    if (LinkEntry* link = node.links.find(packet.destination)) {
      return relay_on_link(node, inbound, *link);
    }
    if (packet.destination_type == wire::DestinationType::kLink) return Counter::kLinkUnknown;
  }
  if (node.is_local(packet.destination) && packet.packet_type != wire::PacketType::kProof) {
    return deliver(node, inbound, Counter::kDataDelivered);
  }
  if (packet.header_type == wire::HeaderType::kTwo) {
    return node.config.transport ? relay_along_path(node, inbound) : Counter::kDataNotForUs;
  }
  if (packet.packet_type == wire::PacketType::kProof) return relay_proof(node, inbound);
  // Programs on this host look like us from outside, so what is for them has no transport id left.
  if (leads_to_program(node, packet.destination)) return relay_along_path(node, inbound);
  return Counter::kDataNotForUs;
}

/// False when the packet was seen before; remembers it otherwise, where that is due.
bool passes_duplicate_filter(Node& node, Inbound& inbound) {
  const wire::Packet& packet = inbound.packet;
  const Hash32 key = filter_key(node, inbound.hash(), packet.destination, inbound.interface.id);
  if (node.hashes.seen(key)) return false;
  // Link packets are remembered when it is our turn to relay them, link proofs never.
  if (!node.links.contains(packet.destination) && !is_link_proof(packet)) {
    node.hashes.remember(key);
  }
  return true;
}

Counter handle(Node& node, InterfaceId from, ByteView raw, const SignalReport& signal, Time now,
               wire::HopClass traffic) {
  Interface* interface = node.interfaces.find(from);
  if (interface == nullptr) return Counter::kPacketUnknownInterface;
  auto packet = wire::decode_packet(raw);
  if (!packet) return Counter::kPacketMalformed;
  if (!interface->traits.program) ++packet->hops;
  const FilterVerdict verdict = filter_packet(*packet, node.config.transport_id);
  if (verdict == FilterVerdict::kOtherTransport) return Counter::kPacketOtherTransport;
  if (verdict == FilterVerdict::kPlainHops) return Counter::kPacketPlainHops;

  node.received.assign(raw.begin(), raw.end());
  node.received[1] = packet->hops;
  const ByteView copy = node.received;
  packet->data = copy.last(packet->data.size());
  Inbound inbound(*interface, copy, *packet, signal, now, traffic);
  if (verdict == FilterVerdict::kAcceptIfUnseen && !passes_duplicate_filter(node, inbound)) {
    return Counter::kPacketDuplicate;
  }
  if (packet->packet_type == wire::PacketType::kAnnounce) {
    return receive_announce(node, inbound, raw);
  }
  if (packet->destination_type == wire::DestinationType::kPlain ||
      packet->destination_type == wire::DestinationType::kGroup) {
    return dispatch_plain(node, inbound);
  }
  return dispatch(node, inbound);
}

}  // namespace

void receive_packet(Node& node, InterfaceId from, ByteView raw, const SignalReport& signal,
                    Time now, wire::HopClass traffic) {
  node.counters.add(Counter::kPacketReceived);
  node.counters.add(handle(node, from, raw, signal, now, traffic));
}

void run_interface_jobs(Node& node, Time now) {
  if (node.last_interface_jobs && now <= *node.last_interface_jobs + kJobInterval) return;
  node.last_interface_jobs = now;
  std::vector<std::pair<InterfaceId, Bytes>> released;
  for (const auto& [id, interface] : node.interfaces) {
    IngressControl& ingress = interface->ingress;
    ingress.should_hold(now);
    ingress.should_limit_requests(now);
    if (auto raw = ingress.release(now)) released.emplace_back(id, std::move(*raw));
  }
  for (const auto& [id, raw] : released) {
    node.counters.add(Counter::kAnnounceReleased);
    receive_packet(node, id, raw, {}, now, {});
  }
  node.interface_jobs_wanted = false;
  for (const auto& [id, interface] : node.interfaces) {
    node.interface_jobs_wanted |= interface->ingress.needs_jobs();
  }
}

Time interface_jobs_due(const Node& node) {
  if (!node.interface_jobs_wanted) return kNever;
  if (!node.last_interface_jobs) return node.latest;
  return *node.last_interface_jobs + kJobInterval + kInstant;
}

}  // namespace mehr::routing
