// RNode interfaces with a scripted radio on a pty or behind TCP: bring-up, packets and signal,
// every reason to be down, unplugging and plugging in again.
#include <filesystem>

#include "controlplane/interface/rnode.h"
#include "tests/unit/interface/fixture.h"

namespace mehr::interface {
namespace {

using border::Counter;
using config::InterfaceConfig;
using config::InterfaceKind;

/// Real patience is seconds; the scripted radio answers at once.
constexpr RnodeTiming kQuick{5ms, 100ms, 100ms, 100ms, {}, {}};
constexpr Duration kQuickRetry = 20ms;

class RadioTest : public InterfaceTest {
 protected:
  void SetUp() override {
    InterfaceTest::SetUp();
    char name[] = "/tmp/mehr-radio-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder = name;
    device = folder + "/radio";
  }
  void TearDown() override {
    interface.reset();
    radio.reset();
    std::filesystem::remove_all(folder);
  }

  /// A new pty under the same stable name, as udev links do it.
  void plug_in() {
    auto pty = loop->open_pty();
    ASSERT_TRUE(pty.ok()) << pty.status();
    std::filesystem::remove(device);
    std::filesystem::create_symlink(pty->slave_path, device);
    radio = std::make_unique<FakeRadio>(std::move(pty->master));
    radio->changed = [this] { poke(); };
  }
  void unplug() { radio.reset(); }

  InterfaceConfig radio_config() const {
    InterfaceConfig config;
    config.name = "radio";
    config.kind = InterfaceKind::kRnode;
    config.device = device;
    config.radio.frequency_hz = 868'200'000;
    return config;
  }
  void start(const InterfaceConfig& config) {
    interface = std::make_unique<Rnode>(config, context(), kQuick, kQuickRetry);
    interface->start();
  }
  bool until_up() {
    return until([&] { return !daemon.living.empty(); });
  }
  [[nodiscard]] InterfaceReport row() const {
    std::vector<InterfaceReport> rows;
    interface->report(rows);
    return rows.at(0);
  }

