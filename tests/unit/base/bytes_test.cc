// Byte strings, hexadecimal, readers and writers.
#include "core/base/bytes.h"

#include <absl/container/flat_hash_set.h>
#include <gtest/gtest.h>

namespace mehr {
namespace {

TEST(Hex, ThereAndBack) {
  Bytes all(256);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(from_hex(to_hex(all)), all);
  EXPECT_EQ(to_hex(Bytes{0x00, 0xAB, 0xFF}), "00abff");
  EXPECT_EQ(from_hex("00ABff"), (Bytes{0x00, 0xAB, 0xFF}));
  EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(Hex, Refuses) {
  for (const char* text : {"0", "0g", "g0", " 00", "0x", "00 "}) {
    EXPECT_FALSE(from_hex(text).has_value()) << text;
  }
  EXPECT_FALSE(fixed_from_hex<2>("0102ff").has_value());
  EXPECT_FALSE(fixed_from_hex<2>("01").has_value());
  EXPECT_FALSE(fixed_from_hex<2>("01zz").has_value());
  EXPECT_EQ(fixed_from_hex<2>("01ff"), (FixedBytes<2>{{0x01, 0xFF}}));
}

TEST(FixedBytes, FromCopiesAPrefix) {
  const Bytes bytes{1, 2, 3, 4};
  EXPECT_EQ(FixedBytes<3>::from(bytes), (FixedBytes<3>{{1, 2, 3}}));
  EXPECT_FALSE(FixedBytes<5>::from(bytes).has_value());
  EXPECT_TRUE(Hash16{}.is_zero());
  EXPECT_FALSE((Hash16{{1}}).is_zero());
}

TEST(FixedBytes, IsAKey) {
  absl::flat_hash_set<Hash16> set;
  for (std::uint8_t i = 0; i < 100; ++i)
    set.insert(Hash16{{i}});
  EXPECT_EQ(set.size(), 100U);
  EXPECT_TRUE(set.contains(Hash16{{99}}));
  EXPECT_LT((Hash16{{1}}), (Hash16{{2}}));
}

TEST(Bytes, ConcatAndText) {
  EXPECT_EQ(concat({as_bytes("ab"), {}, as_bytes("c")}), to_bytes(as_bytes("abc")));
  EXPECT_EQ(as_text(as_bytes("text\n")), "text\n");
}

TEST(ByteReader, ReadsBothOrders) {
  const Bytes bytes = *from_hex("01020304050607080102030405060708aabb");
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16_be(), 0x0203);
  EXPECT_EQ(reader.u32_be(), 0x04050607U);
  EXPECT_EQ(reader.u8(), 0x08);
  EXPECT_EQ(reader.u64_le(), 0x0807060504030201U);
  EXPECT_EQ(reader.remaining(), 2U);
  EXPECT_FALSE(reader.finished());
  EXPECT_EQ(to_hex(reader.rest()), "aabb");
  EXPECT_TRUE(reader.finished());
  ByteReader again(bytes);
  EXPECT_EQ(again.u64_be(), 0x0102030405060708U);
  EXPECT_EQ(again.u16_le(), 0x0201);
  EXPECT_EQ(again.u32_le(), 0x06050403U);
}

TEST(ByteReader, FailureIsSticky) {
  const Bytes bytes{1, 2, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u32_be(), 0U);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.u8(), 0);  // it would fit, but everything after a failure is nothing
  EXPECT_TRUE(reader.take(1).empty());
  EXPECT_EQ(reader.fixed<2>(), FixedBytes<2>{});
  EXPECT_FALSE(reader.finished());
  ByteReader huge(bytes);
  EXPECT_TRUE(huge.take(SIZE_MAX).empty());
  EXPECT_TRUE(huge.failed());
}

TEST(ByteWriter, MirrorsTheReader) {
  ByteWriter writer;
  writer.u8(1).u16_be(0x0203).u32_be(0x04050607).u64_be(8).u16_le(9).u32_le(10).u64_le(11);
  writer.bytes(as_bytes("end"));
  const Bytes out = writer.take();
  ByteReader reader(out);
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16_be(), 0x0203);
  EXPECT_EQ(reader.u32_be(), 0x04050607U);
  EXPECT_EQ(reader.u64_be(), 8U);
  EXPECT_EQ(reader.u16_le(), 9);
  EXPECT_EQ(reader.u32_le(), 10U);
  EXPECT_EQ(reader.u64_le(), 11U);
  EXPECT_EQ(as_text(reader.rest()), "end");
}

TEST(Bytes, EqualConstantTime) {
  const Bytes a{1, 2, 3};
  EXPECT_TRUE(equal_constant_time(a, Bytes{1, 2, 3}));
  EXPECT_FALSE(equal_constant_time(a, Bytes{1, 2, 4}));
  EXPECT_FALSE(equal_constant_time(a, Bytes{1, 2}));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

TEST(Bytes, Wipe) {
  Bytes secret(100, 7);
  wipe(secret);
  EXPECT_EQ(secret, Bytes(100, 0));
}

}  // namespace
}  // namespace mehr
