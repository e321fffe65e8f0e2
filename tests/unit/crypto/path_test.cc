// Path requests, tunnels and AutoInterface discovery against path.json.
#include <gtest/gtest.h>

#include "core/crypto/auto_discovery.h"
#include "core/crypto/hash.h"
#include "core/crypto/identity.h"
#include "core/crypto/tunnel.h"
#include "core/wire/path_request.h"
#include "tests/unit/crypto/packet_fields.h"
#include "tests/unit/vector_file.h"

namespace mehr::crypto {
namespace {

using test::fixed_hex;
using test::hex;
using test::Json;
using test::optional_fixed_hex;
using test::VectorFile;

TEST(Path, ControlDestinationsAreTheHashesOfTheirNames) {
  const VectorFile file("path");
  EXPECT_EQ(wire::kPathRequestDestination, plain_destination_hash("rnstransport.path.request"));
  EXPECT_EQ(wire::kTunnelDestination, plain_destination_hash("rnstransport.tunnel.synthesize"));
  EXPECT_EQ(wire::kPathRequestDestination, fixed_hex<16>(file.root()["path_request_destination"]));
  EXPECT_EQ(wire::kTunnelDestination, fixed_hex<16>(file.root()["tunnel_destination"]));
}

TEST(Path, Requests) {
  VectorFile("path").each("requests", [](const Json& item) {
    const Bytes raw = hex(item["raw"]);
    test::expect_packet_fields(raw, item);
    const auto packet = wire::decode_packet(raw);
    EXPECT_EQ(packet->destination, wire::kPathRequestDestination);
    const auto request = wire::decode_path_request(packet->data);
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(request->destination, fixed_hex<16>(item["requested"]));
    EXPECT_EQ(request->transport_id, optional_fixed_hex<16>(item["requestor_transport_id"]));
    EXPECT_EQ(to_bytes(request->tag), hex(item["tag"]));
    EXPECT_EQ(wire::encode_path_request(*request), raw);
  });
}

TEST(Path, Tunnels) {
  VectorFile("path").each("tunnels", [](const Json& item) {
    const auto self = PrivateIdentity::from_bytes(hex(item["transport_private"]));
    ASSERT_TRUE(self.has_value());
    const Hash32 interface_hash = sha256(as_bytes(item["interface_name"].get<std::string>()));
    EXPECT_EQ(interface_hash, fixed_hex<32>(item["interface_hash"]));
    EXPECT_EQ(tunnel_id(self->public_identity(), interface_hash), fixed_hex<32>(item["tunnel_id"]));
    const Bytes raw = hex(item["raw"]);
    const auto packet = wire::decode_packet(raw);
    ASSERT_TRUE(packet.has_value());
    EXPECT_EQ(packet->destination, wire::kTunnelDestination);
    const auto tunnel = check_tunnel(packet->data);
    ASSERT_TRUE(tunnel.has_value());
    EXPECT_EQ(tunnel->identity, self->public_identity());
    EXPECT_EQ(tunnel->interface_hash, interface_hash);
    EXPECT_EQ(wire::encode_tunnel(*tunnel), raw);
    wire::Tunnel ours = *tunnel;
    ours.signature = self->sign(wire::tunnel_signed_material(ours));
    EXPECT_EQ(wire::encode_tunnel(ours), raw);
    Bytes longer = to_bytes(packet->data);
    longer.push_back(0);
    EXPECT_FALSE(check_tunnel(longer).has_value());
    EXPECT_FALSE(check_tunnel(packet->data.first(175)).has_value());
    for (std::size_t at = 0; at < wire::kTunnelSize; at += 16) {
      Bytes damaged = to_bytes(packet->data);
      damaged[at] ^= 1;
      EXPECT_FALSE(check_tunnel(damaged).has_value()) << at;
    }
  });
}

TEST(Path, AutoInterface) {
  VectorFile("path").each("auto_interface", [](const Json& item) {
    const auto group = item["group"].get<std::string>();
    EXPECT_EQ(sha256(as_bytes(group)), fixed_hex<32>(item["group_hash"]));
    EXPECT_EQ(auto_group_address(group), item["multicast_address"].get<std::string>());
    EXPECT_EQ(auto_peer_token(group, item["source"].get<std::string>()),
              fixed_hex<32>(item["token"]));
  });
}

TEST(Path, AutoInterfaceScopes) {
  EXPECT_EQ(auto_group_address("reticulum", MulticastScope::kGlobal, MulticastKind::kPermanent),
            "ff0e:0:d70b:fb1c:16e4:5e39:485e:31e1");
}

}  // namespace
}  // namespace mehr::crypto
