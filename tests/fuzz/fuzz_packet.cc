// Packet headers: what decodes encodes to the same bytes, and the hashes of a packet stay the same
// through a relay step.
#include "core/base/assert.h"
#include "core/crypto/hash.h"
#include "core/wire/packet.h"

using namespace mehr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  (void)wire::hashable_part(input);
  (void)crypto::packet_hash(input);
  (void)crypto::link_id(input);
  const auto packet = wire::decode_packet(input);
  if (!packet) return 0;
  MEHR_ASSERT(wire::encode_packet(*packet) == to_bytes(input));
  MEHR_ASSERT(packet->hops < wire::kMaxHops);
  MEHR_ASSERT(crypto::sha256(wire::hashable_part(input)) == crypto::packet_hash(input));
  MEHR_ASSERT(!wire::packet_type_name(packet->packet_type).empty());
  wire::Packet relayed = *packet;
  relayed.header_type = wire::HeaderType::kTwo;
  relayed.transport_type = wire::TransportType::kTransport;
  relayed.transport_id.bytes.fill(7);
  relayed.hops = 99;
  const Bytes on_its_way = wire::encode_packet(relayed);
  MEHR_ASSERT(crypto::packet_hash(on_its_way) == crypto::packet_hash(input));
  MEHR_ASSERT(crypto::link_id(on_its_way) == crypto::link_id(input));
  return 0;
}
