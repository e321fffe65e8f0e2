// Keys, signatures and agreement against identities.json, and the keys that must be refused.
#include "core/crypto/identity.h"

#include <gtest/gtest.h>

#include "tests/unit/vector_file.h"

namespace mehr::crypto {
namespace {

using test::fixed_hex;
using test::hex;
using test::Json;
using test::VectorFile;

TEST(Identity, Identities) {
  VectorFile("identities").each("identities", [](const Json& item) {
    const Bytes raw = hex(item["private_key"]);
    const auto identity = PrivateIdentity::from_bytes(raw);
    ASSERT_TRUE(identity.has_value());
    EXPECT_EQ(identity->public_identity(), fixed_hex<64>(item["public_key"]));
    EXPECT_EQ(identity->hash(), fixed_hex<16>(item["identity_hash"]));
    EXPECT_EQ(identity_hash(identity->public_identity()), identity->hash());
    EXPECT_EQ(agreement_public(hex(item["x25519_private"])), fixed_hex<32>(item["x25519_public"]));
    EXPECT_EQ(SigningKey(hex(item["ed25519_seed"])).public_key(),
              fixed_hex<32>(item["ed25519_public"]));
    EXPECT_EQ(to_bytes(identity->export_private().view()), raw);
    const Bytes message = hex(item["message"]);
    const auto signature = fixed_hex<64>(item["signature"]);
    EXPECT_EQ(identity->sign(message), signature);
    EXPECT_TRUE(verify(verify_key(identity->public_identity()), message, signature));
  });
}

TEST(Identity, Exchanges) {
  VectorFile("identities").each("exchanges", [](const Json& item) {
    const auto shared = fixed_hex<32>(item["shared"]);
    EXPECT_EQ(agreement_public(hex(item["a_private"])), fixed_hex<32>(item["a_public"]));
    EXPECT_EQ(agreement_public(hex(item["b_private"])), fixed_hex<32>(item["b_public"]));
    EXPECT_EQ(agree(hex(item["a_private"]), hex(item["b_public"])), shared);
    EXPECT_EQ(agree(hex(item["b_private"]), hex(item["a_public"])), shared);
  });
}

TEST(Identity, SignatureChecks) {
  VectorFile("identities").each("signature_checks", [](const Json& item) {
    const auto identity = fixed_hex<64>(item["public_key"]);
    const Bytes bytes = hex(item["signature"]);
    // A signature of another length never becomes a Signature.
    const auto signature = bytes.size() == Signature::kSize ? Signature::from(bytes) : std::nullopt;
    const bool valid = signature && verify(verify_key(identity), hex(item["message"]), *signature);
    EXPECT_EQ(valid, item["valid"].get<bool>());
  });
}

// X25519 points of small order: the agreed secret would be the same for everybody.
TEST(Identity, SmallOrderAgreementKeys) {
  const char* const points[] = {
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  };
  SeededRandom random(1);
  const auto identity = PrivateIdentity::generate(random);
  for (const char* point : points) {
    EXPECT_FALSE(identity.agree(*from_hex(point)).has_value()) << point;
  }
}

// Ed25519 keys of small order verify anything in implementations that do not look.
TEST(Identity, SmallOrderVerifyKeys) {
  const Bytes identity_point =
      *from_hex("0100000000000000000000000000000000000000000000000000000000000000");
  Signature forged;
  std::copy(identity_point.begin(), identity_point.end(), forged.bytes.begin());
  EXPECT_FALSE(verify(identity_point, as_bytes("anything"), forged));
}

TEST(Identity, WrongLengths) {
  const Bytes bytes(65, 7);
  EXPECT_FALSE(PrivateIdentity::from_bytes(ByteView(bytes).first(63)).has_value());
  EXPECT_FALSE(PrivateIdentity::from_bytes(bytes).has_value());
  EXPECT_FALSE(PrivateIdentity::from_bytes({}).has_value());
}

TEST(Identity, GenerateIsWhatTheRandomGives) {
  SeededRandom random(5);
  SeededRandom same(5);
  const auto made = PrivateIdentity::generate(random);
  const auto restored = PrivateIdentity::from_bytes(same.fixed<64>().view());
  ASSERT_TRUE(restored.has_value());
  EXPECT_EQ(made.public_identity(), restored->public_identity());
  const PrivateIdentity copy = made;
  EXPECT_EQ(copy.sign(as_bytes("x")), made.sign(as_bytes("x")));
}

}  // namespace
}  // namespace mehr::crypto
