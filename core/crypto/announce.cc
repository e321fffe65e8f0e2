// Making and checking announces, declared in announce.h.
#include "core/crypto/announce.h"

#include <algorithm>

#include "core/crypto/hash.h"
#include "core/crypto/identity.h"

namespace mehr::crypto {
namespace {

Bytes material(const DestinationHash& destination, const PublicIdentity& identity,
               const NameHash& name, const FixedBytes<10>& random_hash,
               const std::optional<Hash32>& ratchet, ByteView app_data) {
  return concat({destination.view(), identity.view(), name.view(), random_hash.view(),
                 ratchet ? ratchet->view() : ByteView{}, app_data});
}

}  // namespace

Bytes announce_signed_material(const DestinationHash& destination, const wire::Announce& announce) {
  return material(destination, announce.identity, announce.name, announce.random_hash,
                  announce.ratchet, announce.app_data);
}

bool announce_address_matches(const wire::Packet& packet, const wire::Announce& announce) {
  return destination_hash(announce.name, identity_hash(announce.identity)) == packet.destination;
}

AnnounceVerdict check_announce(const wire::Packet& packet, wire::Announce& out) {
  const auto announce = wire::decode_announce(packet);
  if (!announce) return AnnounceVerdict::kMalformed;
  out = *announce;
  const Bytes signed_bytes = announce_signed_material(packet.destination, out);
  if (!verify(verify_key(out.identity), signed_bytes, out.signature)) {
    return AnnounceVerdict::kBadSignature;
  }
  return announce_address_matches(packet, out) ? AnnounceVerdict::kValid
                                               : AnnounceVerdict::kWrongDestination;
}

FixedBytes<10> announce_random_hash(const FixedBytes<5>& random, UnixTime now) {
  FixedBytes<10> out;
  std::copy(random.bytes.begin(), random.bytes.end(), out.bytes.begin());
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, unix_seconds(now)));
  for (unsigned i = 0; i < 5; ++i) {
    out.bytes[5 + i] = static_cast<std::uint8_t>(seconds >> (8 * (4 - i)));
  }
  return out;
}

Bytes signed_material(const AnnounceDraft& draft) {
  return material(draft.destination, draft.identity, draft.name, draft.random_hash, draft.ratchet,
                  draft.app_data);
}

Bytes encode_announce(const AnnounceDraft& draft, const Signature& signature,
                      wire::Context context) {
  const Bytes payload = concat({draft.identity.view(), draft.name.view(), draft.random_hash.view(),
                                draft.ratchet ? draft.ratchet->view() : ByteView{},
                                signature.view(), draft.app_data});
  wire::Packet packet;
  packet.context_flag = draft.ratchet.has_value();
  packet.packet_type = wire::PacketType::kAnnounce;
  packet.destination = draft.destination;
  packet.context = context;
  packet.data = payload;
  return wire::encode_packet(packet);
}

}  // namespace mehr::crypto
