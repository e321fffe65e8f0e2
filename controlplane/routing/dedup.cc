// The packet filter's order of questions, and the turning of hash generations.
#include "controlplane/routing/dedup.h"

namespace mehr::routing {

bool exempt_from_duplicates(wire::Context context) {
  switch (context) {
    case wire::Context::kKeepalive:
    case wire::Context::kResourceRequest:
    case wire::Context::kResourceProof:
    case wire::Context::kResource:
    case wire::Context::kCacheRequest:
    case wire::Context::kChannel:
      return true;
    default:
      return false;
  }
}

FilterVerdict filter_packet(const wire::Packet& packet, const IdentityHash& own_transport) {
  const bool announce = packet.packet_type == wire::PacketType::kAnnounce;
  if (packet.header_type == wire::HeaderType::kTwo && !announce &&
      packet.transport_id != own_transport) {
    return FilterVerdict::kOtherTransport;
  }
  // The reference lets exempt contexts of PLAIN packets travel; asking for the type first closes
  // that, since path requests and tunnel packets are only ever meant for the neighbour.
  if (packet.destination_type == wire::DestinationType::kPlain ||
      packet.destination_type == wire::DestinationType::kGroup) {
    return announce || packet.hops > 1 ? FilterVerdict::kPlainHops : FilterVerdict::kAccept;
  }
  if (exempt_from_duplicates(packet.context)) return FilterVerdict::kAccept;
  // Whether an announce is news is decided by its emission, not by its packet hash.
  if (announce && packet.destination_type == wire::DestinationType::kSingle) {
    return FilterVerdict::kAccept;
  }
  return FilterVerdict::kAcceptIfUnseen;
}

void PacketHashes::remember(const Hash32& hash) {
  if (per_generation_ == 0 || seen(hash)) return;
  if (current_.size() >= per_generation_) {
    previous_.swap(current_);
    current_.clear();
  }
  current_.insert(hash);
}

}  // namespace mehr::routing
