// What the dataplane is told of flows: only what changed, numbers never shared, room never
// exceeded.
#include "controlplane/accelerator/flow_mirror.h"

#include <gtest/gtest.h>

#include <map>

#include "core/base/random.h"

namespace mehr::accelerator {
namespace {

using routing::InterfaceId;

Hash16 key(std::uint8_t n) {
  return Hash16{{n, 7}};
}
routing::PathFlow path(std::uint8_t next, std::uint32_t interface, bool sampled = false) {
  return {Hash16{{next}}, InterfaceId{interface}, false, sampled, 500};
}

/// The other side, which believes what it is told.
struct Dataplane {
  std::map<Hash16, border::SetFlow> flows;
  std::map<std::uint32_t, border::SetNextHop> hops;
  std::map<std::uint32_t, border::SetLink> links;
  void take(const std::vector<border::Down>& messages) {
    for (const border::Down& message : messages) {
      if (const auto* flow = std::get_if<border::SetFlow>(&message)) flows[flow->key] = *flow;
      if (const auto* gone = std::get_if<border::DropFlow>(&message)) flows.erase(gone->key);
      if (const auto* hop = std::get_if<border::SetNextHop>(&message)) hops[hop->index] = *hop;
      if (const auto* link = std::get_if<border::SetLink>(&message)) links[link->index] = *link;
    }
  }
};

class FlowMirrorTest : public ::testing::Test {
 protected:
  FlowMirrorTest() { mirror.reset(4, 4, 6); }
  std::size_t set(const Hash16& k, const routing::Flow& flow) {
    std::vector<border::Down> out;
    mirror.set(
        k, flow,
        [this](InterfaceId id) -> std::optional<std::uint16_t> {
          if (!carried.contains(id.value)) return std::nullopt;
          return carried[id.value];
        },
        out);
    dataplane.take(out);
    return out.size();
  }
  std::map<std::uint32_t, std::uint16_t> carried{{1, 10}, {2, 20}};
  FlowMirror mirror;
  Dataplane dataplane;
};

TEST_F(FlowMirrorTest, DestinationsBehindOneNodeShareItsNextHop) {
  EXPECT_EQ(set(key(1), path(9, 1)), 2U);
  EXPECT_EQ(set(key(2), path(9, 1)), 1U);
  EXPECT_EQ(set(key(2), path(9, 1)), 0U) << "nothing changed";
  EXPECT_EQ(mirror.next_hops(), 1U);
  EXPECT_EQ(dataplane.hops.at(dataplane.flows.at(key(1)).index).neighbour, 10);
  EXPECT_EQ(set(key(2), path(9, 1, true)), 2U) << "judged by its proofs from now on";
  EXPECT_TRUE(dataplane.hops.at(dataplane.flows.at(key(2)).index).sampled);
  EXPECT_FALSE(dataplane.hops.at(dataplane.flows.at(key(1)).index).sampled);
}

TEST_F(FlowMirrorTest, WhatIsNotCarriedIsNoFlow) {
  set(key(1), path(9, 1));
  EXPECT_EQ(set(key(1), path(9, 3)), 1U);
  EXPECT_TRUE(dataplane.flows.empty());
  EXPECT_FALSE(mirror.take_left_out(InterfaceId{1}));
  EXPECT_TRUE(mirror.take_left_out(InterfaceId{3}));
  EXPECT_FALSE(mirror.take_left_out(InterfaceId{3}));
  EXPECT_EQ(set(key(2), routing::LinkFlow{InterfaceId{1}, InterfaceId{3}, 1, 2, 400}), 0U);
  EXPECT_EQ(mirror.size(), 0U);
  EXPECT_EQ(mirror.next_hops(), 0U);
}

TEST_F(FlowMirrorTest, LinksAreChangedInPlaceAndGivenBack) {
  set(key(1), routing::LinkFlow{InterfaceId{1}, InterfaceId{2}, 1, 2, 400});
  EXPECT_EQ(set(key(1), routing::LinkFlow{InterfaceId{1}, InterfaceId{2}, 1, 2, 300}), 1U);
  EXPECT_EQ(dataplane.links.at(dataplane.flows.at(key(1)).index).limit, 300);
  set(key(1), routing::LocalFlow{});
  EXPECT_EQ(dataplane.flows.at(key(1)).target, border::FlowTarget::kLocal);
  EXPECT_EQ(mirror.links(), 0U);
  set(key(1), std::monostate{});
  EXPECT_TRUE(dataplane.flows.empty());
}

TEST_F(FlowMirrorTest, FullTablesLeaveTheRestToTheRouter) {
  for (std::uint8_t n = 0; n < 6; ++n)
    set(key(n), path(n, 1));
  EXPECT_EQ(mirror.size(), 4U) << "next hops";
  set(key(20), routing::LocalFlow{});
  set(key(21), routing::LocalFlow{});
  set(key(22), routing::LocalFlow{});
  EXPECT_EQ(mirror.size(), 6U) << "flows";
  EXPECT_EQ(mirror.refused(), 3U);
}

TEST_F(FlowMirrorTest, AnyOrderOfChangesEndsWithTheSameFlows) {
  SeededRandom random(3);
  mirror.reset(1'000, 1'000, 1'000);
  std::map<Hash16, routing::Flow> wanted;
  for (int i = 0; i < 5'000; ++i) {
    const Hash16 k = key(static_cast<std::uint8_t>(random.below(40)));
    const auto one = static_cast<std::uint32_t>(1 + random.below(3));
    const auto other = static_cast<std::uint32_t>(1 + random.below(3));
    routing::Flow flow;
    switch (random.below(4)) {
      case 0:
        flow = path(static_cast<std::uint8_t>(random.below(5)), one, random.below(2) == 0);
        break;
      case 1:
        flow = routing::LinkFlow{InterfaceId{one}, InterfaceId{other}, 1, 2, 400};
        break;
      case 2:
        flow = routing::LocalFlow{};
        break;
      default:
        break;
    }
    wanted[k] = flow;
    set(k, flow);
  }
  for (const auto& [k, flow] : wanted) {
    const auto there = dataplane.flows.find(k);
    const auto* along = std::get_if<routing::PathFlow>(&flow);
    const auto* link = std::get_if<routing::LinkFlow>(&flow);
    if (along != nullptr && carried.contains(along->interface.value)) {
      ASSERT_NE(there, dataplane.flows.end());
      ASSERT_EQ(there->second.target, border::FlowTarget::kPath);
      const border::SetNextHop& hop = dataplane.hops.at(there->second.index);
      EXPECT_EQ(hop.neighbour, carried.at(along->interface.value));
      EXPECT_EQ(hop.transport_id, along->next_hop);
      EXPECT_EQ(hop.sampled, along->sampled);
    } else if (link != nullptr && carried.contains(link->next.value) &&
               carried.contains(link->received.value)) {
      ASSERT_NE(there, dataplane.flows.end());
      ASSERT_EQ(there->second.target, border::FlowTarget::kLink);
      EXPECT_EQ(dataplane.links.at(there->second.index).next, carried.at(link->next.value));
    } else if (std::holds_alternative<routing::LocalFlow>(flow)) {
      ASSERT_NE(there, dataplane.flows.end());
      EXPECT_EQ(there->second.target, border::FlowTarget::kLocal);
    } else {
      EXPECT_EQ(there, dataplane.flows.end());
    }
  }
  EXPECT_EQ(mirror.size(), dataplane.flows.size());
}

}  // namespace
}  // namespace mehr::accelerator
