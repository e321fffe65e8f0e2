// Addresses, ports and totals.
#include "controlplane/accelerator/places.h"

#include <gtest/gtest.h>

#include "controlplane/accelerator/outbox.h"
#include "controlplane/accelerator/readings.h"

namespace mehr::accelerator {
namespace {

TEST(Places, AddressesThereAndBack) {
  for (const char* text : {"192.0.2.1:4343", "[2001:db8::1]:65535"}) {
    const auto endpoint = endpoint_towards(text, 4343);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(remote_text(*endpoint), text);
    EXPECT_EQ(endpoint->local_port, 4343);
  }
  for (const char* text : {"", "192.0.2.1", "192.0.2.1:0", "example.org:1", "[::]:1", "[fe80::1",
                           "0.0.0.0:4343", "1.2.3.4:70000"}) {
    EXPECT_FALSE(endpoint_towards(text, 4343)) << text;
  }
  EXPECT_FALSE(endpoint_towards("192.0.2.1:4343", 0));
}

TEST(Places, ThePortIsThatOfTheDeviceUnlessFramesSayOtherwise) {
  border::Ready ready;
  ready.ports = {{0, 1'500, {2, 0, 0, 0, 0, 1}, "a"}, {3, 9'000, {2, 0, 0, 0, 0, 2}, "b"}};
  Places places;
  places.reset(ready, {{"lo", 1, {}, {"127.0.0.1"}},
                       {"eth1", 7, {2, 0, 0, 0, 0, 2}, {"10.0.0.1", "fd00::1"}},
                       {"eth2", 8, {2, 0, 0, 0, 0, 9}, {"10.0.1.1"}}});
  EXPECT_EQ(places.port("10.0.0.2:1", "10.0.0.1"), 3);
  EXPECT_EQ(places.port("[fd00::2]:1", "fd00::1"), 3);
  EXPECT_EQ(places.port("10.0.1.2:1", "10.0.1.1"), std::nullopt);
  EXPECT_EQ(places.port("127.0.0.1:1", "127.0.0.1"), std::nullopt);
  EXPECT_EQ(places.port("10.9.9.9:1", ""), std::nullopt);
  places.seen_on_port("10.0.1.2:1", 0);
  EXPECT_EQ(places.port("10.0.1.2:1", "10.0.1.1"), 0);
  places.seen_on_socket("10.0.0.2:1");
  EXPECT_EQ(places.port("10.0.0.2:1", "10.0.0.1"), std::nullopt);
  EXPECT_EQ(places.devices(), std::vector<int>{7});
  EXPECT_EQ(places.frame_max(3, true), 9'000U - 48);
  EXPECT_EQ(places.frame_max(1, false), 0U);
}

TEST(Readings, TotalsBecomeDifferences) {
  Readings readings;
  border::Counters sum;
  readings.begin(100);
  readings.take(border::CounterReadings{{{0, 5}}}, sum);
  readings.take(border::CounterReadings{{{0, 8}}}, sum);
  EXPECT_EQ(sum.values()[0], 8U);
  readings.begin(100);  // the same process says everything again
  readings.take(border::CounterReadings{{{0, 9}}}, sum);
  EXPECT_EQ(sum.values()[0], 9U);
  readings.begin(101);
  readings.take(border::CounterReadings{{{0, 2}}}, sum);
  EXPECT_EQ(sum.values()[0], 11U);
}

TEST(Outbox, KeepsTheOrderAndItsBound) {
  Outbox outbox;
  const Bytes frame(60'000, 1);
  border::SendRaw raw;
  raw.endpoint = *endpoint_towards("192.0.2.1:1", 1);
  raw.frame = frame;
  std::size_t added = 0;
  while (outbox.add(raw))
    ++added;
  EXPECT_EQ(added, Outbox::kPacketsMax + 1);
  std::size_t taken = 0;
  outbox.flush([&](ByteView) { return ++taken < 10; });
  EXPECT_EQ(outbox.waiting(), Outbox::kPacketsMax - 9);
  outbox.flush([&](ByteView packet) {
    EXPECT_TRUE(border::decode_down(packet));
    return true;
  });
  EXPECT_EQ(outbox.waiting(), 0U);
  EXPECT_TRUE(outbox.add(border::Sync{1}));
}

}  // namespace
}  // namespace mehr::accelerator
