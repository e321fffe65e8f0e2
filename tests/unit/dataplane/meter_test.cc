// Meters count where they are told to, and are read while they count.
#include "dataplane/tables/meter.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "core/base/random.h"

namespace mehr::dataplane {
namespace {

TEST(Meters, CountEveryLinkAndPriceClassApart) {
  Meters meters(20, 6);
  std::map<std::pair<std::size_t, std::size_t>, MeterReading> model;
  SeededRandom random(1);
  for (int i = 0; i < 10'000; ++i) {
    const auto link = random.below(20), price = random.below(6), bytes = random.below(9'000);
    meters.prefetch(link);
    meters.count(link, price, 1, bytes);
    MeterReading& known = model[{link, price}];
    ++known.packets;
    known.bytes += bytes;
  }
  for (std::size_t link = 0; link < 20; ++link) {
    for (std::size_t price = 0; price < 6; ++price)
      EXPECT_EQ(meters.read(link, price), (model[{link, price}])) << link << " " << price;
  }
}

TEST(Meters, AreReadWhileTheyCount) {
  Meters meters(1, 1);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 200'000; ++i)
      meters.count(0, 0, 1, 0x1'0000'0001);
    done = true;
  });
  std::uint64_t last = 0, wrong = 0;
  do {
    const std::uint64_t bytes = meters.read(0, 0).bytes;
    wrong += bytes >> 32 != (bytes & 0xFFFF'FFFF) || bytes < last ? 1u : 0u;
    last = bytes;
  } while (!done);
  writer.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(meters.read(0, 0), (MeterReading{200'000, 200'000 * 0x1'0000'0001ull}));
}

}  // namespace
}  // namespace mehr::dataplane
