// LXMF and MessagePack against vectors made by LXMF itself.
#include <gtest/gtest.h>

#include "core/crypto/hash.h"
#include "core/crypto/identity.h"
#include "core/wire/lxmf.h"
#include "core/wire/msgpack.h"
#include "tests/unit/vector_file.h"

namespace mehr::wire {
namespace {

using test::fixed_hex;
using test::hex;
using test::Json;
using test::VectorFile;

TEST(Lxmf, DecodesAndMakesEveryMessageOfTheReference) {
  VectorFile("../lxmf/lxmf").each("messages", [](const Json& item) {
    const Bytes packed = hex(item["packed"]);
    const auto message = decode_lxmf(packed);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->source, fixed_hex<16>(item["source"]));
    EXPECT_EQ(message->destination, fixed_hex<16>(item["destination"]));
    EXPECT_EQ(message->timestamp, item["timestamp"].get<double>());
    EXPECT_EQ(to_bytes(message->title), hex(item["title"]));
    EXPECT_EQ(to_bytes(message->content), hex(item["content"]));
    EXPECT_EQ(message->fields, hex(item["fields"]));
    const Hash32 id =
        crypto::sha256(lxmf_hashed_part(message->destination, message->source, message->payload));
    EXPECT_EQ(id, fixed_hex<32>(item["message_id"]));
    const auto source = crypto::PrivateIdentity::from_bytes(hex(item["source_private"]));
    const Bytes material =
        lxmf_signed_material(message->destination, message->source, message->payload, id);
    EXPECT_TRUE(crypto::verify(crypto::verify_key(source->public_identity()), material,
                               message->signature));

    const Bytes payload =
        encode_lxmf_payload(message->timestamp, message->title, message->content, message->fields);
    EXPECT_EQ(payload, message->payload);
    EXPECT_EQ(source->sign(material), message->signature);
    if (item["stamp"].is_null()) {
      EXPECT_EQ(encode_lxmf(message->destination, message->source, message->signature, payload),
                packed);
    }
    EXPECT_EQ(packed.size() - 16 <= kLxmfPacketNear, item["fits_opportunistic"].get<bool>());
  });
}

TEST(Lxmf, UnderstandsEveryAnnounceOfTheReference) {
  VectorFile("../lxmf/lxmf").each("announces", [](const Json& item) {
    const LxmfAnnounce announce = decode_lxmf_announce(hex(item["app_data"]));
    EXPECT_EQ(announce.display_name,
              item["display_name"].is_null() ? "" : item["display_name"].get<std::string>());
    EXPECT_EQ(announce.stamp_cost.has_value(), !item["stamp_cost"].is_null());
    EXPECT_EQ(announce.compression,
              item["compression"].is_null() || item["compression"].get<bool>());
  });
  EXPECT_EQ(to_hex(encode_lxmf_announce("Alice")), "93c405416c696365c09100");
  EXPECT_EQ(to_hex(encode_lxmf_announce("")), "93c0c09100");
}

TEST(Lxmf, NamesAreCutBetweenCharactersAndCleaned) {
  std::string name(127, 'x');
  name += "\u00e9\u00e9";
  EXPECT_EQ(decode_lxmf_announce(encode_lxmf_announce(name)).display_name, std::string(127, 'x'));
  EXPECT_EQ(decode_lxmf_announce(encode_lxmf_announce("a\x1b[31m\n\x7f!")).display_name, "a[31m!");
}

TEST(Lxmf, RefusesDamage) {
  const Bytes good = hex(VectorFile("../lxmf/lxmf").root()["messages"][3]["packed"]);
  ASSERT_TRUE(decode_lxmf(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(decode_lxmf(ByteView(good).first(size))) << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode_lxmf(longer));
  Bytes other = good;
  other[kLxmfHeader] = 0x93;  // three elements
  EXPECT_FALSE(decode_lxmf(other));
}

TEST(Msgpack, WritesTheShortestFormAndReadsItBack) {
  for (const std::uint64_t value : {0ULL, 1ULL, 127ULL, 128ULL, 255ULL, 256ULL, 65'535ULL,
                                    65'536ULL, 4'294'967'295ULL, 4'294'967'296ULL, ~0ULL}) {
    const Bytes out = MsgpackWriter().unsigned_integer(value).take();
    EXPECT_EQ(MsgpackReader(out).unsigned_integer(), value);
    EXPECT_EQ(MsgpackReader(out).number(), static_cast<double>(value));
  }
  for (const std::size_t size : {0U, 31U, 32U, 255U, 256U, 65'535U, 65'536U}) {
    const std::string run(size, 'r');
    const Bytes binary = MsgpackWriter().binary(as_bytes(run)).take();
    EXPECT_EQ(as_text(MsgpackReader(binary).bytes().value()), run);
    EXPECT_FALSE(MsgpackReader(binary).string());
    const Bytes string = MsgpackWriter().string(run).take();
    EXPECT_EQ(as_text(MsgpackReader(string).string().value()), run);
    EXPECT_EQ(MsgpackReader(string).value()->size(), string.size());
  }
}

TEST(Msgpack, ReadsSignedNumbersAndFloats) {
  const auto number = [](const char* digits) {
    const Bytes bytes = *from_hex(digits);
    return MsgpackReader(bytes).number();
  };
  EXPECT_EQ(number("ff"), -1);
  EXPECT_EQ(number("d080"), -128);
  EXPECT_EQ(number("d18000"), -32'768);
  EXPECT_EQ(number("d2ffffffff"), -1);
  EXPECT_EQ(number("d3ffffffffffffffff"), -1);
  EXPECT_EQ(number("ca3fc00000"), 1.5);
  EXPECT_EQ(number("cb3ff8000000000000"), 1.5);
  EXPECT_FALSE(number("cb3ff80000000000"));
  const Bytes negative = *from_hex("d0ff");
  EXPECT_FALSE(MsgpackReader(negative).unsigned_integer());
}

TEST(Msgpack, NeverBelievesACountOrALength) {
  for (const char* lie : {"dd00000002c0", "ddffffffff", "dfffffffff", "c6ffffffff00", "dbffffffff",
                          "c9ffffffff00", "9fc0", "8fc0c0", "c1", "c5ff", "d9"}) {
    const Bytes bytes = *from_hex(lie);
    MsgpackReader reader(bytes);
    EXPECT_FALSE(reader.value()) << lie;
    EXPECT_TRUE(reader.failed()) << lie;
  }
  const Bytes nested(100'000, 0x91);  // arrays in arrays, without an end
  MsgpackReader reader(nested);
  EXPECT_FALSE(reader.value());
}

}  // namespace
}  // namespace mehr::wire
