// Hashes, names and addresses against hashes.json and token.json's HKDF list.
#include "core/crypto/hash.h"

#include <gtest/gtest.h>

#include "core/crypto/identity.h"
#include "tests/unit/vector_file.h"

namespace mehr::crypto {
namespace {

using test::fixed_hex;
using test::hex;
using test::Json;
using test::VectorFile;

TEST(Hash, Sha256) {
  VectorFile("hashes").each("sha256", [](const Json& item) {
    const Bytes input = hex(item["input"]);
    EXPECT_EQ(sha256(input), fixed_hex<32>(item["full"]));
    EXPECT_EQ(truncated_sha256(input), fixed_hex<16>(item["truncated"]));
    EXPECT_EQ(truncate(sha256(input)), truncated_sha256(input));
  });
}

TEST(Hash, Names) {
  VectorFile("hashes").each("names", [](const Json& item) {
    const auto name = item["name"].get<std::string>();
    const auto identity = fixed_hex<16>(item["identity_hash"]);
    EXPECT_EQ(name_hash(name), fixed_hex<10>(item["name_hash"]));
    EXPECT_EQ(plain_destination_hash(name), fixed_hex<16>(item["plain_destination_hash"]));
    EXPECT_EQ(destination_hash(name_hash(name), identity),
              fixed_hex<16>(item["single_destination_hash"]));
    EXPECT_EQ(name + "." + to_hex(identity), item["full_name_text"].get<std::string>());
  });
}

TEST(Hash, Destinations) {
  VectorFile("hashes").each("destinations", [](const Json& item) {
    const auto identity = identity_hash(fixed_hex<64>(item["public_key"]));
    EXPECT_EQ(identity, fixed_hex<16>(item["identity_hash"]));
    EXPECT_EQ(destination_hash(name_hash(item["name"].get<std::string>()), identity),
              fixed_hex<16>(item["destination_hash"]));
  });
}

TEST(Hash, Ratchets) {
  VectorFile("hashes").each("ratchets", [](const Json& item) {
    const Hash32 key = agreement_public(hex(item["private"]));
    EXPECT_EQ(key, fixed_hex<32>(item["public"]));
    EXPECT_EQ(ratchet_id(key), fixed_hex<10>(item["ratchet_id"]));
  });
}

TEST(Hash, Hkdf) {
  VectorFile("token").each("hkdf", [](const Json& item) {
    const auto length = item["length"].get<std::size_t>();
    const Bytes output = hkdf(length, hex(item["ikm"]), hex(item["salt"]));
    ASSERT_EQ(output.size(), length);
    EXPECT_EQ(sha256(output), fixed_hex<32>(item["output_sha256"]));
    const std::size_t tail = std::min<std::size_t>(length, 16);
    EXPECT_EQ(to_hex(ByteView(output).last(tail)), item["last16"].get<std::string>());
    if (!item["output"].is_null()) {
      EXPECT_EQ(output, hex(item["output"]));
    }
  });
}

TEST(Hash, HkdfOfNothingIsEmpty) {
  EXPECT_TRUE(hkdf(0, as_bytes("key"), {}).empty());
}

// RFC 4231, test cases 2 (short key) and 6 (key longer than a block).
TEST(Hash, Hmac) {
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(Bytes(131, 0xAA),
                               as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// Nothing hands these to the hash functions, but if something did they must not read past the end.
TEST(Hash, ShortPackets) {
  const Bytes bytes(70, 0x40);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    (void)packet_hash(ByteView(bytes).first(size));
    (void)link_id(ByteView(bytes).first(size));
  }
}

}  // namespace
}  // namespace mehr::crypto
