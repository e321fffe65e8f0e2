// The local signer signs what has the shape of its purpose and refuses everything else.
#include "controlplane/signer/local_signer.h"

#include <gtest/gtest.h>

#include "core/crypto/announce.h"
#include "core/crypto/hash.h"
#include "core/crypto/link_proof.h"
#include "core/crypto/token.h"
#include "core/wire/lxmf.h"

namespace mehr::signer {
namespace {

class LocalSignerTest : public testing::Test {
 protected:
  std::optional<Signature> sign(Purpose purpose, const Bytes& material) {
    std::optional<Signature> out;
    signer_.sign(purpose, material, [&](std::optional<Signature> signature) { out = signature; });
    if (out) {
      EXPECT_TRUE(crypto::verify(crypto::verify_key(signer_.identity()), material, *out));
    }
    return out;
  }
  DestinationHash own(std::string_view name) const {
    return crypto::destination_hash(crypto::name_hash(name), signer_.identity_hash());
  }
  Bytes announce_material() {
    crypto::AnnounceDraft draft;
    draft.name = crypto::name_hash("lxmf.delivery");
    draft.destination = own("lxmf.delivery");
    draft.identity = signer_.identity();
    draft.app_data = wire::encode_lxmf_announce("name");
    return crypto::signed_material(draft);
  }
  Bytes message_material(const DestinationHash& source) {
    const Bytes payload = wire::encode_lxmf_payload(1.5, as_bytes("t"), as_bytes("c"), Bytes{0x80});
    const DestinationHash destination = random_.fixed<16>();
    const Hash32 id = crypto::sha256(wire::lxmf_hashed_part(destination, source, payload));
    return wire::lxmf_signed_material(destination, source, payload, id);
  }

  SeededRandom random_{7};
  crypto::PrivateIdentity private_ = crypto::PrivateIdentity::generate(random_);
  LocalSigner signer_{private_};
};

TEST_F(LocalSignerTest, SignsEveryPurposeInItsShape) {
  EXPECT_TRUE(sign(Purpose::kAnnounce, announce_material()));
  EXPECT_TRUE(sign(Purpose::kPacketProof, to_bytes(random_.fixed<32>().view())));
  EXPECT_TRUE(sign(Purpose::kLinkPacketProof, to_bytes(random_.fixed<32>().view())));
  const LinkId link = random_.fixed<16>();
  EXPECT_TRUE(sign(Purpose::kLinkProof,
                   crypto::link_proof_signed_data(link, random_.fixed<32>(),
                                                  crypto::verify_key(signer_.identity()),
                                                  wire::encode_link_signalling({}))));
  EXPECT_TRUE(
      sign(Purpose::kLinkIdentify, crypto::link_identify_signed_data(link, signer_.identity())));
  EXPECT_TRUE(sign(Purpose::kMessage, message_material(own("lxmf.delivery"))));
  EXPECT_TRUE(sign(Purpose::kTunnel, concat({signer_.identity().view(), random_.fixed<32>().view(),
                                             random_.fixed<16>().view()})));
}

TEST_F(LocalSignerTest, NoMaterialPassesForAnotherPurpose) {
  const std::vector<std::pair<Purpose, Bytes>> good = {
      {Purpose::kAnnounce, announce_material()},
      {Purpose::kPacketProof, to_bytes(random_.fixed<32>().view())},
      {Purpose::kLinkIdentify,
       crypto::link_identify_signed_data(random_.fixed<16>(), signer_.identity())},
      {Purpose::kMessage, message_material(own("lxmf.delivery"))},
      {Purpose::kTunnel,
       concat({signer_.identity().view(), random_.fixed<32>().view(), random_.fixed<16>().view()})},
  };
  for (const auto& [purpose, material] : good) {
    for (const Purpose other : {Purpose::kAnnounce, Purpose::kPacketProof, Purpose::kLinkProof,
                                Purpose::kLinkIdentify, Purpose::kMessage, Purpose::kTunnel}) {
      if (other == purpose) continue;
      EXPECT_FALSE(sign(other, material)) << int(purpose) << " as " << int(other);
    }
    Bytes longer = material;
    longer.push_back(0);
    if (purpose != Purpose::kAnnounce) {
      EXPECT_FALSE(sign(purpose, longer)) << int(purpose);
    }
    EXPECT_FALSE(sign(purpose, Bytes(material.begin(), material.begin() + 20))) << int(purpose);
  }
}

TEST_F(LocalSignerTest, RefusesWhatNamesSomebodyElse) {
  Bytes foreign = announce_material();
  foreign[0] ^= 1;
  EXPECT_FALSE(sign(Purpose::kAnnounce, foreign));
  foreign = announce_material();
  foreign[20] ^= 1;
  EXPECT_FALSE(sign(Purpose::kAnnounce, foreign));
  EXPECT_FALSE(sign(Purpose::kMessage, message_material(random_.fixed<16>())));
  Bytes broken = message_material(own("lxmf.delivery"));
  broken.back() ^= 1;
  EXPECT_FALSE(sign(Purpose::kMessage, broken));
}

TEST_F(LocalSignerTest, OpensWhatIsSealedToTheIdentityOrARatchet) {
  const Bytes plaintext{1, 2, 3};
  const Hash32 ratchet = random_.fixed<32>();
  const auto open = [&](const std::optional<Hash32>& to, std::vector<Hash32> ratchets) {
    const auto sealed = crypto::seal_to_identity(signer_.identity(), to, plaintext, random_);
    std::optional<Bytes> out;
    signer_.open(*sealed, std::move(ratchets), [&](std::optional<Bytes> got) { out = got; });
    return out;
  };
  EXPECT_EQ(open(std::nullopt, {}), plaintext);
  EXPECT_EQ(open(crypto::agreement_public(ratchet.view()), {random_.fixed<32>(), ratchet}),
            plaintext);
  EXPECT_EQ(open(crypto::agreement_public(ratchet.view()), {}), std::nullopt);
  std::optional<Bytes> out = Bytes{};
  signer_.open(Bytes(10), {}, [&](std::optional<Bytes> got) { out = got; });
  EXPECT_EQ(out, std::nullopt);
}

}  // namespace
}  // namespace mehr::signer
