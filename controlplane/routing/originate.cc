// Sending, and remembering what was sent so that its echo is not taken for news.
#include "controlplane/routing/originate.h"

#include "controlplane/routing/choice.h"
#include "controlplane/routing/hop_offset.h"
#include "controlplane/routing/traffic.h"
#include "core/base/assert.h"

namespace mehr::routing {
namespace {

constexpr Duration kPerHop = 6s;
constexpr std::uint8_t kTypeTwoFlags = 0x50;  // header type 2, transport

void remember(Node& node, const wire::Packet& packet, ByteView raw,
              std::optional<InterfaceId> interface, SendOutcome& outcome) {
  outcome.packet_hash = crypto::packet_hash(raw);
  if (exempt_from_duplicates(packet.context)) return;
  node.hashes.remember(
      filter_key(node, outcome.packet_hash, packet.destination, interface.value_or(InterfaceId{})));
}

Duration first_hop_timeout(std::uint64_t bitrate_bps) {
  return proof_wait(1, bitrate_bps);
}

SendOutcome send_along(Node& node, const wire::Packet& packet, ByteView raw, const PathEntry& path,
                       Time now) {
  SendOutcome outcome;
  outcome.path_known = true;
  const wire::HopClass traffic = own_class(packet);
  const Demand demand{traffic, raw.size() + IdentityHash::kSize, false, std::nullopt};
  const Choice choice = choose_way(node, path, demand, now);
  if (!choice.way) {
    remember(node, packet, raw, path.interface, outcome);
    return outcome;
  }
  const Way& way = *choice.way;
  const Interface* interface = node.interfaces.find(way.interface);
  remember(node, packet, raw, way.interface, outcome);
  outcome.sent = true;
  outcome.hops =
      hops_without_offset(node, packet.destination, way.interface, way.next_hop, way.hops);
  outcome.interface = way.interface;
  outcome.first_hop_timeout =
      first_hop_timeout(interface == nullptr ? 0 : interface->traits.bitrate_bps);
  Bytes& out = node.outgoing;
  out.clear();
  if (way.last) {
    append(out, raw);
  } else {
    out.push_back(static_cast<std::uint8_t>(kTypeTwoFlags | (raw[0] & 0x0F)));
    out.push_back(raw[1]);
    append(out, way.next_hop.view());
    append(out, raw.subspan(2));
  }
  if (interface != nullptr) with_hop_offset(node, *interface, packet.destination, out);
  node.paths.used(packet.destination, now);
  node.known.used(packet.destination);
  if (node.mehr && packet.packet_type == wire::PacketType::kData) {
    node.reverse.remember(crypto::truncate(outcome.packet_hash),
                          {packet.destination, kHere, way.interface, now});
    note_sent(node, packet.destination, way.interface, now);
  }
  node.transmit(way.interface, out, traffic);
  return outcome;
}

}  // namespace

SendOutcome originate(Node& node, ByteView raw, Time now) {
  const auto packet = wire::decode_packet(raw);
  MEHR_ASSERT(packet && packet->header_type == wire::HeaderType::kOne);
  SendOutcome outcome;
  const PathEntry* path = nullptr;
  const bool addressed = packet->destination_type == wire::DestinationType::kSingle ||
                         packet->destination_type == wire::DestinationType::kLink;
  if (addressed) path = node.paths.find(packet->destination);
  if (path != nullptr) return send_along(node, *packet, raw, *path, now);
  remember(node, *packet, raw, std::nullopt, outcome);
  outcome.first_hop_timeout = kPerHop;
  for (const auto& [id, interface] : node.interfaces) {
    if (!interface->traits.outgoing) continue;
    const ByteView out =
        addressed ? with_hop_offset(node, *interface, packet->destination, raw) : raw;
    node.transmit(id, out, own_class(*packet));
    outcome.sent = true;
  }
  return outcome;
}

SendOutcome originate_on(Node& node, InterfaceId interface, ByteView raw,
                         std::optional<DestinationHash> about, Time) {
  const auto packet = wire::decode_packet(raw);
  MEHR_ASSERT(packet);
  SendOutcome outcome;
  const Interface* to = node.interfaces.find(interface);
  if (to == nullptr) return outcome;
  remember(node, *packet, raw, interface, outcome);
  outcome.sent = true;
  outcome.interface = interface;
  outcome.first_hop_timeout = first_hop_timeout(to->traits.bitrate_bps);
  node.transmit(interface, about ? with_hop_offset(node, *to, *about, raw) : raw,
                own_class(*packet));
  return outcome;
}

}  // namespace mehr::routing
