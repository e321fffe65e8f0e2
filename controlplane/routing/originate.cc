// Sending, and remembering what was sent so that its echo is not taken for news.
#include "controlplane/routing/originate.h"

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

}  // namespace

SendOutcome originate(Node& node, ByteView raw, Time now) {
  const auto packet = wire::decode_packet(raw);
  MEHR_ASSERT(packet && packet->header_type == wire::HeaderType::kOne);
  SendOutcome outcome;
  const PathEntry* path = nullptr;
  if (packet->destination_type == wire::DestinationType::kSingle ||
      packet->destination_type == wire::DestinationType::kLink) {
    path = node.paths.find(packet->destination);
  }
  if (path != nullptr) {
    const Interface* interface = node.interfaces.find(path->interface);
    remember(node, *packet, raw, path->interface, outcome);
    outcome.sent = outcome.path_known = true;
    outcome.hops = path->hops;
    outcome.interface = path->interface;
    outcome.first_hop_timeout =
        first_hop_timeout(interface == nullptr ? 0 : interface->traits.bitrate_bps);
    const InterfaceId to = path->interface;
    const bool relayed = path->hops > 1;
    if (relayed) {
      Bytes& out = node.outgoing;
      out.clear();
      out.push_back(static_cast<std::uint8_t>(kTypeTwoFlags | (raw[0] & 0x0F)));
      out.push_back(raw[1]);
      append(out, path->next_hop.view());
      append(out, raw.subspan(2));
    }
    node.paths.used(packet->destination, now);
    node.known.used(packet->destination);
    node.transmit(to, relayed ? ByteView(node.outgoing) : raw);
    return outcome;
  }
  remember(node, *packet, raw, std::nullopt, outcome);
  outcome.first_hop_timeout = kPerHop;
  for (const auto& [id, interface] : node.interfaces) {
    if (!interface->traits.outgoing) continue;
    node.transmit(id, raw);
    outcome.sent = true;
  }
  return outcome;
}

SendOutcome originate_on(Node& node, InterfaceId interface, ByteView raw, Time) {
  const auto packet = wire::decode_packet(raw);
  MEHR_ASSERT(packet);
  SendOutcome outcome;
  const Interface* to = node.interfaces.find(interface);
  if (to == nullptr) return outcome;
  remember(node, *packet, raw, interface, outcome);
  outcome.sent = true;
  outcome.interface = interface;
  outcome.first_hop_timeout = first_hop_timeout(to->traits.bitrate_bps);
  node.transmit(interface, raw);
  return outcome;
}

}  // namespace mehr::routing
