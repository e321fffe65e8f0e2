// The counter table made from counters.def, and counting.
#include "core/border/counters.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace mehr::border {
namespace {

TEST(Counters, NamesAreUniqueAndSnakeCase) {
  std::set<std::string> names;
  for (const CounterInfo& info : counter_table()) {
    const std::string name = std::string(info.stage) + "_" + std::string(info.name);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos)
        << name;
    EXPECT_FALSE(info.unit.empty()) << name;
  }
  EXPECT_EQ(names.size(), kCounterCount);
}

TEST(Counters, HelpIsAPhrase) {
  for (const CounterInfo& info : counter_table()) {
    EXPECT_GE(info.help.size(), 10U) << info.name;
    EXPECT_NE(info.help.back(), '.') << info.name;
  }
}

TEST(Counters, TheTableFollowsTheEnum) {
  const auto table = counter_table();
  const CounterInfo& info = table[static_cast<std::size_t>(Counter::kPacketOtherTransport)];
  EXPECT_EQ(info.stage, "packet");
  EXPECT_EQ(info.name, "other_transport");
  EXPECT_EQ(info.severity, Severity::drop);
}

TEST(Counters, Counting) {
  Counters counters;
  counters.add(Counter::kRxFrames);
  counters.add(Counter::kRxBytes, 500);
  counters.add(Counter::kRxBytes, 20);
  EXPECT_EQ(counters.value(Counter::kRxFrames), 1U);
  EXPECT_EQ(counters.value(Counter::kRxBytes), 520U);
  EXPECT_EQ(counters.value(Counter::kTxFrames), 0U);
  EXPECT_EQ(counters.values()[static_cast<std::size_t>(Counter::kRxBytes)], 520U);
}

}  // namespace
}  // namespace mehr::border
