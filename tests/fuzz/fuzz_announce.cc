// Announce packets: splitting and checking; a valid one is made again to the same bytes.
#include "core/base/assert.h"
#include "core/crypto/announce.h"

using namespace mehr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  const auto packet = wire::decode_packet(input);
  if (!packet) return 0;
  wire::Announce announce;
  const auto verdict = crypto::check_announce(*packet, announce);
  const auto split = wire::decode_announce(*packet);
  MEHR_ASSERT(split.has_value() == (verdict != crypto::AnnounceVerdict::kMalformed));
  if (!split) return 0;
  MEHR_ASSERT(announce.emitted() < std::uint64_t{1} << 40);
  MEHR_ASSERT(split->app_data.size() <= packet->data.size() - wire::kAnnounceFixed);
  const bool address = crypto::announce_address_matches(*packet, announce);
  MEHR_ASSERT(verdict != crypto::AnnounceVerdict::kValid || address);
  crypto::AnnounceDraft draft;
  draft.destination = packet->destination;
  draft.identity = announce.identity;
  draft.name = announce.name;
  draft.random_hash = announce.random_hash;
  draft.ratchet = announce.ratchet;
  draft.app_data = to_bytes(announce.app_data);
  MEHR_ASSERT(crypto::signed_material(draft) ==
              crypto::announce_signed_material(packet->destination, announce));
  const Bytes made = crypto::encode_announce(draft, announce.signature, packet->context);
  MEHR_ASSERT(to_bytes(wire::decode_packet(made)->data) == to_bytes(packet->data));
  return 0;
}
