// LoRa times against Semtech's formula worked out by hand, and RNode air frames there and back.
#include "core/wire/airtime.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace mehr::wire {
namespace {

// 8 preamble symbols, explicit header, CRC: (12.25 + 8 + blocks * CR) symbols.
TEST(Airtime, TimeOnAir) {
  const auto ms = [](std::uint32_t bandwidth, std::uint8_t sf, std::uint8_t cr, std::size_t size) {
    return to_seconds(lora_time_on_air({bandwidth, sf, cr}, 8, size)) * 1000;
  };
  EXPECT_NEAR(ms(125'000, 7, 5, 10), 41.216, 0.001);
  EXPECT_NEAR(ms(125'000, 7, 5, 51), 102.656, 0.001);
  EXPECT_NEAR(ms(125'000, 12, 5, 51), 2465.792, 0.001);  // low data rate optimisation
  EXPECT_NEAR(ms(125'000, 10, 5, 20), 370.688, 0.001);
  EXPECT_NEAR(ms(500'000, 7, 5, 222), 87.104, 0.001);
}

TEST(Airtime, GrowsWithThePayload) {
  for (std::uint8_t sf = 5; sf <= 12; ++sf) {
    Duration last{};
    for (std::size_t size = 0; size <= kLoraFrameMax; ++size) {
      const Duration time = lora_time_on_air({125'000, sf, 8}, 18, size);
      EXPECT_GE(time, last);
      last = time;
    }
  }
}

TEST(Airtime, PreambleOfTheFirmware) {
  EXPECT_EQ(rnode_preamble_symbols({125'000, 8, 5}), 18);  // 24 ms are 12 symbols
  EXPECT_EQ(rnode_preamble_symbols({125'000, 7, 5}), 24);  // 24 ms are 23.4 symbols
  EXPECT_EQ(rnode_preamble_symbols({125'000, 12, 5}), 18);
  EXPECT_EQ(rnode_preamble_symbols({500'000, 5, 5}), 94);  // fast: 6 ms are 93.75 symbols
}

TEST(Airtime, PacketsOverOneFrameTakeTwo) {
  const LoraModulation modulation{125'000, 8, 5};
  const auto frame = [&](std::size_t size) { return lora_time_on_air(modulation, 18, size); };
  EXPECT_EQ(rnode_packet_airtime(modulation, 254), frame(255));
  EXPECT_EQ(rnode_packet_airtime(modulation, 255), frame(255) + frame(2));
  EXPECT_EQ(rnode_packet_airtime(modulation, 508), frame(255) + frame(255));
  EXPECT_EQ(rnode_packet_airtime(modulation, 0), Duration{});
}

TEST(AirFrames, ThereAndBack) {
  SeededRandom random(4);
  RnodeAirReceiver receiver;
  for (std::size_t size = 1; size <= 508; ++size) {
    Bytes packet(size);
    random.fill(packet);
    const auto frames = rnode_air_frames(packet, static_cast<std::uint8_t>(size));
    ASSERT_EQ(frames.size(), size > 254 ? 2U : 1U);
    Bytes received;
    for (const Bytes& frame : frames) {
      EXPECT_LE(frame.size(), kLoraFrameMax);
      EXPECT_EQ(frame[0], frames[0][0]);
      EXPECT_TRUE(received.empty());
      received = receiver.receive(frame);
    }
    EXPECT_EQ(received, packet);
  }
}

TEST(AirFrames, LostHalves) {
  RnodeAirReceiver receiver;
  const auto first = rnode_air_frames(Bytes(300, 1), 3);
  const auto second = rnode_air_frames(Bytes(300, 2), 4);
  EXPECT_TRUE(receiver.receive(first[0]).empty());
  EXPECT_TRUE(receiver.receive(second[0]).empty());  // first[1] was lost
  EXPECT_EQ(receiver.receive(second[1]), Bytes(300, 2));
  EXPECT_TRUE(receiver.receive(first[0]).empty());
  EXPECT_EQ(receiver.receive(rnode_air_frames(Bytes(9, 5), 3)[0]), Bytes(9, 5));
  EXPECT_TRUE(receiver.receive(first[1]).empty());  // its first half was given up
  EXPECT_TRUE(receiver.receive({}).empty());
}

}  // namespace
}  // namespace mehr::wire
