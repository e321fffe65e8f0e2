// Reading and writing tunnel announcements, declared in tunnel.h.
#include "core/wire/tunnel.h"

namespace mehr::wire {

std::optional<Tunnel> decode_tunnel(ByteView payload) {
  if (payload.size() != kTunnelSize) return std::nullopt;
  ByteReader reader(payload);
  Tunnel tunnel;
  tunnel.identity = reader.fixed<64>();
  tunnel.interface_hash = reader.fixed<32>();
  tunnel.random = reader.fixed<16>();
  tunnel.signature = reader.fixed<64>();
  return tunnel;
}

Bytes tunnel_signed_material(const Tunnel& tunnel) {
  return concat({tunnel.identity.view(), tunnel.interface_hash.view(), tunnel.random.view()});
}

Bytes encode_tunnel(const Tunnel& tunnel) {
  const Bytes payload = concat({tunnel_signed_material(tunnel), tunnel.signature.view()});
  Packet packet;
  packet.destination_type = DestinationType::kPlain;
  packet.destination = kTunnelDestination;
  packet.data = payload;
  return encode_packet(packet);
}

}  // namespace mehr::wire
