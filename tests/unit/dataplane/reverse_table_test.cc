// The reverse table against a map with times, full, spent by the wrong neighbour, and from several
// workers.
#include "dataplane/tables/reverse_table.h"

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

constexpr Time kStart{Duration{77'000'000}};
constexpr std::size_t kAll = 1'000'000;

TEST(ReverseTable, AgreesWithAMapThroughRandomOperations) {
  struct Known {
    ReverseEntry entry;
    Time created;
  };
  SeededRandom random(1);
  ReverseTable table(3'000, random, kStart);
  std::map<std::uint64_t, Known> model;
  Time now = kStart;
  for (int step = 0; step < 200'000; ++step) {
    if (random.below(4) == 0) {
      now += Duration{static_cast<std::int64_t>(random.below(2'000'000))};
      table.advance(now, kAll);
    }
    const std::uint64_t number = random.below(2'500);
    const auto known = model.find(number);
    const Duration age = known == model.end() ? 9'999s : now - known->second.created;
    // In the last tick it may be there or not.
    const bool alive = age <= ReverseTable::kLife;
    const bool over = age > ReverseTable::kLife + 2 * ReverseTable::kTick;
    const ReverseEntry found = table.find(key_of(number));
    const ReverseEntry expected = alive ? known->second.entry : ReverseEntry{};
    if (alive || over) {
      ASSERT_EQ(found, expected) << step;
    }
    switch (random.below(4)) {
      case 0:
      case 1: {
        const ReverseEntry entry{static_cast<NeighbourIndex>(random.below(500)),
                                 static_cast<NeighbourIndex>(random.below(500))};
        ASSERT_TRUE(table.remember(key_of(number), entry)) << step;
        model[number] = {entry, now};
        break;
      }
      case 2: {
        NeighbourIndex received = kNoNeighbour;
        const auto from = static_cast<NeighbourIndex>(random.below(2) == 0 || known == model.end()
                                                          ? random.below(500)
                                                          : known->second.entry.outbound);
        const Spend verdict = table.spend(key_of(number).bytes.data(), from, received);
        if (over) {
          ASSERT_EQ(verdict, Spend::kUnknown);
        }
        if (!alive) break;
        const bool right = from == known->second.entry.outbound;
        ASSERT_EQ(verdict, right ? Spend::kSpent : Spend::kOtherNeighbour);
        if (!right) break;
        ASSERT_EQ(received, known->second.entry.received);
        model.erase(known);
        break;
      }
      default:
        break;
    }
  }
}

TEST(ReverseTable, IsSpentOnceAndByTheRightNeighbourOnly) {
  SeededRandom random(2);
  ReverseTable table(100, random, kStart);
  const Hash16 key = key_of(1);
  EXPECT_TRUE(table.remember(key, {3, 9}));
  NeighbourIndex received = kNoNeighbour;
  EXPECT_EQ(table.spend(key.bytes.data(), 3, received), Spend::kOtherNeighbour);
  EXPECT_EQ(received, kNoNeighbour);
  EXPECT_EQ(table.spend(key.bytes.data(), 9, received), Spend::kSpent);
  EXPECT_EQ(received, 3);
  EXPECT_EQ(table.spend(key.bytes.data(), 9, received), Spend::kUnknown);
}

TEST(ReverseTable, TakesAllItPromisesAtMostSixtyFourBytesEach) {
  constexpr std::uint64_t kEntries = 200'000;
  SeededRandom random(3);
  ReverseTable table(kEntries, random, kStart);
  EXPECT_LE(table.memory_bytes(), kEntries * 64);
  for (std::uint64_t i = 0; i < kEntries; ++i)
    ASSERT_TRUE(table.remember(key_of(i), {1, static_cast<NeighbourIndex>(i)})) << i;
  for (std::uint64_t i = 0; i < kEntries; ++i)
    ASSERT_EQ(table.find(key_of(i)), (ReverseEntry{1, static_cast<NeighbourIndex>(i)})) << i;
}

// Twice as many as fit, in rounds a tick apart: those that go are old.
TEST(ReverseTable, TheOldestGoFirst) {
  constexpr std::uint64_t kCapacity = 20'000, kRounds = 100, kRound = 600;
  SeededRandom random(4);
  ReverseTable table(kCapacity, random, kStart);
  std::size_t gone = 0;
  for (std::uint64_t i = 0; i < kRounds * kRound; ++i) {
    if (i % kRound == 0) table.advance(kStart + (i / kRound) * ReverseTable::kTick, kAll);
    gone += table.remember(key_of(i), {1, 2}) ? 0u : 1u;
  }
  EXPECT_GT(gone, 0u);
  std::uint64_t young = 0, old = 0;
  for (std::uint64_t i = 0; i < kRounds * kRound; ++i) {
    if (table.find(key_of(i)).received == kNoNeighbour) continue;
    ++(i >= (kRounds - 20) * kRound ? young : old);
  }
  EXPECT_EQ(young, 20 * kRound);
  EXPECT_GT(old, 0u);
}

TEST(ReverseTable, FreesWhatIsOver) {
  SeededRandom random(5);
  ReverseTable table(10'000, random, kStart);
  // Nine lives, each longer than any number of a tick lasts.
  for (std::uint64_t life = 0; life < 9; ++life) {
    const Time born = kStart + life * 1'100s;
    table.advance(born, kAll);
    for (std::uint64_t i = 0; i < 10'000; ++i)
      EXPECT_TRUE(table.remember(key_of(life * 10'000 + i), {1, 2})) << life;
    for (const Duration later : {0s, 200s, 479s}) {
      table.advance(born + later, kAll);
      ASSERT_EQ(table.find(key_of(life * 10'000)).received, 1);
    }
    for (Duration later = 489s; later < 1'100s; later += 7s) {
      table.advance(born + later, kAll);
      ASSERT_EQ(table.find(key_of(life * 10'000)).received, kNoNeighbour) << later.count();
    }
  }
}

TEST(ReverseTable, TimeThatIsNotWalkedDoesNotPass) {
  SeededRandom random(6);
  ReverseTable table(1'000, random, kStart);
  table.remember(key_of(1), {1, 2});
  table.advance(kStart + 5'000s, 10);
  EXPECT_EQ(table.find(key_of(1)).received, 1);
  for (int i = 0; i < 1'000; ++i)
    table.advance(kStart + 5'000s, 10);
  EXPECT_EQ(table.find(key_of(1)).received, kNoNeighbour);
  table.advance(kStart, kAll);  // never backwards
  table.remember(key_of(2), {1, 2});
  EXPECT_EQ(table.find(key_of(2)).received, 1);
}

TEST(ReverseTable, ForgetsANeighbour) {
  SeededRandom random(7);
  ReverseTable table(1'000, random, kStart);
  for (std::uint64_t i = 0; i < 900; ++i)
    table.remember(key_of(i),
                   {static_cast<NeighbourIndex>(i % 10), static_cast<NeighbourIndex>(i / 10 % 10)});
  std::size_t line = 0;
  do {
    line = table.forget(4, line, 50);
  } while (line != 0);
  for (std::uint64_t i = 0; i < 900; ++i) {
    const bool concerned = i % 10 == 4 || i / 10 % 10 == 4;
    EXPECT_EQ(table.find(key_of(i)).received == kNoNeighbour, concerned) << i;
  }
}

TEST(ReverseTable, FindsManyAtOnce) {
  SeededRandom random(8);
  ReverseTable table(64, random, kStart);
  std::vector<Hash16> hashes;
  std::vector<const std::uint8_t*> keys;
  std::vector<ReverseEntry> entries, found(ReverseTable::kBurst);
  for (std::uint64_t i = 0; i < ReverseTable::kBurst; ++i) {
    hashes.push_back(key_of(i));
    entries.push_back({static_cast<NeighbourIndex>(i), static_cast<NeighbourIndex>(i + 100)});
  }
  for (const Hash16& hash : hashes)
    keys.push_back(hash.bytes.data());
  EXPECT_EQ(table.remember(keys, entries), 0u);
  table.find(keys, found);
  EXPECT_EQ(found, entries);
  EXPECT_EQ(table.find(key_of(99)), ReverseEntry{});
}

// Entries say which key they belong to; three workers write, spend and find the same keys.
TEST(ReverseTable, AWorkerSeesAnEntryWholeOrNotAtAll) {
  SeededRandom random(9);
  ReverseTable table(64, random, kStart);  // small: lines are full, entries move and go
  std::vector<Hash16> keys;
  for (std::uint64_t i = 0; i < 400; ++i)
    keys.push_back(key_of(i));
  std::atomic<std::uint64_t> wrong = 0, found = 0, spent = 0;
  const auto check = [&](const ReverseEntry& entry, std::uint64_t i) {
    if (entry.received != i) ++wrong;
    if (entry.outbound != static_cast<NeighbourIndex>(1'000 + i)) ++wrong;
  };
  const auto work = [&](std::uint64_t seed) {
    SeededRandom draw(seed);
    for (std::uint64_t step = 0; step < 150'000; ++step) {
      const std::uint64_t i = draw.below(400);
      const auto outbound = static_cast<NeighbourIndex>(1'000 + i);
      NeighbourIndex received = kNoNeighbour;
      switch (draw.below(4)) {
        case 0:
          table.remember(keys[i], {static_cast<NeighbourIndex>(i), outbound});
          break;
        case 1:
          if (table.spend(keys[i].bytes.data(), outbound, received) == Spend::kSpent) {
            check({received, outbound}, i);
            ++spent;
          }
          break;
        default:
          if (const ReverseEntry entry = table.find(keys[i]); entry != ReverseEntry{}) {
            check(entry, i);
            ++found;
          }
      }
    }
  };
  std::vector<std::thread> workers;
  for (const std::uint64_t seed : {1u, 2u, 3u})
    workers.emplace_back(work, seed);
  for (int second = 0; second < 3'000; ++second)
    table.advance(kStart + second * 1s, kAll);
  for (std::thread& each : workers)
    each.join();
  EXPECT_EQ(wrong.load(), 0u);
  EXPECT_GT(found.load(), 1'000u);
  EXPECT_GT(spent.load(), 1'000u);
}

}  // namespace
}  // namespace mehr::dataplane
