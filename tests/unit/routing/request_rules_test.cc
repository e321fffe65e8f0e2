// Every case of the reference's decision tables that concern path requests and link requests.
#include <gtest/gtest.h>

#include <set>

#include "core/wire/link.h"
#include "core/wire/path_request.h"
#include "tests/unit/routing/world.h"
#include "tests/unit/vector_file.h"

namespace mehr::routing {
namespace {

using mehr::test::Json;
using mehr::test::VectorFile;
using test::in_transport;
using test::kEpoch;
using test::Originator;
using test::World;

const Hash16 kOwn{{0x42}};
const Hash16 kTag{{0x77}};

Bytes request_for(const DestinationHash& destination) {
  return wire::encode_path_request({destination, std::nullopt, kTag.view()});
}

InterfaceTraits traits_of(const Json& item) {
  InterfaceTraits traits;
  std::string name = item.at("received_on");
  if (name == "pointtopoint") name = "point_to_point";
  traits.mode = mode_from_name(name).value();
  traits.recursive_path_requests = item.at("recursive_prs");
  return traits;
}

TEST(RequestRules, UnknownPathsAreForwardedByMode) {
  VectorFile("transport_rules").each("path_request_modes", [](const Json& item) {
    World world(true, {}, kOwn);
    world.up("asked", traits_of(item));
    for (const char* name : {"full", "boundary", "gateway"}) {
      InterfaceTraits other;
      other.mode = mode_from_name(name).value();
      world.up(name, other);
    }
    world.advance(0);
    world.receive("asked", request_for(Hash16{{1}}));
    std::set<std::string> asked;
    for (const auto& each : world.sent)
      asked.insert(each.interface);
    std::set<std::string> expected;
    for (const Json& name : item.at("unknown_forwarded_to"))
      expected.insert(name);
    EXPECT_EQ(asked, expected);
  });
}

TEST(RequestRules, KnownPathsAreAnsweredByMode) {
  VectorFile("transport_rules").each("path_request_modes", [](const Json& item) {
    for (const bool same : {false, true}) {
      World world(true, {}, kOwn);
      world.up("asked", traits_of(item));
      world.up("other");
      Originator origin(1);
      world.advance(0);
      world.receive(same ? "asked" : "other",
                    origin.announce(kEpoch, 0, std::nullopt, 0, wire::Context::kPathResponse));
      world.advance(10);
      world.receive("asked", request_for(origin.destination()));
      const double not_before = item.at("answer_not_before");
      world.advance(10 + not_before);
      EXPECT_TRUE(world.sent.empty());
      world.advance(10 + not_before + 1.5);
      const bool answered =
          item.at(same ? "answered_when_path_is_on_the_same_interface" : "known_answered");
      ASSERT_EQ(world.sent.size(), answered ? 1u : 0u);
      if (!answered) continue;
      EXPECT_EQ(world.sent[0].interface, "asked");
      const auto packet = wire::decode_packet(world.sent[0].raw).value();
      EXPECT_EQ(packet.context, wire::Context::kPathResponse);
      EXPECT_EQ(packet.transport_id, kOwn);
    }
  });
}

std::optional<std::uint32_t> optional_number(const Json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<std::uint32_t>());
}

TEST(RequestRules, LinkRequestMtu) {
  VectorFile("transport_rules").each("link_request_mtu", [](const Json& item) {
    World world(true, {}, kOwn);
    InterfaceTraits in;
    in.hardware_mtu = optional_number(item.at("in_hw_mtu"));
    InterfaceTraits out;
    out.hardware_mtu = optional_number(item.at("out_hw_mtu"));
    out.autoconfigure_mtu = item.at("out_autoconfigure");
    out.fixed_mtu = item.at("out_fixed");
    world.up("in", in);
    world.up("out", out);
    Originator origin(1);
    world.receive("out", origin.announce(kEpoch, 0, std::nullopt, 0, wire::Context::kPathResponse));
    wire::LinkRequest request;
    if (const auto signalled = optional_number(item.at("signalled"))) {
      request.signalling = wire::LinkSignalling{*signalled, 1};
    }
    world.receive("in", in_transport(kOwn, origin.destination(), wire::PacketType::kLinkRequest,
                                     wire::encode_link_request(request)));
    ASSERT_EQ(world.sent.size(), item.at("relayed").get<bool>() ? 1u : 0u);
    EXPECT_EQ(world.router->tables().links, world.sent.size());
    if (world.sent.empty()) return;
    const auto relayed = wire::decode_packet(world.sent[0].raw).value();
    const auto read = wire::decode_link_request(relayed.data).value();
    const auto expected = optional_number(item.at("result"));
    ASSERT_EQ(read.signalling.has_value(), expected.has_value());
    if (expected) {
      EXPECT_EQ(read.signalling->mtu, *expected);
    }
  });
}

}  // namespace
}  // namespace mehr::routing
