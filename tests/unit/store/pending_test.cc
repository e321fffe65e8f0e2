// The queue's policy: cache writes coalesce and the oldest give way, messages are refused when full
// and never dropped.
#include "controlplane/store/pending.h"

#include <gtest/gtest.h>

#include "tests/unit/store/fixture.h"

namespace mehr::store {
namespace {

CacheWrite cache_write(std::uint8_t key, std::uint8_t value,
                       CacheTable table = CacheTable::kPaths) {
  return {table, Bytes{key}, Bytes{value}};
}

PendingMessage message(std::size_t bytes) {
  return {{{}, false, false, Bytes(bytes)}, {}};
}

TEST(Pending, CacheWritesOfOneRowCoalesceAndKeepTheirTurn) {
  Pending pending;
  EXPECT_EQ(pending.add_cache(cache_write(1, 10)), 0U);
  EXPECT_EQ(pending.add_cache(cache_write(2, 20)), 0U);
  EXPECT_EQ(pending.add_cache(cache_write(1, 11)), 0U);
  EXPECT_EQ(pending.add_cache(cache_write(1, 12, CacheTable::kTunnels)), 0U);
  EXPECT_EQ(pending.add_cache({CacheTable::kPaths, Bytes{2}, std::nullopt}), 0U);
  const Batch batch = pending.take(64, 512, 1000);
  ASSERT_EQ(batch.cache.size(), 3U);
  EXPECT_EQ(batch.cache[0].row, Bytes{11});
  EXPECT_FALSE(batch.cache[1].row);
  EXPECT_EQ(batch.cache[2].table, CacheTable::kTunnels);
  EXPECT_TRUE(pending.empty());
}

TEST(Pending, OldestCacheWriteGivesWayByCountAndBytes) {
  Pending pending({.cache = 3, .cache_bytes = 1'000});
  for (std::uint8_t i = 0; i < 3; ++i)
    EXPECT_EQ(pending.add_cache(cache_write(i, i)), 0U);
  EXPECT_EQ(pending.add_cache(cache_write(9, 9)), 1U);
  EXPECT_EQ(pending.cache(), 3U);
  EXPECT_EQ(pending.add_cache({CacheTable::kPaths, Bytes{8}, Bytes(999)}), 3U);
  Batch batch = pending.take(64, 512, 1);
  ASSERT_EQ(batch.cache.size(), 1U);  // at least one, however large
  EXPECT_EQ(batch.cache[0].key, Bytes{8});
  EXPECT_EQ(pending.add_cache(cache_write(1, 1)), 0U);  // its bytes were given back
}

TEST(Pending, MessagesAreRefusedWhenFull) {
  Pending pending({.messages = 2, .message_bytes = 100});
  PendingMessage small = message(10), large = message(95), third = message(1), fourth = message(1);
  EXPECT_TRUE(pending.add_message(small));
  EXPECT_FALSE(pending.add_message(large));
  EXPECT_EQ(large.row.row.size(), 95U);  // still the caller's
  EXPECT_TRUE(pending.add_message(third));
  EXPECT_FALSE(pending.add_message(fourth));
  EXPECT_EQ(pending.take(1, 0, 0).messages.size(), 1U);
  EXPECT_TRUE(pending.add_message(fourth));
  EXPECT_EQ(pending.messages(), 2U);
}

TEST(Pending, ACacheFloodLeavesMessagesAlone) {
  Pending pending({.messages = 2, .cache = 2});
  PendingMessage one = message(1);
  ASSERT_TRUE(pending.add_message(one));
  std::size_t dropped = 0;
  for (std::uint8_t i = 0; i < 200; ++i)
    dropped += pending.add_cache(cache_write(i, i));
  EXPECT_EQ(dropped, 198U);
  EXPECT_EQ(pending.take(64, 512, 1000).messages.size(), 1U);
}

TEST(Pending, NumbersSayWhatStillWaits) {
  Pending pending;
  const std::uint64_t start = pending.next_number();
  EXPECT_EQ(pending.oldest_number(), start);
  static_cast<void>(pending.add_cache(cache_write(1, 1)));
  PendingMessage one = message(1);
  ASSERT_TRUE(pending.add_message(one));
  EXPECT_EQ(pending.oldest_number(), start);
  static_cast<void>(pending.take(64, 0, 0));
  EXPECT_EQ(pending.oldest_number(), start);  // the cache write still waits
  static_cast<void>(pending.add_cache(cache_write(1, 2)));
  EXPECT_EQ(pending.oldest_number(), start);
  static_cast<void>(pending.take(64, 512, 1000));
  EXPECT_EQ(pending.oldest_number(), pending.next_number());
}

}  // namespace
}  // namespace mehr::store
