// Link set-up and every packet of the transcripts of links.json: what is sealed opens to the listed
// plaintext and seals back to the same bytes; proofs, identification and answers hold.
#include "core/wire/link.h"

#include <gtest/gtest.h>

#include "core/crypto/hash.h"
#include "core/crypto/identity.h"
#include "core/crypto/link_proof.h"
#include "core/crypto/proof.h"
#include "core/crypto/token.h"
#include "core/wire/channel.h"
#include "core/wire/packet.h"
#include "tests/unit/vector_file.h"

namespace mehr::crypto {
namespace {

using test::fixed_hex;
using test::hex;
using test::Json;
using test::VectorFile;

class Transcript {
 public:
  explicit Transcript(const Json& link)
      : link_(link),
        owner_(*PrivateIdentity::from_bytes(hex(link["owner_private"]))),
        initiator_(hex(link["initiator_ed25519_seed"])),
        id_(fixed_hex<16>(link["link_id"])),
        key_(fixed_hex<64>(link["derived_key"])) {}

  void run() {
    check_keys();
    std::size_t ran = 0;
    for (const Json& step : link_["steps"]) {
      SCOPED_TRACE(step["step"].get<std::string>());
      check(step);
      ++ran;
    }
    EXPECT_EQ(ran, link_["steps"].size());
    EXPECT_GE(sealed_, 8U);
  }

 private:
  void check_keys() {
    const Bytes initiator = hex(link_["initiator_x25519_private"]);
    const Bytes responder = hex(link_["responder_x25519_private"]);
    const auto shared = fixed_hex<32>(link_["shared"]);
    EXPECT_EQ(agree(initiator, agreement_public(responder).view()), shared);
    EXPECT_EQ(agree(responder, agreement_public(initiator).view()), shared);
    EXPECT_EQ(link_key(shared, id_), key_);
    const NameHash name = name_hash(link_["destination_name"].get<std::string>());
    EXPECT_EQ(destination_hash(name, owner_.hash()), fixed_hex<16>(link_["destination_hash"]));
    if (!link_["link_mdu"].is_null()) {
      EXPECT_EQ(wire::link_mdu(link_["signalled_mtu"].get<std::size_t>()),
                link_["link_mdu"].get<std::size_t>());
    }
  }

  void check(const Json& step) {
    const Bytes raw = hex(step["raw"]);
    const auto packet = wire::decode_packet(raw);
    ASSERT_TRUE(packet.has_value());
    const auto name = step["step"].get<std::string>();
    if (name == "link_request") return request(raw, *packet);
    EXPECT_EQ(packet->destination, id_);
    EXPECT_EQ(packet->destination_type, wire::DestinationType::kLink);
    if (name == "link_proof") return proof(raw, *packet);
    if (packet->packet_type == wire::PacketType::kProof) return packet_proof(step, raw, *packet);
    if (packet->context == wire::Context::kKeepalive) {
      EXPECT_EQ(to_bytes(packet->data),
                Bytes{name == "keepalive" ? std::uint8_t{0xFF} : std::uint8_t{0xFE}});
      return;
    }
    sealed(step, raw, *packet);
  }

  void request(const Bytes& raw, const wire::Packet& packet) {
    EXPECT_EQ(packet.packet_type, wire::PacketType::kLinkRequest);
    EXPECT_EQ(link_id(raw), id_);
    const auto request = wire::decode_link_request(packet.data);
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->agreement_key, agreement_public(hex(link_["initiator_x25519_private"])));
    EXPECT_EQ(request->verify_key, initiator_.public_key());
    EXPECT_EQ(request->mtu(), link_["signalled_mtu"].get<std::uint32_t>());
    EXPECT_EQ(request->mode, link_["mode"].get<int>());
    EXPECT_EQ(wire::encode_link_request(*request), to_bytes(packet.data));
    EXPECT_EQ(link_id(wire::with_link_mtu(raw, 1000)), id_);
    EXPECT_EQ(link_id(wire::without_link_signalling(raw)), id_);
  }

