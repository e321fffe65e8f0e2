// One radio as its host sees it: the reference transcripts, read-back, limits, reset, errors.
#include <gtest/gtest.h>

#include "tests/unit/mehr-radio/radio_host.h"
#include "tests/unit/vector_file.h"
#include "tools/mehr-radio/rnode_device.h"

namespace mehr::mehr_radio {
namespace {

using wire::RnodeCommand;

struct DeviceTest : testing::Test {
  DeviceTest() { emulator.plug(node, Time{}); }

  void say(std::string_view hex_bytes, Time now = Time{1s}) {
    emulator.from_host(node, from_hex(hex_bytes).value(), now);
  }
  std::string answer() { return to_hex(emulator.take_output(node)); }
  /// Boots the device and forgets what it said of that.
  void boot() {
    emulator.advance(Time{600ms});
    emulator.take_output(node);
  }

  Emulator emulator{1, nullptr};
  NodeId node = emulator.add_node("alice");
  RadioHost host{emulator, node};
};

TEST_F(DeviceTest, SaysSoWhenItHasBooted) {
  say("c00873c0", Time{100ms});  // nobody listens yet
  emulator.advance(Time{600ms});
  EXPECT_EQ(answer(), "c055f8c0");
}

TEST_F(DeviceTest, AnswersTheProbeOfOneWrite) {
  boot();
  emulator.from_host(node, wire::rnode_probe(), Time{1s});
  EXPECT_EQ(answer(), "c00846c0c0500156c0c04880c0c04981c0");
}

// The bytes RNS sent to a radio, and what it must find reported to call it online.
TEST_F(DeviceTest, ReportsWhatEveryReferenceBringUpAsksFor) {
  const test::VectorFile file("rnode");
  file.each("bring_up", [&](const test::Json& item) {
    Emulator fresh(1, nullptr);
    const NodeId id = fresh.add_node("radio");
    RadioHost radio(fresh, id);
    fresh.plug(id, Time{});
    fresh.advance(Time{2s});
    Time now{2s};
    for (const auto& bytes : item["host_to_radio"])
      fresh.from_host(id, test::hex(bytes), now += 10ms);
    radio.read();
    const auto& config = item["config"];
    wire::RnodeParameters asked;
    asked.frequency_hz = config["frequency"];
    asked.bandwidth_hz = config["bandwidth"];
    asked.tx_power_dbm = config["txpower"];
    asked.spreading_factor = config["spreadingfactor"];
    asked.coding_rate = config["codingrate"];
    EXPECT_EQ(wire::rnode_mismatch_name(wire::rnode_mismatch(asked, radio.status)), "none");
    EXPECT_EQ(radio.status.coding_rate, asked.coding_rate);
    if (config.contains("airtime_limit_short")) {
      EXPECT_NEAR(*radio.status.airtime_limit_short_percent, config["airtime_limit_short"], 0.011);
    }
    EXPECT_NEAR(fresh.device(id).tuned()->bitrate_bps(), item["bitrate"], 0.01);

    std::uint64_t taken = 0;
    for (const auto& transmit : item["transmit"]) {
      fresh.from_host(id, test::hex(transmit["frame"]), now += 10ms);
      EXPECT_EQ(fresh.device(id).counters().packets_from_host, ++taken);
    }
    for (const auto& bytes : item["on_detach"])
      fresh.from_host(id, test::hex(bytes), now += 20s);
    fresh.advance(now + 20s);
    EXPECT_FALSE(fresh.device(id).tuned());
  });
}

TEST_F(DeviceTest, ValuesAreLimitedToTheHardware) {
  boot();
  say("c00325c0");  // 37 dBm
  EXPECT_EQ(answer(), "c00316c0");
  say("c0040dc0c00402c0");
  EXPECT_EQ(answer(), "c0040cc0c00405c0");
  say("c00509c0");
  EXPECT_EQ(answer(), "c00508c0");
}

TEST_F(DeviceTest, AsksAreAnsweredWithWhatHolds) {
  boot();
  say("c00100000000c0c00200000000c0");
  EXPECT_EQ(answer(), "c00100000000c0c00200000000c0");
  say("c006ffc0c003ffc0c004ffc0c007ffc0c00fffc0");
  EXPECT_EQ(answer(), "c00600c0c003ffc0c00400c0c00701c0c00f01c0");
}

TEST_F(DeviceTest, AnUnfinishedConfigurationDoesNotStart) {
  boot();
  say("c00407c0c00307c0");
  answer();
  say("c00601c0");
  EXPECT_EQ(answer(), "c00600c0c00600c0");
}

TEST_F(DeviceTest, AFrequencyOutOfRangeIsAnInitialisationError) {
  boot();
  Modulation wrong = kQuick;
  wrong.frequency_hz = 100'000'000;
  host.switch_on(wrong, Time{1s});
  host.read();
  EXPECT_EQ(host.seen[0x90], 1);
  EXPECT_EQ(host.last[0x90].value, static_cast<std::uint8_t>(wire::RnodeError::kRadioInit));
  EXPECT_EQ(host.last[0x06].value, 0);
  EXPECT_FALSE(emulator.device(node).tuned());
}

TEST_F(DeviceTest, RadioStateIsReportedAfterItsParameters) {
  boot();
  host.switch_on(kSlow, Time{1s});
  const std::string said = answer();
  const std::string physical = "c026080001e80012002500180030c0";
  EXPECT_TRUE(said.ends_with(physical + physical + physical + "c00601c0c00601c0")) << said;
}

TEST_F(DeviceTest, ReportsEverySecondWhileTheRadioIsOn) {
  boot();
  emulator.advance(Time{5s});
  EXPECT_EQ(answer(), "");
  host.switch_on(kSlow, Time{5s});
  emulator.advance(Time{15s});
  host.read();
  EXPECT_EQ(host.seen[0x25], 10);
  EXPECT_EQ(host.status.channel->noise_floor_dbm, -117);
  EXPECT_EQ(host.seen[0x27], 2);
  EXPECT_EQ(host.status.battery->percent, 100);
  EXPECT_EQ(host.status.temperature_c, 31);
}

TEST_F(DeviceTest, ReadyIsSaidOnlyWhenAsked) {
  boot();
  host.switch_on(kSlow, Time{1s});
  for (int packet = 0; packet < 14; ++packet)
    host.send(Bytes(500, 1), Time{1s});
  host.read();
  EXPECT_EQ(host.seen[0x0F], 0);
  say("c00fffc0");
  host.read();
  EXPECT_EQ(host.seen[0x0F], 1);
  EXPECT_EQ(host.last[0x0F].value, 1);  // 6000 bytes: not full yet
  host.send(Bytes(144, 1), Time{1s});
  say("c00fffc0");
  host.read();
  EXPECT_EQ(host.last[0x0F].value, 0);
  EXPECT_EQ(emulator.device(node).queue().dropped(), 2U);
}

TEST_F(DeviceTest, TheClosingDelimiterOfDataDoesNotOpenAFrame) {
  boot();
  say("c0000102c00304c0");  // what follows the data frame's end is outside of any frame
  EXPECT_EQ(emulator.device(node).counters().packets_from_host, 1U);
  EXPECT_EQ(answer(), "");
}

TEST_F(DeviceTest, ResetForgetsEverything) {
  boot();
  host.switch_on(kSlow, Time{1s});
  host.read();
  say("c055f8c0", Time{2s});
  EXPECT_FALSE(emulator.device(node).tuned());
  say("c00873c0", Time{2100ms});  // still booting
  emulator.advance(Time{3s});
  host.read();
  EXPECT_EQ(host.seen[0x55], 1);
  EXPECT_FALSE(host.status.detected);
  say("c004ffc0", Time{3s});
  EXPECT_EQ(answer(), "c00400c0");
}

TEST_F(DeviceTest, DoesNotListenWhileItSends) {
  boot();
  host.switch_on(kSlow, Time{1s});
  host.send(Bytes(200, 1), Time{1s});
  Time now{1s};
  while (!emulator.channel().sending(node))
    emulator.advance(now += 1ms);
  answer();
  say("c00873c0", now + 10ms);
  EXPECT_EQ(answer(), "");
  emulator.advance(now + kSlow.airtime(201));
  EXPECT_TRUE(answer().ends_with("c00846c0"));
}

TEST_F(DeviceTest, TheSerialBufferIsBounded) {
  boot();
  host.switch_on(kSlow, Time{1s});
  host.send(Bytes(200, 1), Time{1s});
  Time now{1s};
  while (!emulator.channel().sending(node))
    emulator.advance(now += 1ms);
  for (int packet = 0; packet < 13; ++packet)
    host.send(Bytes(500, 1), now);
  EXPECT_EQ(emulator.device(node).counters().host_bytes_lost, 13U * 503 - 6144);
}

TEST_F(DeviceTest, TheAirtimeLimitHoldsPacketsBack) {
  boot();
  host.switch_on(kSlow, Time{1s});
  say("c00b0064c0");  // 1 % of 15 s
  host.send(Bytes(200, 1), Time{1s});
  emulator.advance(Time{3s});
  host.send(Bytes(200, 1), Time{3s});
  emulator.advance(Time{10s});
  EXPECT_EQ(emulator.totals(node).frames_sent, 1U);
  emulator.advance(Time{40s});
  EXPECT_EQ(emulator.totals(node).frames_sent, 2U);
}

TEST_F(DeviceTest, UnpluggedItIsSilent) {
  boot();
  host.switch_on(kSlow, Time{1s});
  emulator.unplug(node, Time{2s});
  say("c00873c0", Time{3s});
  EXPECT_EQ(answer(), "");
  EXPECT_FALSE(emulator.next_event());
}

}  // namespace
}  // namespace mehr::mehr_radio
