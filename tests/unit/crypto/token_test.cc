// Tokens and encryption to identities against token.json, and what must be refused.
#include "core/crypto/token.h"

#include <gtest/gtest.h>

#include "core/crypto/hash.h"
#include "tests/unit/vector_file.h"

namespace mehr::crypto {
namespace {

using test::fixed_hex;
using test::hex;
using test::Json;
using test::optional_fixed_hex;
using test::optional_hex;
using test::VectorFile;

TEST(Token, Tokens) {
  VectorFile("token").each("tokens", [](const Json& item) {
    const Bytes key = hex(item["key"]);
    const Bytes plaintext = hex(item["plaintext"]);
    const Bytes token = hex(item["token"]);
    EXPECT_EQ(seal_token(key, fixed_hex<16>(item["iv"]), plaintext), token);
    EXPECT_EQ(open_token(key, token), plaintext);
    EXPECT_EQ(concat({hex(item["hmac_key"]), hex(item["aes_key"])}), key);
    EXPECT_LE(token.size(), plaintext.size() + kTokenOverhead + 16);
    EXPECT_GT(token.size(), plaintext.size() + kTokenOverhead);
  });
}

TEST(Token, Rejects) {
  VectorFile("token").each("rejects", [](const Json& item) {
    EXPECT_EQ(open_token(hex(item["key"]), hex(item["token"])), optional_hex(item["plaintext"]));
  });
}

TEST(Token, EveryCutAndEveryBitIsNoticed) {
  const Bytes key(64, 3);
  const Bytes token = seal_token(key, FixedBytes<16>{}, as_bytes("a message"));
  for (std::size_t size = 0; size < token.size(); ++size) {
    EXPECT_FALSE(open_token(key, ByteView(token).first(size)).has_value()) << size;
  }
  for (std::size_t bit = 0; bit < token.size() * 8; ++bit) {
    Bytes damaged = token;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1U << bit % 8);
    EXPECT_FALSE(open_token(key, damaged).has_value()) << bit;
  }
  EXPECT_FALSE(open_token(ByteView(key).first(33), token).has_value());
  EXPECT_FALSE(open_token({}, token).has_value());
}

// A valid MAC over a body that is not whole blocks, or has no padding: only the holder of the key
// can make it, and it must still be refused.
TEST(Token, AuthenticButNotDecryptable) {
  const Bytes key(64, 3);
  for (const std::size_t body : {0U, 1U, 15U, 17U}) {
    Bytes token(16 + body, 0xAA);
    append(token, hmac_sha256(ByteView(key).first(32), token).view());
    EXPECT_FALSE(open_token(key, token).has_value()) << body;
  }
}

TEST(Token, IdentityEncryption) {
  VectorFile("token").each("identity_encryption", [](const Json& item) {
    const auto self = PrivateIdentity::from_bytes(hex(item["identity_private"]));
    ASSERT_TRUE(self.has_value());
    EXPECT_EQ(self->hash(), fixed_hex<16>(item["identity_hash"]));
    const auto ratchet_private = optional_fixed_hex<32>(item["ratchet_private"]);
    const auto ratchet = optional_fixed_hex<32>(item["ratchet_public"]);
    const Bytes ephemeral = hex(item["ephemeral_private"]);
    EXPECT_EQ(agreement_public(ephemeral), fixed_hex<32>(item["ephemeral_public"]));
    const auto shared =
        agree(ephemeral, ratchet ? ratchet->view() : agreement_key(self->public_identity()));
    ASSERT_TRUE(shared.has_value());
    EXPECT_EQ(*shared, fixed_hex<32>(item["shared"]));
    EXPECT_EQ(hkdf(64, shared->view(), self->hash().view()), hex(item["derived_key"]));
    const Bytes plaintext = hex(item["plaintext"]);
    const Bytes ciphertext = hex(item["ciphertext"]);
    EXPECT_EQ(seal_to_identity_with(self->public_identity(), ratchet, ephemeral,
                                    fixed_hex<16>(item["iv"]), plaintext),
              ciphertext);
    std::vector<Hash32> ratchets;
    if (ratchet_private) ratchets.push_back(*ratchet_private);
    EXPECT_EQ(open_from_identity(*self, ratchets, ratchet.has_value(), ciphertext), plaintext);
    if (ratchet) {
      EXPECT_EQ(ratchet_id(*ratchet), fixed_hex<10>(item["ratchet_id"]));
      EXPECT_FALSE(open_from_identity(*self, {}, false, ciphertext).has_value());
    }
  });
}

TEST(Token, RatchetsAreTriedInTurnAndCanBeEnforced) {
  SeededRandom random(9);
  const auto self = PrivateIdentity::generate(random);
  const std::vector<Hash32> ratchets{random.fixed<32>(), random.fixed<32>(), random.fixed<32>()};
  const auto to_oldest = seal_to_identity(
      self.public_identity(), agreement_public(ratchets[2].view()), as_bytes("old"), random);
  const auto to_key = seal_to_identity(self.public_identity(), {}, as_bytes("key"), random);
  ASSERT_TRUE(to_oldest && to_key);
  EXPECT_EQ(open_from_identity(self, ratchets, true, *to_oldest), to_bytes(as_bytes("old")));
  EXPECT_EQ(open_from_identity(self, ratchets, false, *to_key), to_bytes(as_bytes("key")));
  EXPECT_FALSE(open_from_identity(self, ratchets, true, *to_key).has_value());
  EXPECT_FALSE(open_from_identity(self, {}, false, ByteView(*to_key).first(32)).has_value());
  EXPECT_FALSE(open_from_identity(self, {}, false, {}).has_value());
}

// The peer's key decides whether an agreement is possible; a small-order one must not be sealed to.
TEST(Token, NothingIsSealedToASmallOrderKey) {
  SeededRandom random(9);
  EXPECT_FALSE(seal_to_identity(PublicIdentity{}, {}, as_bytes("x"), random).has_value());
  EXPECT_FALSE(seal_to_identity(PublicIdentity{}, Hash32{}, as_bytes("x"), random).has_value());
}

}  // namespace
}  // namespace mehr::crypto
