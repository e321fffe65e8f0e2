// Splitting announce payloads, declared in announce.h.
#include "core/wire/announce.h"

namespace mehr::wire {

std::uint64_t Announce::emission_time(const RandomBlob& blob) {
  std::uint64_t seconds = 0;
  for (const std::uint8_t byte : blob.view().subspan(5))
    seconds = seconds << 8 | byte;
  return seconds;
}

std::optional<Announce> decode_announce(const Packet& packet) {
  if (packet.packet_type != PacketType::kAnnounce) return std::nullopt;
  ByteReader reader(packet.data);
  Announce announce;
  announce.identity = reader.fixed<64>();
  announce.name = reader.fixed<10>();
  announce.random_hash = reader.fixed<10>();
  if (packet.context_flag) announce.ratchet = reader.fixed<32>();
  announce.signature = reader.fixed<64>();
  announce.app_data = reader.rest();
  if (reader.failed()) return std::nullopt;
  return announce;
}

}  // namespace mehr::wire
