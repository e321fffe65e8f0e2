// Who hears what: half duplex, collisions, capture, weak signals, losses by chance.
#include "tools/mehr-radio/channel.h"

#include <gtest/gtest.h>

namespace mehr::mehr_radio {
namespace {

constexpr Modulation kTuned{868'200'000, 125'000, 8, 5};
constexpr std::string_view kHeard = "heard", kAbsent = "absent";

struct ChannelTest : testing::Test {
  ChannelTest() {
    for (int node = 0; node < 4; ++node)
      channel.tune(channel.add_node(), kTuned, Time{});
  }

  void begin(NodeId from, Time at, std::size_t bytes = 100, int power = 7) {
    channel.begin(from, power, Bytes(bytes, static_cast<std::uint8_t>(from)), at);
  }
  /// Ends every frame.
  void finish() {
    while (channel.next_end())
      frames.push_back(channel.finish());
  }
  /// What became of a node's only frame at a receiver.
  std::string_view fate(NodeId from, NodeId at) {
    for (const Frame& frame : frames) {
      if (frame.from != from) continue;
      for (const Reception& reception : frame.receptions) {
        if (reception.node == at) return reception.lost ? lost_name(*reception.lost) : kHeard;
      }
    }
    return kAbsent;
  }
  void gain(NodeId from, NodeId to, double db) { channel.set_path_gain(from, to, db); }

  SeededRandom random{1};
  Channel channel{random};
  std::vector<Frame> frames;
};

TEST_F(ChannelTest, EveryTunedNodeHearsAFrame) {
  begin(0, Time{1s});
  finish();
  EXPECT_EQ(fate(0, 1), kHeard);
  EXPECT_EQ(fate(0, 3), kHeard);
  EXPECT_EQ(fate(0, 0), kAbsent);
  EXPECT_EQ(frames[0].receptions[0].rssi_dbm, -93);
  EXPECT_EQ(frames[0].airtime(), kTuned.airtime(100));
}

TEST_F(ChannelTest, OtherChannelsHearNothing) {
  Modulation other = kTuned;
  other.spreading_factor = 9;
  channel.tune(1, other, Time{});
  other = kTuned;
  other.frequency_hz += 200'000;
  channel.tune(2, other, Time{});
  channel.tune(3, std::nullopt, Time{});
  begin(0, Time{1s});
  finish();
  EXPECT_TRUE(frames[0].receptions.empty());
}

TEST_F(ChannelTest, CodingRateIsLearntFromTheHeader) {
  Modulation other = kTuned;
  other.coding_rate = 8;
  channel.tune(1, other, Time{});
  begin(0, Time{1s});
  finish();
  EXPECT_EQ(fate(0, 1), kHeard);
}

TEST_F(ChannelTest, WhoTunesInLateMissesTheFrame) {
  channel.tune(1, std::nullopt, Time{});
  begin(0, Time{1s});
  channel.tune(1, kTuned, Time{1s + 100ms});
  finish();
  EXPECT_EQ(fate(0, 1), kAbsent);
  EXPECT_EQ(fate(0, 2), kHeard);
}

TEST_F(ChannelTest, SendersDoNotHear) {
  begin(0, Time{1s});
  begin(1, Time{1s + 200ms}, 10);
  finish();
  EXPECT_EQ(fate(0, 1), "half_duplex");
  EXPECT_EQ(fate(1, 0), "half_duplex");
}

TEST_F(ChannelTest, WhoHasJustSentHearsTheNextFrame) {
  begin(1, Time{1s}, 10);
  finish();
  frames.clear();
  begin(0, Time{1s} + kTuned.airtime(10));
  finish();
  EXPECT_EQ(fate(0, 1), kHeard);
}

TEST_F(ChannelTest, EqualFramesDestroyEachOther) {
  begin(0, Time{1s});
  begin(1, Time{1s + 1ms});
  finish();
  EXPECT_EQ(fate(0, 2), "collision");
  EXPECT_EQ(fate(1, 2), "collision");
}

TEST_F(ChannelTest, TheStrongerFrameSurvivesWithinThePreamble) {
  gain(0, 2, -110);
  begin(0, Time{1s});
  begin(1, Time{1s + 10ms});
  finish();
  EXPECT_EQ(fate(0, 2), "collision");
  EXPECT_EQ(fate(1, 2), kHeard);
  EXPECT_EQ(fate(1, 3), "collision");  // equal there
}

TEST_F(ChannelTest, CaptureNeedsSixDecibels) {
  gain(0, 2, -106);
  gain(0, 3, -105.9);
  begin(0, Time{1s});
  begin(1, Time{1s + 10ms});
  finish();
  EXPECT_EQ(fate(1, 2), kHeard);
  EXPECT_EQ(fate(1, 3), "collision");
}

TEST_F(ChannelTest, AfterThePreambleTheReceiverIsHeld) {
  gain(0, 2, -110);
  begin(0, Time{1s});
  begin(1, Time{1s + 40ms});  // the preamble is 36.9 ms
  finish();
  EXPECT_EQ(fate(0, 2), "collision");
  EXPECT_EQ(fate(1, 2), "busy");
}

TEST_F(ChannelTest, WeakInterferenceDoesNoHarm) {
  gain(1, 2, -115);
  begin(0, Time{1s});
  begin(1, Time{1s + 40ms});
  finish();
  EXPECT_EQ(fate(0, 2), kHeard);
  EXPECT_EQ(fate(1, 2), "busy");
}

TEST_F(ChannelTest, InterferersAddUp) {
  gain(1, 3, -108.5);
  gain(2, 3, -108.5);
  begin(0, Time{1s});
  begin(1, Time{1s + 40ms});
  finish();
  EXPECT_EQ(fate(0, 3), kHeard);
  frames.clear();
  begin(0, Time{5s});
  begin(1, Time{5s + 40ms});
  begin(2, Time{5s + 50ms});
  finish();
  EXPECT_EQ(fate(0, 3), "collision");
}

TEST_F(ChannelTest, APreambleThatOutlastsTheDisturbanceIsFound) {
  begin(1, Time{1s}, 10);
  begin(0, Time{1s} + kTuned.airtime(10) - 10ms);  // 10 ms of 36.9 ms preamble overlap
  finish();
  EXPECT_EQ(fate(1, 2), "collision");
  EXPECT_EQ(fate(0, 2), kHeard);
}

TEST_F(ChannelTest, OtherSpreadingFactorsAreOrthogonal) {
  Modulation other = kTuned;
  other.spreading_factor = 9;
  channel.tune(1, other, Time{});
  channel.tune(3, other, Time{});
  begin(0, Time{1s});
  begin(1, Time{1s});
  finish();
  EXPECT_EQ(fate(0, 2), kHeard);
  EXPECT_EQ(fate(1, 3), kHeard);
}

TEST_F(ChannelTest, BelowTheFloorNothingIsReceived) {
  const double floor = kTuned.noise_floor_dbm() + kTuned.snr_floor_db();
  gain(0, 1, floor - 7 - 0.1);
  gain(0, 2, floor - 7 + 0.1);
  begin(0, Time{1s});
  finish();
  EXPECT_EQ(fate(0, 1), "weak");
  EXPECT_EQ(fate(0, 2), kHeard);
}

TEST_F(ChannelTest, CutFramesAreUnreadable) {
  begin(0, Time{1s});
  channel.cut(0, Time{1s + 100ms});
  finish();
  EXPECT_EQ(fate(0, 1), "cut");
  EXPECT_EQ(frames[0].airtime(), 100ms);
}

TEST_F(ChannelTest, ChanceLosesTheAskedShare) {
  channel.set_loss(0, 1, 0.3);
  channel.set_loss(0, 2, 1.0);
  int lost = 0;
  constexpr int kFrames = 2000;
  for (int frame = 0; frame < kFrames; ++frame) {
    begin(0, Time{frame * 1s});
    frames.clear();
    finish();
    lost += fate(0, 1) == "chance";
    EXPECT_EQ(fate(0, 2), "chance");
    EXPECT_EQ(fate(0, 3), kHeard);
  }
  EXPECT_NEAR(lost, 0.3 * kFrames, 62);  // three standard deviations
}

TEST_F(ChannelTest, CarrierSenseNeedsFiveSymbolsAndSignal) {
  gain(0, 2, -140);
  begin(0, Time{1s});
  EXPECT_FALSE(channel.busy(1, Time{1s + 10ms}));
  EXPECT_TRUE(channel.busy(1, Time{1s + 11ms}));
  EXPECT_FALSE(channel.busy(0, Time{1s + 11ms}));  // its own frame
  EXPECT_FALSE(channel.busy(2, Time{1s + 11ms}));  // out of range
  EXPECT_NEAR(channel.rssi_dbm(1, Time{1s + 11ms}), -93, 0.1);
  EXPECT_NEAR(channel.rssi_dbm(3, Time{10s}), kTuned.noise_floor_dbm(), 0.1);
}

TEST_F(ChannelTest, StrongEnergyOfOtherSpreadingFactorsCountsAsBusy) {
  Modulation other = kTuned;
  other.spreading_factor = 9;
  channel.tune(1, other, Time{});
  begin(0, Time{1s});
  EXPECT_TRUE(channel.busy(1, Time{1s + 30ms}));
  gain(0, 1, -120);
  EXPECT_FALSE(channel.busy(1, Time{1s + 30ms}));
}

}  // namespace
}  // namespace mehr::mehr_radio
