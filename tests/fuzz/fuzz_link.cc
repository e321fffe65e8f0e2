// What sets links up and travels on them: requests, proofs, identifications, packet proofs, channel
// envelopes, stream messages. Input: which of them, payload.
#include "core/base/assert.h"
#include "core/crypto/hash.h"
#include "core/crypto/link_proof.h"
#include "core/crypto/proof.h"
#include "core/wire/channel.h"
#include "core/wire/link.h"

using namespace mehr;

namespace {

void request(ByteView payload) {
  const auto decoded = wire::decode_link_request(payload);
  MEHR_ASSERT(decoded.has_value() == (payload.size() >= wire::kLinkRequestSize));
  if (!decoded) return;
  MEHR_ASSERT(decoded->mtu() <= wire::kLinkMtuMax && decoded->mode < 8);
  MEHR_ASSERT(wire::link_mdu(decoded->mtu()) <= decoded->mtu());
  MEHR_ASSERT(wire::resource_sdu(decoded->mtu()) <= decoded->mtu());
  if (!decoded->signalling) return;
  MEHR_ASSERT(wire::encode_link_request(*decoded) == to_bytes(payload));
  wire::Packet packet;
  packet.packet_type = wire::PacketType::kLinkRequest;
  packet.data = payload;
  const Bytes raw = wire::encode_packet(packet);
  const LinkId id = crypto::link_id(raw);
  MEHR_ASSERT(crypto::link_id(wire::with_link_mtu(raw, 500)) == id);
  MEHR_ASSERT(crypto::link_id(wire::without_link_signalling(raw)) == id);
  const auto bytes = wire::encode_link_signalling(*decoded->signalling);
  MEHR_ASSERT(wire::decode_link_signalling(bytes) == *decoded->signalling);
}

void proof(ByteView payload) {
  static const PublicIdentity kDestination{{1, 2, 3}};
  (void)crypto::check_link_proof({}, payload, kDestination);
  (void)crypto::check_link_identify({}, payload);
  (void)crypto::check_packet_proof({}, payload, kDestination.view().first(32));
  const auto decoded = wire::decode_link_proof(payload);
  if (decoded) MEHR_ASSERT(wire::encode_link_proof(*decoded) == to_bytes(payload));
}

void channel(ByteView plaintext) {
  const auto message = wire::decode_channel_message(plaintext);
  if (!message) return;
  const Bytes encoded = wire::encode_channel_message(*message);
  MEHR_ASSERT(to_bytes(plaintext.first(encoded.size())) == encoded);
  const auto stream = wire::decode_stream_message(message->body);
  if (stream) MEHR_ASSERT(wire::encode_stream_message(*stream) == to_bytes(message->body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input{data + 1, size - 1};
  switch (data[0] % 3) {
    case 0:
      request(input);
      break;
    case 1:
      proof(input);
      break;
    default:
      channel(input);
      break;
  }
  return 0;
}
