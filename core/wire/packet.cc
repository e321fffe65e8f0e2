// Header decoding and encoding declared in packet.h.
#include "core/wire/packet.h"

namespace mehr::wire {
namespace {

constexpr std::uint8_t kAccessCodeBit = 0x80;

std::uint8_t flags_of(const Packet& packet) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(packet.header_type) << 6 |
                                   (packet.context_flag ? 1U : 0U) << 5 |
                                   static_cast<unsigned>(packet.transport_type) << 4 |
                                   static_cast<unsigned>(packet.destination_type) << 2 |
                                   static_cast<unsigned>(packet.packet_type));
}

}  // namespace

std::optional<Packet> decode_packet(ByteView raw) {
  ByteReader reader(raw);
  const std::uint8_t flags = reader.u8();
  Packet packet;
  packet.hops = reader.u8();
  packet.header_type = (flags & 0x40) != 0 ? HeaderType::kTwo : HeaderType::kOne;
  packet.context_flag = (flags & 0x20) != 0;
  packet.transport_type =
      (flags & 0x10) != 0 ? TransportType::kTransport : TransportType::kBroadcast;
  packet.destination_type = static_cast<DestinationType>(flags >> 2 & 3);
  packet.packet_type = static_cast<PacketType>(flags & 3);
  if (packet.header_type == HeaderType::kTwo) packet.transport_id = reader.fixed<16>();
  packet.destination = reader.fixed<16>();
  packet.context = static_cast<Context>(reader.u8());
  packet.data = reader.rest();
  if (reader.failed() || packet.hops >= kMaxHops || (flags & kAccessCodeBit) != 0) {
    return std::nullopt;
  }
  return packet;
}

Bytes encode_packet(const Packet& packet) {
  ByteWriter writer(kHeaderMax + packet.data.size());
  writer.u8(flags_of(packet)).u8(packet.hops);
  if (packet.header_type == HeaderType::kTwo) writer.bytes(packet.transport_id.view());
  writer.bytes(packet.destination.view())
      .u8(static_cast<std::uint8_t>(packet.context))
      .bytes(packet.data);
  return writer.take();
}

Bytes hashable_part(ByteView raw) {
  const bool two = !raw.empty() && (raw[0] & 0x40) != 0;
  const std::size_t skip = two ? 18 : 2;
  Bytes out;
  if (raw.size() < skip) return out;
  out.reserve(raw.size() - skip + 1);
  out.push_back(raw[0] & 0x0F);
  append(out, raw.subspan(skip));
  return out;
}

std::string_view packet_type_name(PacketType type) {
  switch (type) {
    case PacketType::kData:
      return "DATA";
    case PacketType::kAnnounce:
      return "ANNOUNCE";
    case PacketType::kLinkRequest:
      return "LINKREQUEST";
    case PacketType::kProof:
      return "PROOF";
  }
  return "?";
}

}  // namespace mehr::wire
