// Comparing a packet with the fields the vector files list for it.
#pragma once

#include <gtest/gtest.h>

#include "core/crypto/hash.h"
#include "core/wire/packet.h"
#include "tests/unit/vector_file.h"

namespace mehr::test {

/// Every header field, the data, the hashable part and both hashes; and that encoding gives `raw`.
inline void expect_packet_fields(ByteView raw, const Json& item) {
  const auto packet = wire::decode_packet(raw);
  ASSERT_TRUE(packet.has_value());
  const auto number = [&](const char* key) { return item[key].get<int>(); };
  EXPECT_EQ(static_cast<int>(packet->header_type), number("header_type"));
  EXPECT_EQ(packet->context_flag ? 1 : 0, number("context_flag"));
  EXPECT_EQ(static_cast<int>(packet->transport_type), number("transport_type"));
  EXPECT_EQ(static_cast<int>(packet->destination_type), number("destination_type"));
  EXPECT_EQ(static_cast<int>(packet->packet_type), number("packet_type"));
  EXPECT_EQ(packet->hops, number("hops"));
  const bool two = packet->header_type == wire::HeaderType::kTwo;
  EXPECT_EQ(two ? std::optional(packet->transport_id) : std::nullopt,
            optional_fixed_hex<16>(item["transport_id"]));
  EXPECT_EQ(packet->destination, fixed_hex<16>(item["destination_hash"]));
  EXPECT_EQ(static_cast<int>(packet->context), number("context"));
  EXPECT_EQ(to_bytes(packet->data), hex(item["data"]));
  EXPECT_EQ(wire::hashable_part(raw), hex(item["hashable"]));
  EXPECT_EQ(crypto::packet_hash(raw), fixed_hex<32>(item["packet_hash"]));
  EXPECT_EQ(crypto::truncate(crypto::packet_hash(raw)), fixed_hex<16>(item["truncated_hash"]));
  EXPECT_EQ(wire::encode_packet(*packet), to_bytes(raw));
}

}  // namespace mehr::test
