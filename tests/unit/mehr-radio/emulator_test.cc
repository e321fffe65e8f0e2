// Radios and air together: delivery, splitting, contention between radios, losses, determinism.
#include "tools/mehr-radio/emulator.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "tests/unit/mehr-radio/radio_host.h"
#include "tools/mehr-radio/report.h"

namespace mehr::mehr_radio {
namespace {

struct World {
  explicit World(std::size_t nodes, std::uint64_t seed = 1, const Modulation& tuned = kQuick)
      : emulator(seed, &log) {
    for (std::size_t node = 0; node < nodes; ++node) {
      const NodeId id = emulator.add_node("n" + std::to_string(node));
      hosts.push_back(std::make_unique<RadioHost>(emulator, id));
      emulator.plug(id, Time{});
    }
    for (auto& host : hosts)
      host->switch_on(tuned, Time{1s});
  }
  RadioHost& host(std::size_t node) { return *hosts[node]; }
  void advance(Time now) {
    emulator.advance(now);
    for (auto& each : hosts)
      each->read();
  }

  FrameLog log;
  Emulator emulator;
  std::vector<std::unique_ptr<RadioHost>> hosts;
};

Bytes packet_of(std::size_t size, std::uint64_t seed) {
  Bytes packet(size);
  SeededRandom(seed).fill(packet);
  return packet;
}

TEST(Emulator, DeliversAPacketWithItsSignal) {
  World world(3);
  const Bytes packet = packet_of(200, 5);
  world.host(0).send(packet, Time{2s});
  world.advance(Time{4s});
  ASSERT_EQ(world.host(1).packets.size(), 1U);
  EXPECT_EQ(world.host(1).packets[0].bytes, packet);
  EXPECT_EQ(world.host(1).packets[0].rssi_dbm, -93);
  EXPECT_EQ(world.host(1).packets[0].snr_db, 12);
  EXPECT_EQ(world.host(2).packets.size(), 1U);
  EXPECT_TRUE(world.host(0).packets.empty());
}

TEST(Emulator, JoinsPacketsOfTwoFrames) {
  World world(2);
  const Bytes packet = packet_of(508, 6);
  world.host(0).send(packet, Time{2s});
  world.advance(Time{4s});
  ASSERT_EQ(world.log.frames.size(), 2U);
  EXPECT_EQ(world.log.frames[0].end, world.log.frames[1].start);
  ASSERT_EQ(world.host(1).packets.size(), 1U);
  EXPECT_EQ(world.host(1).packets[0].bytes, packet);
}

TEST(Emulator, TheLossOfOneHalfLosesThePacket) {
  World world(2);
  world.emulator.channel().set_loss(0, 1, 0.5);
  for (std::uint64_t packet = 0; packet < 100; ++packet)
    world.host(0).send(packet_of(400, packet), Time{2s + packet * 1s});
  world.advance(Time{110s});
  // One in four comes through; joined halves of different packets (1 in 16 of those that follow a
  // lost second half) are the firmware's too.
  EXPECT_GT(world.host(1).packets.size(), 12U);
  EXPECT_LT(world.host(1).packets.size(), 42U);
}

TEST(Emulator, AQueuedBurstFollowsOneContentionOnSlowChannels) {
  World world(2);
  for (std::uint64_t packet = 0; packet < 5; ++packet)
    world.host(0).send(packet_of(100, packet), Time{2s});
  world.advance(Time{5s});
  ASSERT_EQ(world.log.frames.size(), 5U);
  for (std::size_t frame = 1; frame < 5; ++frame)
    EXPECT_EQ(world.log.frames[frame].start, world.log.frames[frame - 1].end);
  EXPECT_EQ(world.host(1).packets.size(), 5U);
}

TEST(Emulator, FastChannelsContendForEveryPacket) {
  Modulation fast = kQuick;
  fast.bandwidth_hz = 500'000;
  World world(2, 1, fast);
  for (std::uint64_t packet = 0; packet < 5; ++packet)
    world.host(0).send(packet_of(100, packet), Time{2s});
  world.advance(Time{5s});
  ASSERT_EQ(world.log.frames.size(), 5U);
  for (std::size_t frame = 1; frame < 5; ++frame)
    EXPECT_GE(world.log.frames[frame].start, world.log.frames[frame - 1].end + fast.difs());
}

TEST(Emulator, CarrierSenseKeepsRadiosApart) {
  World world(5);
  std::uint64_t sent = 0;
  for (int second = 2; second < 62; second += 2) {
    for (std::size_t node = 0; node < 5; ++node) {
      world.host(node).send(packet_of(100, ++sent), Time{second * 1s});
    }
  }
  world.advance(Time{90s});
  // All five start to contend at the same moment: 15 slots shared by five.
  std::size_t received = 0;
  for (const auto& host : world.hosts)
    received += host->packets.size();
  EXPECT_GT(static_cast<double>(received), 0.6 * static_cast<double>(sent) * 4);
  // Overlap happens only before carrier sense can work.
  const Duration blind = Duration{static_cast<std::int64_t>(kQuick.symbol_ms() * 1e3 * 5)} + 1ms;
  for (std::size_t frame = 1; frame < world.log.frames.size(); ++frame) {
    for (std::size_t other = 0; other < frame; ++other) {
      const Frame& a = world.log.frames[other];
      const Frame& b = world.log.frames[frame];
      const bool overlap = a.start < b.end && b.start < a.end;
      if (overlap) {
        EXPECT_LE(std::max(a.start, b.start) - std::min(a.start, b.start), blind);
      }
    }
  }
}

TEST(Emulator, HiddenRadiosCollide) {
  World world(3);
  world.emulator.channel().set_path_gain(0, 1, -200);
  world.emulator.channel().set_path_gain(1, 0, -200);
  for (int second = 2; second < 42; second += 2) {
    world.host(0).send(packet_of(250, 1), Time{second * 1s});
    world.host(1).send(packet_of(250, 2), Time{second * 1s});
  }
  world.advance(Time{60s});
  const NodeTotals& totals = world.emulator.totals(2);
  EXPECT_GT(totals.frames_lost[static_cast<std::size_t>(Lost::kCollision)] +
                totals.frames_lost[static_cast<std::size_t>(Lost::kBusy)],
            10U);
}

TEST(Emulator, UnpluggingCutsTheFrameAndReplugStartsAfresh) {
  World world(2);
  world.host(0).send(packet_of(200, 1), Time{2s});
  Time now{2s};
  while (!world.emulator.channel().sending(0))
    world.emulator.advance(now += 1ms);
  world.emulator.unplug(0, now + 50ms);
  world.advance(Time{5s});
  EXPECT_TRUE(world.host(1).packets.empty());
  ASSERT_EQ(world.log.frames.size(), 1U);
  EXPECT_TRUE(world.log.frames[0].cut);
  world.emulator.plug(0, Time{6s});
  world.emulator.advance(Time{7s});
  EXPECT_FALSE(world.emulator.device(0).tuned());
  world.host(0).switch_on(kQuick, Time{7s});
  world.host(0).send(packet_of(200, 1), Time{7s});
  world.advance(Time{9s});
  EXPECT_EQ(world.host(1).packets.size(), 1U);
}

TEST(Emulator, PromiscuousRadiosSeeFramesWithTheirHeader) {
  World world(2);
  world.emulator.from_host(1, *from_hex("c00e01c0"), Time{1s});
  world.host(0).send(packet_of(100, 3), Time{2s});
  world.advance(Time{4s});
  ASSERT_EQ(world.host(1).packets.size(), 1U);
  EXPECT_EQ(world.host(1).packets[0].bytes.size(), 101U);
}

std::string story(std::uint64_t seed) {
  World world(4, seed);
  world.emulator.channel().set_loss(0, 1, 0.3);
  std::string text;
  for (int second = 2; second < 20; ++second) {
    for (std::size_t node = 0; node < 4; ++node)
      world.host(node).send(packet_of(300, node), Time{second * 1s});
  }
  world.advance(Time{60s});
  for (const Frame& frame : world.log.frames)
    text += frame_json(world.emulator, frame) + "\n";
  return text + totals_json(world.emulator, 60s);
}

TEST(Emulator, TheSameSeedTellsTheSameStory) {
  EXPECT_EQ(story(1), story(1));
  EXPECT_NE(story(1), story(2));
}

TEST(Emulator, TotalsAddUp) {
  World world(2);
  world.host(0).send(packet_of(100, 1), Time{2s});
  world.host(1).send(packet_of(400, 1), Time{4s});
  world.advance(Time{8s});
  EXPECT_EQ(world.emulator.totals(0).bytes_sent, 101U);
  EXPECT_EQ(world.emulator.totals(0).airtime, kQuick.airtime(101));
  EXPECT_EQ(world.emulator.totals(1).bytes_sent, 402U);
  EXPECT_EQ(world.emulator.totals(1).frames_sent, 2U);
  EXPECT_EQ(world.emulator.totals(0).frames_received, 2U);
  const auto json = nlohmann::json::parse(totals_json(world.emulator, 8s));
  EXPECT_EQ(json["bytes_on_air"], 503);
  EXPECT_EQ(json["nodes"]["n1"]["frames_sent"], 2);
  const auto line = nlohmann::json::parse(frame_json(world.emulator, world.log.frames[0]));
  EXPECT_EQ(line["node"], "n0");
  EXPECT_EQ(line["received_by"][0]["node"], "n1");
  EXPECT_NE(live_table(world.emulator, 8s).find("listening"), std::string::npos);
  EXPECT_NE(frame_line(world.emulator, world.log.frames[0]).find("n1 -93 dBm"), std::string::npos);
}

}  // namespace
}  // namespace mehr::mehr_radio
