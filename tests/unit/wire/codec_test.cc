// The packet codecs of core/wire that need no cryptography: path request reading, link sizes and
// signalling, stream messages, packet constants, against path.json, links.json and packets.json.
#include <gtest/gtest.h>

#include "core/wire/announce.h"
#include "core/wire/channel.h"
#include "core/wire/link.h"
#include "core/wire/packet.h"
#include "core/wire/path_request.h"
#include "core/wire/tunnel.h"
#include "tests/unit/vector_file.h"

namespace mehr::wire {
namespace {

using test::fixed_hex;
using test::hex;
using test::Json;
using test::optional_fixed_hex;
using test::VectorFile;

TEST(PathRequest, Parsing) {
  VectorFile("path").each("request_parsing", [](const Json& item) {
    const Bytes body = hex(item["body"]);
    EXPECT_EQ(body.size(), item["length"].get<std::size_t>());
    const auto request = decode_path_request(body);
    ASSERT_EQ(request.has_value(), item["handled"].get<bool>());
    if (!request) return;
    EXPECT_EQ(request->destination, fixed_hex<16>(item["destination"]));
    EXPECT_EQ(request->transport_id, optional_fixed_hex<16>(item["transport_id"]));
    EXPECT_EQ(to_bytes(request->tag), hex(item["tag"]));
  });
}

TEST(Link, Signalling) {
  VectorFile("links").each("signalling", [](const Json& item) {
    const LinkSignalling in{item["mtu_in"], item["mode"]};
    const auto bytes = fixed_hex<3>(item["bytes"]);
    EXPECT_EQ(encode_link_signalling(in), bytes);
    const LinkSignalling out = decode_link_signalling(bytes);
    EXPECT_EQ(out.mtu, item["mtu_out"].get<std::uint32_t>());
    EXPECT_EQ(out.mode, item["mode_out"].get<int>());
  });
}

TEST(Link, SizesByMtu) {
  VectorFile("packets").each("link_mtu", [](const Json& item) {
    const auto mtu = item["mtu"].get<std::uint32_t>();
    EXPECT_EQ(link_mdu(mtu), item["link_mdu"].get<std::size_t>());
    EXPECT_EQ(resource_sdu(mtu), item["resource_sdu"].get<std::size_t>());
    EXPECT_EQ(encode_link_signalling({mtu, kLinkModeAes256Cbc}), fixed_hex<3>(item["signalling"]));
  });
}

TEST(Link, SizesOfImpossibleMtus) {
  for (std::size_t mtu = 0; mtu < 84; ++mtu)
    EXPECT_EQ(link_mdu(mtu), 0U) << mtu;
  EXPECT_EQ(link_mdu(84), 15U);
  for (std::size_t mtu = 0; mtu <= 36; ++mtu)
    EXPECT_EQ(resource_sdu(mtu), 0U) << mtu;
  EXPECT_EQ(resource_sdu(37), 1U);
}

TEST(Link, PayloadsOfOtherLengths) {
  const Bytes bytes(200, 0x25);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const ByteView payload = ByteView(bytes).first(size);
    const auto request = decode_link_request(payload);
    EXPECT_EQ(request.has_value(), size >= 64) << size;
    if (request) {
      EXPECT_EQ(request->signalling.has_value(), size == 67) << size;
      EXPECT_EQ(request->mode, 1) << size;
      EXPECT_EQ(request->mtu(), size == 67 ? 0x052525U : 500U) << size;
    }
    const auto proof = decode_link_proof(payload);
    EXPECT_EQ(proof.has_value(), size == 96 || size == 99) << size;
    if (proof) {
      EXPECT_EQ(encode_link_proof(*proof), to_bytes(payload)) << size;
    }
  }
}

TEST(Link, ChangingTheMtuOfARequestInPassing) {
  LinkRequest request;
  request.signalling = LinkSignalling{8192, 1};
  const Bytes payload = encode_link_request(request);
  Packet packet;
  packet.packet_type = PacketType::kLinkRequest;
  packet.hops = 3;
  packet.data = payload;
  const Bytes raw = encode_packet(packet);
  const Bytes clamped = with_link_mtu(raw, 1196);
  EXPECT_EQ(clamped.size(), raw.size());
  EXPECT_EQ(decode_link_request(decode_packet(clamped)->data)->signalling,
            (LinkSignalling{1196, 1}));
  const Bytes stripped = without_link_signalling(raw);
  EXPECT_EQ(stripped.size(), raw.size() - 3);
  EXPECT_EQ(decode_link_request(decode_packet(stripped)->data)->mtu(), 500U);
  EXPECT_EQ(Bytes(stripped.begin(), stripped.end()), Bytes(raw.begin(), raw.end() - 3));
}

TEST(Channel, StreamMessages) {
  VectorFile("links").each("stream_messages", [](const Json& item) {
    const Bytes data = hex(item["data"]);
    const Bytes body = hex(item["message"]);
    const Bytes envelope = hex(item["channel_envelope"]);
    const auto stream = decode_stream_message(body);
    ASSERT_TRUE(stream.has_value());
    EXPECT_EQ(stream->stream, item["stream_id"].get<int>());
    EXPECT_EQ(stream->end, item["eof"].get<bool>());
    EXPECT_EQ(stream->compressed, item["compressed"].get<bool>());
    EXPECT_EQ(to_bytes(stream->data), data);
    EXPECT_EQ(encode_stream_message(*stream), body);
    const auto message = decode_channel_message(envelope);
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->type, kChannelStream);
    EXPECT_EQ(message->sequence, item["sequence"].get<int>());
    EXPECT_EQ(to_bytes(message->body), body);
    EXPECT_EQ(encode_channel_message(*message), envelope);
  });
}

