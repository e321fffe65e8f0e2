// Every check reads the first 35 bytes, which open has just brought into the cache.
#include "dataplane/stages/parse.h"

#include <cstring>

#include "core/wire/packet.h"

namespace mehr::dataplane {
namespace {

using border::Counter;

/// Contexts that repeat legitimately, one bit each; all are below 64 or the keepalive.
constexpr std::uint64_t bit(wire::Context context) {
  return std::uint64_t{1} << static_cast<unsigned>(context);
}
constexpr std::uint64_t kExempt = bit(wire::Context::kResource) |
                                  bit(wire::Context::kResourceRequest) |
                                  bit(wire::Context::kResourceProof) |
                                  bit(wire::Context::kCacheRequest) | bit(wire::Context::kChannel);

bool exempt(std::uint8_t context) {
  if (context < 64) return (kExempt >> context & 1) != 0;
  return context == static_cast<std::uint8_t>(wire::Context::kKeepalive);
}

/// What the header says about being told apart from copies.
struct Repeats {
  bool exempt = false, link_proof = false;
};

Repeats repeats_of(std::uint8_t flags, std::uint8_t context) {
  const auto type = static_cast<wire::PacketType>(flags & 3);
  const auto addressed = static_cast<wire::DestinationType>(flags >> 2 & 3);
  if (addressed == wire::DestinationType::kPlain || addressed == wire::DestinationType::kGroup) {
    return {true, false};
  }
  const bool announce =
      type == wire::PacketType::kAnnounce && addressed == wire::DestinationType::kSingle;
  return {exempt(context) || announce,
          type == wire::PacketType::kProof &&
              context == static_cast<std::uint8_t>(wire::Context::kLinkRequestProof)};
}

void parse_one(Packet& packet, const Hash16& own_transport) {
  const std::uint8_t* data = packet.data;
  if (packet.size < wire::kHeaderMin) return drop(packet, Counter::kPacketMalformed);
  const std::uint8_t flags = data[0];
  const bool two = (flags & 0x40) != 0;
  if ((flags & 0x80) != 0 || data[1] >= wire::kMaxHops || (two && packet.size < wire::kHeaderMax)) {
    return drop(packet, Counter::kPacketMalformed);
  }
  packet.hops = static_cast<std::uint8_t>(data[1] + 1);
  const auto type = static_cast<wire::PacketType>(flags & 3);
  const auto addressed = static_cast<wire::DestinationType>(flags >> 2 & 3);
  const bool announce = type == wire::PacketType::kAnnounce;
  if (two && !announce && std::memcmp(data + 2, own_transport.bytes.data(), 16) != 0) {
    return drop(packet, Counter::kPacketOtherTransport);
  }
  packet.destination = data + (two ? 18 : 2);
  const std::uint8_t context = packet.destination[16];
  packet.link_typed = addressed == wire::DestinationType::kLink;
  const Repeats repeats = repeats_of(flags, context);
  packet.exempt = repeats.exempt;
  packet.link_proof = repeats.link_proof;
  if (addressed == wire::DestinationType::kPlain || addressed == wire::DestinationType::kGroup) {
    if (announce || packet.hops > 1) return drop(packet, Counter::kPacketPlainHops);
    packet.kind = Kind::kControl;
    return;
  }
  if (announce || type == wire::PacketType::kLinkRequest || repeats.link_proof) {
    packet.kind = Kind::kControl;
  } else if (two) {
    packet.kind = Kind::kTransport;
  } else {
    packet.kind = type == wire::PacketType::kProof ? Kind::kProof : Kind::kDirect;
  }
}

}  // namespace

bool told_apart(ByteView packet) {
  if (packet.size() < wire::kHeaderMin) return false;
  const bool two = (packet[0] & 0x40) != 0;
  if (two && packet.size() < wire::kHeaderMax) return false;
  const Repeats repeats =
      repeats_of(packet[0], packet[two ? wire::kHeaderMax - 1 : wire::kHeaderMin - 1]);
  return !repeats.exempt && !repeats.link_proof;
}

void parse(std::span<Packet> packets, const Hash16& own_transport) {
  for (Packet& packet : packets) {
    if (packet.fate == Fate::kPending) parse_one(packet, own_transport);
  }
}

}  // namespace mehr::dataplane
