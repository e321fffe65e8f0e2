// A keyed hash, brought into the range.
#include "controlplane/routing/hop_offset.h"

#include <algorithm>

#include "core/crypto/hash.h"

namespace mehr::routing {

std::uint8_t hop_offset(Node& node, const Interface& to, const DestinationHash& destination) {
  if (!to.traits.hop_link) return 0;
  const Bytes material =
      concat({destination.view(), to.traits.neighbour.value_or(IdentityHash{}).view()});
  const Hash32 drawn = crypto::hmac_sha256(node.config.hop_offset_secret.view(), material);
  const unsigned number = drawn.bytes[0] + 256U * drawn.bytes[1];
  return static_cast<std::uint8_t>(number % (kHopOffsetMax + 1U));
}

ByteView with_hop_offset(Node& node, const Interface& to, const DestinationHash& destination,
                         ByteView raw) {
  const std::uint8_t offset = hop_offset(node, to, destination);
  if (offset == 0) return raw;
  if (raw.data() != node.outgoing.data()) node.outgoing = to_bytes(raw);
  node.outgoing[1] = static_cast<std::uint8_t>(node.outgoing[1] + offset);
  return node.outgoing;
}

ByteView with_program_offset(Node& node, const Interface& from, InterfaceId to,
                             const DestinationHash& destination, ByteView raw) {
  const Interface* over = from.traits.program ? node.interfaces.find(to) : nullptr;
  return over == nullptr ? raw : with_hop_offset(node, *over, destination, raw);
}

bool is_last_hop(const Node& node, InterfaceId interface, std::uint8_t hops, const Hash16& next_hop,
                 const DestinationHash& destination) {
  if (hops <= 1) return true;
  if (!node.mehr || next_hop != destination) return false;
  const Interface* over = node.interfaces.find(interface);
  return over != nullptr && over->traits.hop_link;
}

std::uint8_t hops_without_offset(const Node& node, const DestinationHash& destination,
                                 InterfaceId interface, const Hash16& next_hop, std::uint8_t hops) {
  const CandidateSet* set = node.candidates.find(destination);
  if (set == nullptr) return hops;
  for (const Candidate& each : set->all) {
    if (each.interface != interface || each.next_hop != next_hop) continue;
    if (!each.cost || each.unavailable()) return hops;
    return static_cast<std::uint8_t>(std::min<unsigned>(hops, each.distance() + 1));
  }
  return hops;
}

}  // namespace mehr::routing
