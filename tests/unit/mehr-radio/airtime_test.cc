// The figures of the specification's airtime table, and the firmware's timing derived from them.
#include <gtest/gtest.h>

#include "tools/mehr-radio/airtime_ledger.h"
#include "tools/mehr-radio/modulation.h"

namespace mehr::mehr_radio {
namespace {

struct Known {
  std::uint32_t bandwidth_hz;
  std::uint8_t spreading_factor;
  std::size_t bytes;
  double seconds;
};

// spec/01 "LoRa airtime"; only the rows whose 18 symbols of preamble are the firmware's.
TEST(Airtime, AgreesWithTheSpecificationTable) {
  for (const Known& known : {Known{125'000, 8, 39, 0.175}, Known{125'000, 8, 195, 0.574},
                             Known{125'000, 8, 255, 0.728}, Known{125'000, 10, 195, 1.886},
                             Known{125'000, 12, 39, 2.302}, Known{125'000, 12, 255, 9.347}}) {
    const Modulation modulation{868'000'000, known.bandwidth_hz, known.spreading_factor, 5};
    EXPECT_EQ(modulation.preamble_symbols(), 18);
    EXPECT_NEAR(to_seconds(modulation.airtime(known.bytes)), known.seconds, 0.0006)
        << int{known.spreading_factor} << " " << known.bytes;
  }
}

TEST(Airtime, LargePacketIsTwoFrames) {
  const Modulation modulation{868'000'000, 125'000, 8, 5};
  EXPECT_NEAR(to_seconds(modulation.airtime(255) + modulation.airtime(231)), 1.394, 0.0011);
}

TEST(Airtime, FastChannelsHaveLongerPreamblesInSymbols) {
  const Modulation quick{868'000'000, 250'000, 7, 5};  // 24 ms of 0.512 ms symbols
  EXPECT_EQ(quick.preamble_symbols(), 47);
  EXPECT_NEAR(to_seconds(quick.airtime(195)), 0.160 + 31 * 0.000512, 0.0006);
  const Modulation fastest{868'000'000, 500'000, 5, 5};  // 62.5 kbit/s: 6 ms
  EXPECT_EQ(fastest.preamble_symbols(), 94);
}

TEST(Airtime, SlotsFollowTheSymbol) {
  EXPECT_EQ((Modulation{868'000'000, 125'000, 8, 5}.slot()), 24ms);
  EXPECT_EQ((Modulation{868'000'000, 125'000, 10, 5}.slot()), 98ms);
  EXPECT_EQ((Modulation{868'000'000, 125'000, 12, 5}.slot()), 100ms);
  EXPECT_EQ((Modulation{868'000'000, 500'000, 5, 5}.slot()), 6ms);
  EXPECT_EQ((Modulation{868'000'000, 125'000, 8, 5}.difs()), 48ms);
}

TEST(Airtime, WholeQueueOnlyOnSlowChannels) {
  EXPECT_TRUE((Modulation{868'000'000, 250'000, 7, 5}.sends_whole_queue()));
  EXPECT_FALSE((Modulation{868'000'000, 500'000, 7, 5}.sends_whole_queue()));
}

TEST(AirtimeLedger, CountsTwoBinsAndAnHour) {
  AirtimeLedger ledger;
  ledger.sent(1500ms, Time{10s});
  EXPECT_NEAR(ledger.airtime_short(Time{10s}), 0.1, 1e-9);
  EXPECT_NEAR(ledger.airtime_short(Time{16s}), 0.1, 1e-9);
  EXPECT_NEAR(ledger.airtime_short(Time{23s}), 0.0, 1e-9);
  EXPECT_NEAR(ledger.airtime_long(Time{100s}), 1.5 / 3600, 1e-9);
  EXPECT_NEAR(ledger.airtime_long(Time{3700s}), 0.0, 1e-9);
}

TEST(AirtimeLedger, LoadCountsOverlappingFramesOnce) {
  AirtimeLedger ledger;
  ledger.heard(Time{1s}, Time{2s});
  ledger.heard(Time{1500ms}, Time{2500ms});
  ledger.sample(Time{5s});
  EXPECT_NEAR(ledger.load_short(), 1.5 / 7.5, 1e-9);
  ledger.sample(Time{30s});
  EXPECT_NEAR(ledger.load_short(), 0.0, 1e-9);
  EXPECT_NEAR(ledger.load_long(Time{30s}), 0.2 / 480, 1e-9);
}

}  // namespace
}  // namespace mehr::mehr_radio
