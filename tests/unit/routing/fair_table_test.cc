// The eviction policy of the shared table, and the deadlines beside it.
#include "controlplane/routing/fair_table.h"

#include <gtest/gtest.h>

#include <string>

#include "controlplane/routing/deadlines.h"
#include "controlplane/routing/dedup.h"

namespace mehr::routing {
namespace {

constexpr InterfaceId kA{1};
constexpr InterfaceId kB{2};
constexpr InterfaceId kC{3};
using Table = FairTable<int, std::string>;

TEST(FairTable, AnInterfaceOverItsQuarterReplacesItsOwnOldest) {
  Table table(8);
  EXPECT_FALSE(table.insert(1, kA, "one").evicted);
  EXPECT_FALSE(table.insert(2, kA, "two").evicted);
  EXPECT_EQ(table.insert(3, kA, "three").evicted, 1);
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(table.held_by(kA), 2u);
  EXPECT_EQ(table.find(1), nullptr);
  EXPECT_EQ(*table.find(3), "three");
}

TEST(FairTable, KeptEntriesStayAndNewcomersAreRefused) {
  Table table(8);
  table.insert(1, kA, "");
  table.insert(2, kA, "");
  table.keep(1);
  EXPECT_EQ(table.insert(3, kA, "").evicted, 2);
  table.keep(3);
  EXPECT_FALSE(table.has_room(kA));
  EXPECT_EQ(table.insert(4, kA, "").value, nullptr);
  EXPECT_TRUE(table.has_room(kB));
  EXPECT_NE(table.insert(4, kB, "").value, nullptr);
}

TEST(FairTable, WhenFullTheInterfaceHoldingMostGivesWay) {
  Table table(8);
  int key = 0;
  for (const InterfaceId interface : {kA, kB, kC, InterfaceId{4}}) {
    table.insert(++key, interface, "");
    table.insert(++key, interface, "");
  }
  EXPECT_EQ(table.size(), 8u);
  const auto inserted = table.insert(9, InterfaceId{5}, "");
  ASSERT_NE(inserted.value, nullptr);
  EXPECT_TRUE(inserted.evicted);
  EXPECT_EQ(table.size(), 8u);
}

TEST(FairTable, RechargeMovesTheEntry) {
  Table table(8);
  table.insert(1, kA, "");
  table.insert(2, kA, "");
  table.recharge(1, kB);
  EXPECT_EQ(table.held_by(kA), 1u);
  EXPECT_EQ(table.keys_of(kB), std::vector<int>{1});
  EXPECT_TRUE(table.erase(1));
  EXPECT_FALSE(table.erase(1));
  EXPECT_EQ(table.held_by(kB), 0u);
}

TEST(FairTable, WithoutCapacityEverythingIsRefused) {
  Table table(0);
  EXPECT_FALSE(table.has_room(kA));
  EXPECT_EQ(table.insert(1, kA, "").value, nullptr);
}

TEST(Deadlines, AsksForTheTrueEnd) {
  Deadlines<int> deadlines;
  EXPECT_EQ(deadlines.next(), kNever);
  deadlines.add(Time{} + 10s, 1);
  deadlines.add(Time{} + 5s, 2);
  EXPECT_EQ(deadlines.next(), Time{} + 5s);
  std::vector<int> asked;
  deadlines.run(Time{} + 10s, [&](int key) -> std::optional<Time> {
    asked.push_back(key);
    return std::nullopt;
  });
  EXPECT_EQ(asked, std::vector<int>{2});  // strictly before now
  deadlines.run(Time{} + 11s, [&](int key) -> std::optional<Time> {
    asked.push_back(key);
    return Time{} + 20s;
  });
  EXPECT_EQ(asked, (std::vector<int>{2, 1}));
  EXPECT_EQ(deadlines.next(), Time{} + 20s);
}

TEST(PacketHashes, ForgetsTheGenerationBeforeTheLast) {
  PacketHashes hashes(4);
  const auto hash = [](std::uint8_t i) { return Hash32{{i}}; };
  for (std::uint8_t i = 0; i < 8; ++i)
    hashes.remember(hash(i));
  EXPECT_EQ(hashes.size(), 8u);
  EXPECT_TRUE(hashes.seen(hash(0)));
  hashes.remember(hash(8));
  EXPECT_FALSE(hashes.seen(hash(0)));
  EXPECT_TRUE(hashes.seen(hash(4)));
  EXPECT_EQ(hashes.size(), 5u);
}

}  // namespace
}  // namespace mehr::routing
