// Access codes against the reference's frames, and the traits that follow from a configuration.
#include "controlplane/interface/gate.h"

#include <gtest/gtest.h>

#include "controlplane/interface/traits.h"
#include "core/crypto/hash.h"
#include "tests/unit/vector_file.h"

namespace mehr::interface {
namespace {

using border::Counter;
using config::InterfaceConfig;
using config::InterfaceKind;
using test::Json;

InterfaceConfig of_kind(InterfaceKind kind) {
  InterfaceConfig config;
  config.name = "one";
  config.kind = kind;
  return config;
}

std::string text(const Json& value) {
  return value.is_null() ? "" : value.get<std::string>();
}

TEST(GateVectors, Frames) {
  const test::VectorFile file("ifac");
  file.each("frames", [](const Json& item) {
    InterfaceConfig config = of_kind(InterfaceKind::kUdp);
    config.network_name = text(item.at("network_name"));
    config.passphrase = text(item.at("passphrase"));
    config.access_code_bits = item.at("ifac_size").get<std::uint32_t>() * 8;
    border::Counters counters;
    Gate gate(config, counters);
    const Bytes packet = test::hex(item.at("packet")), frame = test::hex(item.at("frame"));
    EXPECT_EQ(to_bytes(gate.protect(packet)), frame);
    const auto admitted = gate.admit(frame);
    ASSERT_TRUE(admitted);
    EXPECT_EQ(to_bytes(*admitted), packet);
  });
}

TEST(GateVectors, Checks) {
  const test::VectorFile file("ifac");
  // The checks do not name their key: it is the one of the list that admits the good frame.
  const Bytes good = test::hex(file.root().at("checks").at(0).at("frame"));
  InterfaceConfig closed;
  for (const Json& key : file.root().at("keys")) {
    InterfaceConfig candidate = of_kind(InterfaceKind::kTcpServer);
    candidate.network_name = text(key.at("network_name"));
    candidate.passphrase = text(key.at("passphrase"));
    border::Counters unused;
    if (Gate(candidate, unused).admit(good)) closed = candidate;
  }
  ASSERT_FALSE(closed.name.empty()) << "no key admits the good frame";
  file.each("checks", [&](const Json& item) {
    border::Counters counters;
    Gate gate(item.at("interface") == "open" ? of_kind(InterfaceKind::kTcpServer) : closed,
              counters);
    const bool accepted = gate.admit(test::hex(item.at("frame"))).has_value();
    EXPECT_EQ(accepted, item.at("accepted").get<bool>());
    const std::uint64_t counted =
        counters.value(Counter::kRxTooShort) + counters.value(Counter::kAccessMissing) +
        counters.value(Counter::kAccessUnexpected) + counters.value(Counter::kAccessWrong);
    EXPECT_EQ(counted, accepted ? 0U : 1U);
  });
}

TEST(Gate, DefaultSizes) {
  border::Counters counters;
  const auto size = [&](InterfaceKind kind) {
    InterfaceConfig config = of_kind(kind);
    config.passphrase = "secret";
    return Gate(config, counters).size();
  };
  EXPECT_EQ(size(InterfaceKind::kTcpServer), 16U);
  EXPECT_EQ(size(InterfaceKind::kTcpClient), 16U);
  EXPECT_EQ(size(InterfaceKind::kUdp), 16U);
  EXPECT_EQ(size(InterfaceKind::kRnode), 8U);
  EXPECT_EQ(Gate(of_kind(InterfaceKind::kUdp), counters).size(), 0U);
}

TEST(Traits, DefaultsByKind) {
  const auto tcp = traits_from_config(of_kind(InterfaceKind::kTcpServer));
  EXPECT_EQ(tcp.bitrate_bps, 10'000'000U);
  EXPECT_EQ(tcp.hardware_mtu, 8192U);
  EXPECT_TRUE(tcp.autoconfigure_mtu);
  EXPECT_FALSE(tcp.fixed_mtu);
  EXPECT_TRUE(tcp.ingress_control);
  EXPECT_DOUBLE_EQ(tcp.announce_cap, 0.02);
  ASSERT_TRUE(tcp.announce_rate);
  EXPECT_EQ(tcp.announce_rate->target, Duration(3600s));
  EXPECT_EQ(tcp.announce_rate->grace, 5U);
  EXPECT_EQ(tcp.announce_rate->penalty, Duration::zero());
  EXPECT_FALSE(tcp.tunnel_interface_hash);

  const auto udp = traits_from_config(of_kind(InterfaceKind::kUdp));
  EXPECT_EQ(udp.hardware_mtu, 1064U);
  EXPECT_FALSE(udp.autoconfigure_mtu);
  EXPECT_FALSE(udp.fixed_mtu);

  const auto radio = traits_from_config(of_kind(InterfaceKind::kRnode));
  EXPECT_EQ(radio.hardware_mtu, 508U);
  EXPECT_EQ(radio.bitrate_bps, 3125U);
  EXPECT_FALSE(radio.ingress_control);
}

TEST(Traits, WhatTheConfigurationOverrides) {
  InterfaceConfig config = of_kind(InterfaceKind::kTcpClient);
  config.connect_host = "example.org";
  config.connect_port = 4242;
  config.mode = "boundary";
  config.bitrate_bps = 1'200'000;
  config.outgoing = false;
  config.ingress_control = false;
  config.announce_cap_percent = 5;
  config.announce_rate_target_s = 0;
  auto traits = traits_from_config(config);
  EXPECT_EQ(traits.mode, routing::InterfaceMode::kBoundary);
  EXPECT_EQ(traits.hardware_mtu, 2048U);
  EXPECT_FALSE(traits.outgoing);
  EXPECT_FALSE(traits.ingress_control);
  EXPECT_DOUBLE_EQ(traits.announce_cap, 0.05);
  EXPECT_FALSE(traits.announce_rate);
  EXPECT_EQ(traits.tunnel_interface_hash, crypto::sha256(as_bytes("one/example.org:4242")));
  config.mtu = 900;
  traits = traits_from_config(config);
  EXPECT_EQ(traits.hardware_mtu, 900U);
  EXPECT_TRUE(traits.fixed_mtu);
  EXPECT_FALSE(traits.autoconfigure_mtu);
}

TEST(Traits, MtuFollowsTheBitrate) {
  EXPECT_EQ(mtu_for_bitrate(1'000'000'000), 524'288U);
  EXPECT_EQ(mtu_for_bitrate(999'999'999), 262'144U);
  EXPECT_EQ(mtu_for_bitrate(750'000'000), 131'072U);
  EXPECT_EQ(mtu_for_bitrate(400'000'000), 65'536U);
  EXPECT_EQ(mtu_for_bitrate(200'000'000), 32'768U);
  EXPECT_EQ(mtu_for_bitrate(100'000'000), 16'384U);
  EXPECT_EQ(mtu_for_bitrate(10'000'001), 16'384U);
  EXPECT_EQ(mtu_for_bitrate(10'000'000), 8192U);
  EXPECT_EQ(mtu_for_bitrate(5'000'000), 4096U);
  EXPECT_EQ(mtu_for_bitrate(2'000'000), 2048U);
  EXPECT_EQ(mtu_for_bitrate(1'000'000), 1024U);
  EXPECT_EQ(mtu_for_bitrate(62'501), 1024U);
  EXPECT_EQ(mtu_for_bitrate(62'500), std::nullopt);
}

}  // namespace
}  // namespace mehr::interface