  void proof(const Bytes& raw, const wire::Packet& packet) {
    EXPECT_EQ(packet.context, wire::Context::kLinkRequestProof);
    const auto proof = check_link_proof(id_, packet.data, owner_.public_identity());
    ASSERT_TRUE(proof.has_value());
    EXPECT_EQ(proof->agreement_key, agreement_public(hex(link_["responder_x25519_private"])));
    const Bytes signed_data = link_proof_signed_data(
        id_, proof->agreement_key, verify_key(owner_.public_identity()), proof->signalling);
    EXPECT_EQ(signed_data, hex(link_["proof_signed_data"]));
    EXPECT_EQ(owner_.sign(signed_data), proof->signature);
    EXPECT_EQ(encode_link_proof_packet(id_, *proof), raw);
    EXPECT_FALSE(check_link_proof(LinkId{}, packet.data, owner_.public_identity()).has_value());
    for (std::size_t at = 0; at < packet.data.size(); at += 7) {
      Bytes damaged = to_bytes(packet.data);
      damaged[at] ^= 1;
      EXPECT_FALSE(check_link_proof(id_, damaged, owner_.public_identity()).has_value()) << at;
    }
  }

  /// The proof of the step before: by the responder's identity or the initiator's link key.
  void packet_proof(const Json& step, const Bytes& raw, const wire::Packet& packet) {
    const bool by_owner = step["dir"] == "responder";
    const ByteView key =
        by_owner ? verify_key(owner_.public_identity()) : initiator_.public_key().view();
    EXPECT_TRUE(check_packet_proof(last_hash_, packet.data, key));
    const Signature signature =
        by_owner ? owner_.sign(last_hash_.view()) : initiator_.sign(last_hash_.view());
    EXPECT_EQ(encode_link_packet_proof(id_, last_hash_, signature), raw);
  }

  void sealed(const Json& step, const Bytes& raw, const wire::Packet& packet) {
    last_hash_ = packet_hash(raw);
    const auto plaintext = open_token(key_.view(), packet.data);
    ASSERT_TRUE(plaintext.has_value());
    EXPECT_EQ(*plaintext, hex(step["plaintext"]));
    const auto iv = *FixedBytes<16>::from(packet.data);
    EXPECT_EQ(seal_token(key_.view(), iv, *plaintext), to_bytes(packet.data));
    ++sealed_;
    if (step["step"] == "identify") identify(step, *plaintext);
    if (step.contains("request_id")) {
      EXPECT_EQ(truncate(last_hash_), fixed_hex<16>(step["request_id"]));
    }
    if (packet.context == wire::Context::kChannel) {
      const auto message = wire::decode_channel_message(*plaintext);
      ASSERT_TRUE(message.has_value());
      EXPECT_EQ(wire::encode_channel_message(*message), *plaintext);
    }
    if (packet.context == wire::Context::kLinkClose) {
      EXPECT_EQ(*plaintext, to_bytes(id_.view()));
    }
  }

  void identify(const Json& step, const Bytes& plaintext) {
    const auto self = PrivateIdentity::from_bytes(hex(step["identity_private"]));
    ASSERT_TRUE(self.has_value());
    EXPECT_EQ(check_link_identify(id_, plaintext), self->public_identity());
    EXPECT_FALSE(check_link_identify(LinkId{}, plaintext).has_value());
    EXPECT_FALSE(check_link_identify(id_, ByteView(plaintext).first(127)).has_value());
    const Bytes material = link_identify_signed_data(id_, self->public_identity());
    EXPECT_EQ(concat({self->public_identity().view(), self->sign(material).view()}), plaintext);
  }

  const Json& link_;
  PrivateIdentity owner_;
  SigningKey initiator_;
  LinkId id_;
  FixedBytes<64> key_;
  Hash32 last_hash_;
  std::size_t sealed_ = 0;
};

TEST(Link, Links) {
  VectorFile("links").each("links", [](const Json& item) { Transcript(item).run(); });
}

}  // namespace
}  // namespace mehr::crypto