  std::string folder, device;
  std::unique_ptr<FakeRadio> radio;
  std::unique_ptr<Rnode> interface;
};

TEST_F(RadioTest, ComesUpAndCarriesPackets) {
  plug_in();
  start(radio_config());
  ASSERT_TRUE(until_up());
  const auto id = daemon.find("radio");
  EXPECT_EQ(daemon.living[id].bitrate_bps, 3125U);
  EXPECT_EQ(daemon.living[id].hardware_mtu, 508U);

  const Bytes packet = test_packet(500, 0xC0);
  EXPECT_TRUE(interface->transmit(id, packet));
  ASSERT_TRUE(until([&] { return radio->sent.size() == 1; }));
  EXPECT_EQ(radio->sent[0], packet);

  radio->say(wire::RnodeCommand::kRssi, {77});
  radio->say(wire::RnodeCommand::kSnr, {0x22});
  radio->say(wire::RnodeCommand::kData, packet);
  radio->say(wire::RnodeCommand::kData, test_packet(40, 0xDB));
  radio->say(wire::RnodeCommand::kBattery, {2, 87});
  radio->say(wire::RnodeCommand::kTemperature, {0x97});
  radio->say(wire::RnodeCommand::kChannelStatistics, {0, 100, 0, 50, 1, 0, 0, 9, 57, 37, 0xFF});
  radio->say(wire::RnodeCommand::kData, test_packet(30, 1));
  ASSERT_TRUE(until([&] { return daemon.packets.size() == 3; }));
  EXPECT_EQ(daemon.packets[0].raw, packet);
  EXPECT_EQ(daemon.packets[0].signal.rssi_dbm, -80);
  EXPECT_EQ(daemon.packets[0].signal.snr_db, 8.5);
  EXPECT_FALSE(daemon.packets[1].signal.rssi_dbm);

  const InterfaceReport report = row();
  EXPECT_EQ(report.kind, "rnode");
  EXPECT_EQ(report.detail, device);
  ASSERT_TRUE(report.radio);
  EXPECT_EQ(report.radio->firmware, "1.86");
  EXPECT_EQ(report.radio->platform, "ESP32");
  EXPECT_EQ(report.radio->rssi_dbm, -80);
  EXPECT_EQ(report.radio->battery_percent, 87);
  EXPECT_EQ(report.radio->temperature_c, 31);
  EXPECT_EQ(report.radio->airtime_short_percent, 1.0);
  EXPECT_EQ(report.radio->noise_floor_dbm, -120);
  EXPECT_GT(report.radio->airtime_sent_seconds, 1.0);
}

TEST_F(RadioTest, UnpluggedAndPluggedInAgain) {
  start(radio_config());
  ASSERT_TRUE(until([&] {
    return daemon.logged("radio down: no device at " + device +
                         ": plug the radio in or check `device`");
  }));
  plug_in();
  ASSERT_TRUE(until_up());
  for (int round = 0; round < 3; ++round) {
    unplug();
    ASSERT_TRUE(until([&] { return daemon.living.empty(); }));
    plug_in();
    ASSERT_TRUE(until_up());
  }
  EXPECT_TRUE(daemon.logged("hung up"));
  EXPECT_EQ(count(Counter::kRadioLost), 3U);
  const auto id = daemon.find("radio");
  interface->transmit(id, test_packet(50, 2));
  ASSERT_TRUE(until([&] { return radio->sent.size() == 1; }));
}

TEST_F(RadioTest, ReasonsToBeDownAreSentences) {
  plug_in();
  radio->silent = true;
  start(radio_config());
  ASSERT_TRUE(until([&] { return daemon.logged("radio down: the radio does not answer"); }));
  radio->silent = false;
  radio->spreading_factor = 9;
  ASSERT_TRUE(until([&] {
    return daemon.logged("radio down: the radio reports spreading factor 9, configured 8");
  }));
  radio->spreading_factor.reset();
  radio->firmware_minor = 51;
  ASSERT_TRUE(until([&] { return daemon.logged("firmware 1.51 is too old"); }));
  radio->firmware_minor = 52;
  ASSERT_TRUE(until_up());
  radio->say(wire::RnodeCommand::kError, {1});
  ASSERT_TRUE(until([&] { return daemon.logged("the radio reports an error"); }));
  ASSERT_TRUE(until_up());
  radio->say(wire::RnodeCommand::kReset, {0xF8});
  ASSERT_TRUE(until([&] { return daemon.logged("restarted by itself"); }));
  ASSERT_TRUE(until_up());
  // Retries that change nothing are not told again.
  std::set<std::string> lines(daemon.log.begin(), daemon.log.end());
  EXPECT_LE(daemon.log.size(), lines.size() + 2) << "only `up` may repeat";
}

TEST_F(RadioTest, QueueIsMeteredAndBounded) {
  plug_in();
  InterfaceConfig config = radio_config();
  config.radio.spreading_factor = 5;
  config.radio.bandwidth_hz = 500'000;
  start(config);
  ASSERT_TRUE(until_up());
  const auto id = daemon.find("radio");
  for (int i = 0; i < 40; ++i)
    interface->transmit(id, test_packet(500, 3));
  EXPECT_GT(row().queued_bytes, 0U);
  EXPECT_LE(row().queued_bytes, 8192U);
  const std::uint64_t dropped = count(Counter::kTxQueueFull);
  EXPECT_EQ(dropped, 40U - 3 - 16);
  ASSERT_TRUE(until([&] { return radio->sent.size() == 40 - dropped; }));
  EXPECT_EQ(row().queued_bytes, 0U);
}

TEST_F(RadioTest, StoppingSwitchesTheRadioOff) {
  plug_in();
  start(radio_config());
  ASSERT_TRUE(until_up());
  radio->commands.clear();
  interface->stop();
  ASSERT_TRUE(until([&] { return radio->commands.size() == 3; }));
  EXPECT_EQ(radio->commands, (std::vector<std::uint8_t>{0x41, 0x06, 0x0A}));
  EXPECT_TRUE(daemon.logged("radio down: the gateway stops"));
}

TEST_F(RadioTest, AccessCodeFitsThePacket) {
  plug_in();
  InterfaceConfig config = radio_config();
  config.passphrase = "secret";
  start(config);
  ASSERT_TRUE(until_up());
  interface->transmit(daemon.find("radio"), test_packet(500, 4));
  ASSERT_TRUE(until([&] { return radio->sent.size() == 1; }));
  EXPECT_EQ(radio->sent[0].size(), 508U);
  radio->say(wire::RnodeCommand::kData, radio->sent[0]);
  ASSERT_TRUE(until([&] { return daemon.packets.size() == 1; }));
  EXPECT_EQ(daemon.packets[0].raw, test_packet(500, 4));
}

TEST_F(RadioTest, WorksOverTcp) {
  auto listener = loop->listen_tcp("127.0.0.1", 0, {}, [&](std::unique_ptr<reactor::Stream> s) {
    radio = std::make_unique<FakeRadio>(std::move(s));
    radio->changed = [this] { poke(); };
  });
  ASSERT_TRUE(listener.ok()) << listener.status();
  InterfaceConfig config = radio_config();
  config.device.clear();
  config.connect_host = "127.0.0.1";
  config.connect_port = port_of((*listener)->local_address());
  start(config);
  ASSERT_TRUE(until_up());
  EXPECT_EQ(row().detail, (*listener)->local_address());
  interface->transmit(daemon.find("radio"), test_packet(60, 5));
  ASSERT_TRUE(until([&] { return radio->sent.size() == 1; }));
  radio.reset();
  ASSERT_TRUE(until([&] { return daemon.logged("closed the connection"); }));
  ASSERT_TRUE(until_up());
  listener->reset();
  radio.reset();
  ASSERT_TRUE(until([&] { return daemon.logged("cannot connect to 127.0.0.1:"); }));
}

}  // namespace
}  // namespace mehr::interface
