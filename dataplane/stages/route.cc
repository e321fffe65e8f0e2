// Gathers the keys, asks once, then settles packet by packet.
#include "dataplane/stages/route.h"

#include <array>
#include <cstring>

#include "core/border/messages.h"
#include "core/wire/packet.h"

namespace mehr::dataplane {
namespace {

using border::Counter;

constexpr std::size_t kTransportIdEnd = 18;  // what a type 2 header has before the destination
constexpr std::uint8_t kTypeOneFlags = 0x0F;
constexpr std::uint8_t kPathPolicy = 7u << 3;  // of the class byte; 0 is the common one

void forward(Packet& packet, NeighbourIndex to, Counter counts_as) {
  packet.fate = Fate::kForward;
  packet.to = to;
  packet.reason = counts_as;
}

/// What only the control plane can answer: pieces, PacketTooBig, other ways, congestion.
bool to_be_asked(const Packet& packet, NeighbourIndex to, std::uint16_t limit, const Flows& flows) {
  return packet.size > limit || to >= flows.room.size() || packet.size > flows.room[to];
}

void route_on_link(Packet& packet, const LinkFlow& link, const Flows& flows) {
  const bool from_next = packet.from == link.next;
  const bool from_received = packet.from == link.received;
  if (!from_next && !from_received) return drop(packet, Counter::kLinkWrongInterface);
  // Where both ends lie behind one neighbour, both directions arrive from it.
  const bool fits = (from_next && packet.hops == link.remaining_hops) ||
                    (from_received && packet.hops == link.taken_hops);
  if (!fits) return drop(packet, Counter::kLinkWrongHops);
  if (packet.hops >= wire::kMaxHops) return drop(packet, Counter::kPacketHopLimit);
  const NeighbourIndex to = from_next ? link.received : link.next;
  if (to_be_asked(packet, to, link.limit, flows)) {
    packet.fate = Fate::kPunt;
    return;
  }
  packet.data[1] = packet.hops;
  forward(packet, to, Counter::kLinkRelayed);
}

/// By the last byte: what is worth a proof is encrypted, so that it is drawn at random.
bool is_sample(const Packet& packet) {
  return packet.data[packet.size - 1] % border::kSampledOneIn == 0;
}

void route_along_path(Packet& packet, const NextHop& next, const Flows& flows) {
  if (packet.hops >= wire::kMaxHops) return drop(packet, Counter::kPacketHopLimit);
  const bool own_policy = (packet.hop_class & kPathPolicy) != 0;
  const bool backward = packet.from == next.neighbour;
  const bool sample = next.sampled && is_sample(packet);
  if (own_policy || backward || sample || to_be_asked(packet, next.neighbour, next.limit, flows)) {
    packet.fate = Fate::kPunt;
    return;
  }
  if (next.last) {
    // The header loses its transport id: flags and hops move up against the destination.
    const std::uint8_t flags = packet.data[0];
    packet.data += kTransportIdEnd - 2;
    packet.size = static_cast<std::uint16_t>(packet.size - (kTransportIdEnd - 2));
    packet.data[0] = flags & kTypeOneFlags;
  } else {
    std::memcpy(packet.data + 2, next.transport_id.bytes.data(), 16);
  }
  packet.data[1] = packet.hops;
  forward(packet, next.neighbour, Counter::kDataRelayed);
}

void settle(Packet& packet, const Flows& flows) {
  const FlowKind kind = flow_kind(packet.flow);
  if (kind == FlowKind::kLink)
    return route_on_link(packet, flows.links[flow_index(packet.flow)], flows);
  if (kind == FlowKind::kLocal) {
    packet.fate = Fate::kPunt;
    return;
  }
  if (packet.link_typed) {
    // Perhaps a link the control plane has not told us of yet.
    packet.fate = Fate::kPunt;
    return;
  }
  switch (packet.kind) {
    case Kind::kTransport:
      if (kind == FlowKind::kPath) {
        return route_along_path(packet, flows.next_hops[flow_index(packet.flow)], flows);
      }
      packet.fate = Fate::kPunt;
      return;
    case Kind::kProof:
      return;
    case Kind::kDirect:
      if (flows.locals_complete) return drop(packet, Counter::kDataNotForUs);
      packet.fate = Fate::kPunt;
      return;
    case Kind::kControl:
      packet.fate = Fate::kPunt;
      return;
  }
}

}  // namespace

void route(std::span<Packet> packets, const Flows& flows) {
  std::array<const std::uint8_t*, kBurst> keys;
  std::array<std::uint8_t, kBurst> asking;
  std::array<std::uint32_t, kBurst> values;
  std::size_t count = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    Packet& packet = packets[i];
    if (packet.fate != Fate::kPending) continue;
    if (packet.kind == Kind::kControl) {
      packet.fate = Fate::kPunt;
      continue;
    }
    keys[count] = packet.destination;
    asking[count++] = static_cast<std::uint8_t>(i);
  }
  flows.table.find({keys.data(), count}, {values.data(), count});
  for (std::size_t i = 0; i < count; ++i) {
    if (flow_kind(values[i]) == FlowKind::kLink)
      __builtin_prefetch(&flows.links[flow_index(values[i])]);
  }
  for (std::size_t i = 0; i < count; ++i) {
    Packet& packet = packets[asking[i]];
    packet.flow = values[i];
    settle(packet, flows);
  }
}

}  // namespace mehr::dataplane
