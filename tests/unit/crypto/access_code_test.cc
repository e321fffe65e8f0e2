// Access codes against ifac.json, and every way a frame can be wrong.
#include "core/crypto/access_code.h"

#include <gtest/gtest.h>

#include "core/wire/packet.h"
#include "tests/unit/vector_file.h"

namespace mehr::crypto {
namespace {

using test::fixed_hex;
using test::hex;
using test::Json;
using test::VectorFile;

std::string text_or_empty(const Json& value) {
  return value.is_null() ? std::string() : value.get<std::string>();
}

AccessCode code_of(const Json& item, std::size_t size) {
  return {text_or_empty(item["network_name"]), text_or_empty(item["passphrase"]), size};
}

TEST(AccessCode, Keys) {
  VectorFile("ifac").each("keys", [](const Json& item) {
    const AccessCode code = code_of(item, 16);
    EXPECT_EQ(to_bytes(code.key()), hex(item["key"]));
    const auto identity = PrivateIdentity::from_bytes(code.key());
    ASSERT_TRUE(identity.has_value());
    EXPECT_EQ(identity->hash(), fixed_hex<16>(item["identity_hash"]));
    EXPECT_EQ(identity->public_identity(), fixed_hex<64>(item["public_key"]));
  });
}

TEST(AccessCode, Frames) {
  VectorFile("ifac").each("frames", [](const Json& item) {
    const auto size = item["ifac_size"].get<std::size_t>();
    const AccessCode code = code_of(item, size);
    const Bytes packet = hex(item["packet"]);
    const Bytes frame = hex(item["frame"]);
    EXPECT_EQ(code.size(), size);
    EXPECT_EQ(code.protect(packet), frame);
    EXPECT_EQ(code.admit(frame), packet);
  });
}

// The checks do not name their key: it is the one of the list that admits the good frame.
TEST(AccessCode, Checks) {
  const VectorFile file("ifac");
  std::optional<AccessCode> interface;
  for (const Json& key : file.root()["keys"]) {
    AccessCode candidate = code_of(key, 16);
    if (candidate.admit(hex(file.root()["checks"][0]["frame"]))) interface = candidate;
  }
  ASSERT_TRUE(interface.has_value());
  file.each("checks", [&](const Json& item) {
    const Bytes frame = hex(item["frame"]);
    const bool is_protected = item["interface"] == "ifac";
    const auto packet = is_protected ? interface->admit(frame) : frame;
    const bool accepted = packet && wire::decode_packet(*packet).has_value();
    EXPECT_EQ(accepted, item["accepted"].get<bool>());
  });
}

TEST(AccessCode, EveryBitIsProtected) {
  const AccessCode code("net", "", 8);
  const Bytes packet(40, 0x11);
  const Bytes frame = code.protect(packet);
  EXPECT_EQ(frame.size(), packet.size() + 8);
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    Bytes damaged = frame;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1U << bit % 8);
    EXPECT_FALSE(code.admit(damaged).has_value()) << bit;
  }
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_FALSE(code.admit(ByteView(frame).first(size)).has_value()) << size;
  }
}

TEST(AccessCode, NameAndPassphraseAreNotInterchangeable) {
  const AccessCode name("secret", "", 16);
  const AccessCode passphrase("", "other", 16);
  const AccessCode both("secret", "other", 16);
  const Bytes frame = both.protect(Bytes(30, 1));
  EXPECT_TRUE(both.admit(frame).has_value());
  EXPECT_FALSE(name.admit(frame).has_value());
  EXPECT_FALSE(passphrase.admit(frame).has_value());
}

TEST(AccessCode, FramesBeyondTheHkdfLimitOfTheStandard) {
  const AccessCode code("big", "", 16);
  const Bytes packet(16384, 0x22);
  EXPECT_EQ(code.admit(code.protect(packet)), packet);
}

}  // namespace
}  // namespace mehr::crypto