TEST(Channel, ShortMessages) {
  const Bytes envelope = encode_channel_message({7, 8, as_bytes("hello")});
  for (std::size_t size = 0; size < envelope.size(); ++size) {
    EXPECT_FALSE(decode_channel_message(ByteView(envelope).first(size)).has_value()) << size;
  }
  EXPECT_FALSE(decode_stream_message({}).has_value());
  EXPECT_FALSE(decode_stream_message(Bytes(1, 0)).has_value());
}

TEST(Packet, Contexts) {
  static const std::map<std::string, Context> kNames{
      {"NONE", Context::kNone},
      {"RESOURCE", Context::kResource},
      {"RESOURCE_ADV", Context::kResourceAdvertisement},
      {"RESOURCE_REQ", Context::kResourceRequest},
      {"RESOURCE_HMU", Context::kResourceHashmapUpdate},
      {"RESOURCE_PRF", Context::kResourceProof},
      {"RESOURCE_ICL", Context::kResourceInitiatorCancel},
      {"RESOURCE_RCL", Context::kResourceReceiverCancel},
      {"CACHE_REQUEST", Context::kCacheRequest},
      {"REQUEST", Context::kRequest},
      {"RESPONSE", Context::kResponse},
      {"PATH_RESPONSE", Context::kPathResponse},
      {"COMMAND", Context::kCommand},
      {"COMMAND_STATUS", Context::kCommandStatus},
      {"CHANNEL", Context::kChannel},
      {"KEEPALIVE", Context::kKeepalive},
      {"LINKIDENTIFY", Context::kLinkIdentify},
      {"LINKCLOSE", Context::kLinkClose},
      {"LINKPROOF", Context::kLinkProof},
      {"LRRTT", Context::kLinkRequestRtt},
      {"LRPROOF", Context::kLinkRequestProof},
  };
  VectorFile("packets").each("contexts", [](const Json& item) {
    const auto found = kNames.find(item["key"].get<std::string>());
    ASSERT_NE(found, kNames.end());
    EXPECT_EQ(static_cast<int>(found->second), item["value"].get<int>());
  });
}

TEST(Packet, Constants) {
  static const std::map<std::string, std::size_t> kValues{
      {"MTU", kMtu},
      {"MDU", kMdu},
      {"HEADER_MINSIZE", kHeaderMin},
      {"HEADER_MAXSIZE", kHeaderMax},
      {"IFAC_MIN_SIZE", kMtu - kHeaderMax - kMdu},
      {"ENCRYPTED_MDU", kEncryptedMdu},
      {"PLAIN_MDU", kMdu},
      {"LINK_MDU", link_mdu(kMtu)},
      {"TOKEN_OVERHEAD", 48},
      {"HASHMAP_MAX_LEN", (link_mdu(kMtu) - 134) / 4},
      {"COLLISION_GUARD_SIZE", 2 * 75 + (link_mdu(kMtu) - 134) / 4},
      {"RESOURCE_SDU", resource_sdu(kMtu)},
      {"PATHFINDER_M", kMaxHops},
  };
  VectorFile("packets").each("constants", [](const Json& item) {
    const auto found = kValues.find(item["key"].get<std::string>());
    ASSERT_NE(found, kValues.end());
    EXPECT_EQ(found->second, item["value"].get<std::size_t>());
  });
}

TEST(Packet, EveryLengthAndHopByte) {
  const Bytes zeroes(40, 0);
  for (std::size_t size = 0; size <= zeroes.size(); ++size) {
    const auto packet = decode_packet(ByteView(zeroes).first(size));
    EXPECT_EQ(packet.has_value(), size >= kHeaderMin) << size;
  }
  for (unsigned hops = 0; hops < 256; ++hops) {
    Bytes raw(20, 0);
    raw[1] = static_cast<std::uint8_t>(hops);
    EXPECT_EQ(decode_packet(raw).has_value(), hops < kMaxHops) << hops;
  }
  EXPECT_TRUE(hashable_part({}).empty());
  EXPECT_EQ(packet_type_name(PacketType::kProof), "PROOF");
}

TEST(Tunnel, OnlyItsOneLengthParses) {
  const Bytes bytes(200, 1);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode_tunnel(ByteView(bytes).first(size)).has_value(), size == kTunnelSize);
  }
}

TEST(Announce, TheContextFlagDecidesTheLength) {
  const Bytes bytes(200, 1);
  Packet packet;
  packet.packet_type = PacketType::kAnnounce;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    packet.data = ByteView(bytes).first(size);
    packet.context_flag = false;
    EXPECT_EQ(decode_announce(packet).has_value(), size >= kAnnounceFixed);
    packet.context_flag = true;
    EXPECT_EQ(decode_announce(packet).has_value(), size >= kAnnounceFixedRatchet);
  }
}

}  // namespace
}  // namespace mehr::wire
