// A keyed hash, three bits of it.
#include "controlplane/routing/hop_offset.h"

#include "core/crypto/hash.h"

namespace mehr::routing {

std::uint8_t hop_offset(Node& node, const Interface& to, const DestinationHash& destination) {
  if (!to.traits.hop_link) return 0;
  const Bytes material =
      concat({destination.view(), to.traits.neighbour.value_or(IdentityHash{}).view()});
  return crypto::hmac_sha256(node.config.hop_offset_secret.view(), material).bytes[0] &
         kHopOffsetMax;
}

ByteView with_hop_offset(Node& node, const Interface& to, const DestinationHash& destination,
                         ByteView raw) {
  const std::uint8_t offset = hop_offset(node, to, destination);
  if (offset == 0) return raw;
  if (raw.data() != node.outgoing.data()) node.outgoing = to_bytes(raw);
  node.outgoing[1] = static_cast<std::uint8_t>(node.outgoing[1] + offset);
  return node.outgoing;
}

bool is_last_hop(const Node& node, InterfaceId interface, std::uint8_t hops, const Hash16& next_hop,
                 const DestinationHash& destination) {
  if (hops <= 1) return true;
  if (!node.mehr || next_hop != destination) return false;
  const Interface* over = node.interfaces.find(interface);
  return over != nullptr && over->traits.hop_link;
}

}  // namespace mehr::routing
