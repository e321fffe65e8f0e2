// The flow table against a map, full, and read while it is written.
#include "dataplane/tables/flow_table.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

namespace mehr::dataplane {
namespace {

Hash16 key_of(std::uint64_t number) {
  SeededRandom random(number);
  return random.fixed<16>();
}

TEST(FlowTable, AgreesWithAMapThroughRandomOperations) {
  SeededRandom random(11);
  FlowTable table(2'000, random);
  std::map<Hash16, std::uint32_t> model;
  for (int step = 0; step < 60'000; ++step) {
    const Hash16 key = key_of(random.below(3'000));
    const auto value = static_cast<std::uint32_t>(1 + random.below(1'000'000));
    switch (random.below(3)) {
      case 0:
      case 1: {
        const bool fits = model.contains(key) || model.size() < 2'000;
        ASSERT_EQ(table.insert(key, value), fits);
        if (fits) model[key] = value;
        break;
      }
      default:
        ASSERT_EQ(table.erase(key), model.erase(key) == 1);
    }
    ASSERT_EQ(table.size(), model.size());
    const Hash16 asked = key_of(random.below(3'000));
    const auto known = model.find(asked);
    ASSERT_EQ(table.find(asked), known == model.end() ? FlowTable::kAbsent : known->second);
  }
  for (const auto& [key, value] : model)
    EXPECT_EQ(table.find(key), value);
}

TEST(FlowTable, TakesAllItPromisesAtMostSixtyFourBytesEach) {
  SeededRandom random(5);
  constexpr std::size_t kEntries = 200'000;
  FlowTable table(kEntries, random);
  for (std::uint64_t i = 0; i < kEntries; ++i)
    ASSERT_TRUE(table.insert(key_of(i), static_cast<std::uint32_t>(i + 1))) << i;
  EXPECT_FALSE(table.insert(key_of(kEntries), 1));
  EXPECT_TRUE(table.insert(key_of(7), 99)) << "replacing needs no room";
  EXPECT_EQ(table.find(key_of(7)), 99u);
  EXPECT_LE(table.memory_bytes(), kEntries * 64);
  for (std::uint64_t i = 8; i < kEntries; ++i)
    ASSERT_EQ(table.find(key_of(i)), i + 1);
  EXPECT_EQ(table.find(key_of(kEntries + 5)), FlowTable::kAbsent);
}

TEST(FlowTable, FindsManyAtOnceInAnyOrder) {
  SeededRandom random(6);
  FlowTable table(1'000, random);
  for (std::uint64_t i = 0; i < 1'000; ++i)
    ASSERT_TRUE(table.insert(key_of(i), static_cast<std::uint32_t>(i + 1)));
  std::vector<Hash16> asked;
  std::vector<std::uint32_t> expected;
  for (std::size_t i = 0; i < FlowTable::kBurst; ++i) {
    const auto number = random.below(2'000);
    asked.push_back(key_of(number));
    expected.push_back(number < 1'000 ? static_cast<std::uint32_t>(number + 1) : 0);
  }
  std::vector<const std::uint8_t*> keys;
  for (const Hash16& key : asked)
    keys.push_back(key.bytes.data());
  std::vector<std::uint32_t> values(keys.size());
  table.find(keys, values);
  EXPECT_EQ(values, expected);
}

TEST(FlowTable, TellsOnceWhatWasUsed) {
  SeededRandom random(8);
  FlowTable table(500, random);
  for (std::uint64_t i = 0; i < 500; ++i)
    ASSERT_TRUE(table.insert(key_of(i), static_cast<std::uint32_t>(i + 1)));
  for (const std::uint64_t i : {3u, 77u, 499u})
    EXPECT_NE(table.find(key_of(i)), 0u);
  const auto collect = [&table] {
    std::map<std::uint32_t, Hash16> used;
    std::size_t bucket = 0;
    do {
      bucket = table.take_used(
          bucket, 10, [&used](const Hash16& key, std::uint32_t value) { used[value] = key; });
    } while (bucket != 0);
    return used;
  };
  const std::map<std::uint32_t, Hash16> expected{
      {4, key_of(3)}, {78, key_of(77)}, {500, key_of(499)}};
  EXPECT_EQ(collect(), expected);
  EXPECT_TRUE(collect().empty());
}

// Values say which key they belong to, so a reader that saw half of an entry would show it.
TEST(FlowTable, AReaderSeesAnEntryWholeOrNotAtAll) {
  SeededRandom random(9);
  FlowTable table(300, random);
  std::vector<Hash16> keys;
  for (std::uint64_t i = 0; i < 600; ++i)
    keys.push_back(key_of(i));
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> wrong = 0, found = 0;
  std::thread reader([&] {
    SeededRandom draw(1);
    while (!stop.load(std::memory_order_relaxed)) {
      const auto i = draw.below(600);
      const std::uint32_t value = table.find(keys[i]);
      if (value == 0) continue;
      found.fetch_add(1, std::memory_order_relaxed);
      if (value % 600 != i) wrong.fetch_add(1, std::memory_order_relaxed);
    }
  });
  std::uint64_t refused = 0;
  for (std::uint64_t step = 0; step < 400'000 || found.load() < 1'000; ++step) {
    const auto i = random.below(600);
    if (random.below(2) == 0) {
      const auto value = static_cast<std::uint32_t>(600 * (1 + random.below(1'000)) + i);
      if (!table.insert(keys[i], value)) ++refused;
    } else {
      table.erase(keys[i]);
    }
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong.load(), 0u);
  EXPECT_GT(found.load(), 0u);
}

}  // namespace
}  // namespace mehr::dataplane
