// The RNode state machine against the reference's transcripts, then its own promises: patience,
// sentences, metering, liveness.
#include "controlplane/interface/rnode_host.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "controlplane/interface/traits.h"
#include "tests/unit/vector_file.h"

namespace mehr::interface {
namespace {

using test::Json;
using wire::RnodeCommand;

class Bench : public RnodeHostSink {
 public:
  void write(ByteView bytes) override { written.push_back(to_bytes(bytes)); }
  void packet(ByteView frame, const routing::SignalReport& signal) override {
    packets.emplace_back(to_bytes(frame), signal);
  }
  void online() override { is_online = true; }
  void failed(const std::string& reason) override {
    is_online = false;
    failure = reason;
    host->closed();
  }

  void make(RnodeOptions options) {
    host = std::make_unique<RnodeHost>(std::move(options), *this, counters);
    host->opened(now);
  }
  /// Lets time pass, running everything due on the way.
  void pass(Duration time) {
    const Time until = now + time;
    while (const auto due = host->next_due()) {
      if (*due > until) break;
      now = std::max(now, *due);
      host->tick(now);
    }
    now = until;
  }
  void say(const Bytes& frame) { host->receive(frame, now); }
  void say(RnodeCommand command, const Bytes& payload) {
    say(wire::kiss_encode(static_cast<std::uint8_t>(command), payload));
  }
  void answer_probe(std::uint8_t minor = 86, std::uint8_t major = 1) {
    say(RnodeCommand::kDetect, {wire::kRnodeDetectResponse});
    say(RnodeCommand::kFirmwareVersion, {major, minor});
    say(RnodeCommand::kPlatform, {0x80});
    say(RnodeCommand::kMcu, {0x81});
  }
  void report(const wire::RnodeParameters& p, bool on = true) {
    say(encode_rnode(wire::RnodeFrequency{p.frequency_hz}));
    say(encode_rnode(wire::RnodeBandwidth{p.bandwidth_hz}));
    say(RnodeCommand::kTxPower, {p.tx_power_dbm});
    say(RnodeCommand::kSpreadingFactor, {p.spreading_factor});
    say(RnodeCommand::kCodingRate, {p.coding_rate});
    say(RnodeCommand::kRadioState, {static_cast<std::uint8_t>(on ? 1 : 0)});
  }
  void bring_up(const RnodeOptions& options) {
    make(options);
    pass(options.timing.settle);
    answer_probe();
    report(options.parameters);
    ASSERT_TRUE(is_online) << failure;
    written.clear();
  }

  border::Counters counters;
  Time now{1000s};
  std::unique_ptr<RnodeHost> host;
  std::vector<Bytes> written;
  std::vector<std::pair<Bytes, routing::SignalReport>> packets;
  bool is_online = false;
  std::string failure;
};

wire::RnodeParameters standard() {
  wire::RnodeParameters out;
  out.frequency_hz = 868'200'000;
  out.bandwidth_hz = 125'000;
  out.tx_power_dbm = 7;
  out.spreading_factor = 8;
  out.coding_rate = 5;
  return out;
}

wire::RnodeParameters parameters_of(const Json& config) {
  wire::RnodeParameters out;
  out.frequency_hz = config.at("frequency").get<std::uint32_t>();
  out.bandwidth_hz = config.at("bandwidth").get<std::uint32_t>();
  out.tx_power_dbm = config.at("txpower").get<std::uint8_t>();
  out.spreading_factor = config.at("spreadingfactor").get<std::uint8_t>();
  out.coding_rate = config.at("codingrate").get<std::uint8_t>();
  if (config.contains("airtime_limit_short")) {
    out.airtime_limit_short_percent = config.at("airtime_limit_short").get<double>();
  }
  if (config.contains("airtime_limit_long")) {
    out.airtime_limit_long_percent = config.at("airtime_limit_long").get<double>();
  }
  return out;
}

const test::VectorFile& vectors() {
  static const test::VectorFile kFile("rnode");
  return kFile;
}

Bytes filler(std::size_t size) {
  return Bytes(size, 0x55);
}

TEST(RnodeVectors, BringUp) {
  vectors().each("bring_up", [](const Json& item) {
    Bench bench;
    const wire::RnodeParameters parameters = parameters_of(item.at("config"));
    bench.make({parameters, kRnodeSerialTiming, false});
    EXPECT_TRUE(bench.written.empty());
    bench.pass(kRnodeSerialTiming.settle);
    bench.answer_probe();
    std::vector<Bytes> expected;
    for (const Json& frame : item.at("host_to_radio"))
      expected.push_back(test::hex(frame));
    EXPECT_EQ(bench.written, expected);
    bench.report(parameters);
    EXPECT_EQ(bench.is_online, item.at("online").get<bool>());
    for (const Json& sent : item.at("transmit")) {
      bench.written.clear();
      EXPECT_TRUE(bench.host->send(test::hex(sent.at("packet")), bench.now));
      ASSERT_EQ(bench.written.size(), 1U);
      EXPECT_EQ(bench.written[0], test::hex(sent.at("frame")));
    }
    bench.written.clear();
    bench.host->shut_down();
    std::vector<Bytes> goodbye;
    for (const Json& frame : item.at("on_detach"))
      goodbye.push_back(test::hex(frame));
    EXPECT_EQ(bench.written, goodbye);

    config::InterfaceConfig config;
    config.kind = config::InterfaceKind::kRnode;
    config.radio.bandwidth_hz = parameters.bandwidth_hz;
    config.radio.spreading_factor = parameters.spreading_factor;
    config.radio.coding_rate = parameters.coding_rate;
    EXPECT_EQ(traits_from_config(config).bitrate_bps,
              static_cast<std::uint64_t>(item.at("bitrate").get<double>()));
    EXPECT_EQ(traits_from_config(config).hardware_mtu, item.at("hw_mtu").get<std::uint32_t>());
  });
}

TEST(RnodeVectors, Validation) {
  vectors().each("validation", [](const Json& item) {
    const auto what = item.at("case").get<std::string>();
    Bench bench;
    bench.make({standard(), kRnodeSerialTiming, false});
    bench.pass(kRnodeSerialTiming.settle);
    wire::RnodeParameters reported = standard();
    bool known = true;
    if (what == "bandwidth differs") {
      reported.bandwidth_hz = 250'000;
    } else if (what == "frequency off by 100 Hz") {
      reported.frequency_hz += 100;
    } else if (what == "frequency off by 101 Hz") {
      reported.frequency_hz += 101;
    } else if (what == "spreading factor differs") {
      reported.spreading_factor = 9;
    } else if (what == "coding rate differs") {
      reported.coding_rate = 6;
    } else if (what == "tx power differs") {
      reported.tx_power_dbm = 17;
    } else {
      known = what == "radio stays off" || what == "no detect answer" || what == "firmware 2.0" ||
              what == "firmware 1.52";
    }
    ASSERT_TRUE(known) << "no test for this case";
    if (what == "firmware 2.0") {
      bench.answer_probe(0, 2);
    } else if (what == "firmware 1.52") {
      bench.answer_probe(52);
    } else if (what != "no detect answer") {
      bench.answer_probe();
    }
    if (what != "no detect answer") bench.report(reported, what != "radio stays off");
    bench.pass(10s);
    EXPECT_EQ(bench.is_online, item.at("goes_online").get<bool>()) << bench.failure;
    EXPECT_EQ(bench.failure.empty(), bench.is_online);
  });
}

TEST(RnodeVectors, FlowControl) {
  test::VectorFile file("rnode");
  Bench bench;
  bench.bring_up({standard(), kRnodeSerialTiming, true});
  std::size_t index = 0;
  for (const Json& step : file.root().at("flow_control")) {
    const auto action = step.at("action").get<std::string>();
    if (action == "radio sends READY") {
      bench.say(RnodeCommand::kReady, {1});
    } else {
      ASSERT_EQ(action.substr(0, 11), "send packet");
      EXPECT_TRUE(bench.host->send(filler(100), bench.now));
    }
    EXPECT_EQ(bench.host->frames_written(), step.at("frames_written").get<std::size_t>()) << index;
    EXPECT_EQ(bench.host->queued_packets(), step.at("queued").get<std::size_t>()) << index;
    file.ran("flow_control", index++);
  }
  file.finish("flow_control");
}

TEST(RnodeVectors, RadioToHost) {
  vectors().each("radio_to_host", [](const Json& item) {
    Bench bench;
    bench.bring_up({standard(), kRnodeSerialTiming, false});
    bench.say(test::hex(item.at("bytes")));
    // RNS loses the second of two packets that share a delimiter; a host should take both.
    const bool shared = item.at("what") == "two packets sharing a delimiter";
    ASSERT_EQ(bench.packets.size(), item.at("packets").size() + (shared ? 1 : 0));
    for (std::size_t i = 0; i < item.at("packets").size(); ++i) {
      const Json& expected = item.at("packets")[i];
      EXPECT_EQ(bench.packets[i].first, test::hex(expected.at("data")));
      const routing::SignalReport& signal = bench.packets[i].second;
      const auto number = [](const Json& value) {
        return value.is_null() ? std::nullopt : std::optional(value.get<double>());
      };
      EXPECT_EQ(signal.rssi_dbm, number(expected.at("rssi")));
      EXPECT_EQ(signal.snr_db, number(expected.at("snr")));
    }
    const bool online = item.at("state").value("online", true);
    EXPECT_EQ(bench.is_online, online) << bench.failure;
  });
}

TEST(RnodeHost, AnswersInPiecesAndNoiseDoNotMatter) {
  Bench bench;
  bench.make({standard(), kRnodeSerialTiming, false});
  bench.say({0x00, 0xC0, 0xC0, 0x41});  // what a booting board mutters
  bench.pass(kRnodeSerialTiming.settle);
  Bytes answers;
  append(answers, wire::kiss_encode(0x08, Bytes{wire::kRnodeDetectResponse}));
  append(answers, wire::kiss_encode(0x50, Bytes{1, 86}));
  for (const std::uint8_t byte : answers)
    bench.say(Bytes{byte});
  bench.pass(kRnodeSerialTiming.detect);  // platform and MCU never come: not needed
  bench.report(standard());
  EXPECT_TRUE(bench.is_online) << bench.failure;
}

TEST(RnodeHost, SaysWhatIsWrong) {
  const auto failure_with = [](const std::function<void(Bench&)>& script) {
    Bench bench;
    bench.make({standard(), kRnodeSerialTiming, false});
    bench.pass(kRnodeSerialTiming.settle);
    script(bench);
    bench.pass(20s);
    EXPECT_EQ(bench.counters.value(border::Counter::kRadioBringUpFailed), 1U);
    return bench.failure;
  };
  EXPECT_EQ(failure_with([](Bench&) {}),
            "the radio does not answer: check that it is an RNode and that `baud` is right");
  EXPECT_EQ(
      failure_with([](Bench& bench) { bench.answer_probe(5); }),
      "the radio's firmware 1.05 is too old; 1.52 or newer is needed, update it with rnodeconf");
  EXPECT_EQ(failure_with([](Bench& bench) {
              bench.answer_probe();
              wire::RnodeParameters reported = standard();
              reported.spreading_factor = 9;
              bench.report(reported);
            }),
            "the radio reports spreading factor 9, configured 8");
  EXPECT_EQ(failure_with([](Bench& bench) {
              bench.answer_probe();
              wire::RnodeParameters reported = standard();
              reported.tx_power_dbm = 5;
              bench.report(reported);
            }),
            "the radio reports tx power 5 dBm, configured 7 dBm");
  EXPECT_EQ(failure_with([](Bench& bench) { bench.answer_probe(); }),
            "the radio does not say which bandwidth it uses");
  EXPECT_NE(failure_with([](Bench& bench) {
              bench.answer_probe();
              bench.report(standard(), false);
            }).find("switched off"),
            std::string::npos);
}

TEST(RnodeHost, FailsWhenTheRadioChangesUnderIt) {
  const auto failure_after = [](const Bytes& frame) {
    Bench bench;
    bench.bring_up({standard(), kRnodeSerialTiming, false});
    bench.say(frame);
    bench.say(wire::kiss_encode(0, filler(30)));  // after the failure: nothing more
    EXPECT_TRUE(bench.packets.empty());
    EXPECT_EQ(bench.counters.value(border::Counter::kRadioLost), 1U);
    return bench.failure;
  };
  EXPECT_NE(failure_after(wire::kiss_encode(0x55, Bytes{0xF8})).find("restarted"),
            std::string::npos);
  EXPECT_NE(failure_after(wire::kiss_encode(0x90, Bytes{2})).find("error"), std::string::npos);
  EXPECT_NE(failure_after(wire::kiss_encode(0x06, Bytes{0})).find("switched off"),
            std::string::npos);
  EXPECT_EQ(failure_after(wire::kiss_encode(0x04, Bytes{12})),
            "the radio reports spreading factor 12, configured 8");
}

TEST(RnodeHost, ForgetsAPartialFrameAfterSilence) {
  Bench bench;
  bench.bring_up({standard(), kRnodeSerialTiming, false});
  const Bytes whole = wire::kiss_encode(0, filler(40));
  bench.say(Bytes(whole.begin(), whole.begin() + 20));
  bench.pass(90ms);
  bench.say(Bytes(whole.begin() + 20, whole.end()));
  EXPECT_EQ(bench.packets.size(), 1U);
  bench.say(Bytes(whole.begin(), whole.begin() + 20));
  bench.pass(101ms);
  bench.say(whole);
  ASSERT_EQ(bench.packets.size(), 2U);
  EXPECT_EQ(bench.packets[1].first, filler(40));
  EXPECT_EQ(bench.counters.value(border::Counter::kRadioPartialFrame), 1U);
}

TEST(RnodeHost, QueueIsBoundedAndDrainsByAirtime) {
  Bench bench;
  bench.bring_up({standard(), kRnodeSerialTiming, false});
  int accepted = 0;
  for (int i = 0; i < 100; ++i)
    accepted += bench.host->send(filler(500), bench.now) ? 1 : 0;
  EXPECT_LE(bench.host->queued_bytes(), 8192U);
  EXPECT_EQ(bench.host->frames_written(), 3U) << "what the radio may hold";
  EXPECT_EQ(accepted, 3 + 16);
  // A radio that sends exactly by airtime never holds more than its 6,144 bytes, nor runs dry.
  const Duration airtime = wire::rnode_packet_airtime({125'000, 8, 5}, 500);
  const Time start = bench.now;
  bench.pass(airtime * accepted * 3 / 2);
  EXPECT_EQ(bench.host->queued_packets(), 0U);
  EXPECT_EQ(bench.host->frames_written(), static_cast<std::uint64_t>(accepted));
  EXPECT_EQ(bench.host->airtime_sent(), airtime * accepted);
  EXPECT_GE(bench.now - start, airtime * (accepted - 3));
  EXPECT_FALSE(bench.host->send(filler(509), bench.now));
  EXPECT_FALSE(bench.host->send({}, bench.now));
}

TEST(RnodeHost, SmallPacketsAreBoundedByNumber) {
  Bench bench;
  bench.bring_up({standard(), kRnodeSerialTiming, false});
  int accepted = 0;
  for (int i = 0; i < 200; ++i)
    accepted += bench.host->send(filler(20), bench.now) ? 1 : 0;
  EXPECT_EQ(bench.host->queued_packets(), 64U);
  EXPECT_EQ(accepted, 64 + 24);
}

TEST(RnodeHost, WaitsForAChannelOthersUseAndForAirtimeLimits) {
  const auto time_to_send = [](const std::optional<Bytes>& statistics) {
    Bench bench;
    RnodeOptions options{standard(), kRnodeSerialTiming, false};
    options.parameters.airtime_limit_long_percent = 1.0;
    bench.bring_up(options);
    if (statistics) bench.say(RnodeCommand::kChannelStatistics, *statistics);
    for (int i = 0; i < 8; ++i)
      bench.host->send(filler(500), bench.now);
    const Time start = bench.now;
    while (bench.host->queued_packets() > 0)
      bench.pass(100ms);
    return bench.now - start;
  };
  const Duration quiet = time_to_send(std::nullopt);
  // airtime short, long, load short, long in hundredths of a percent, RSSI, noise, interference
  const Duration busy = time_to_send(Bytes{0, 0, 0, 0, 0x13, 0x88, 0, 0, 50, 40, 0xFF});  // 50 %
  EXPECT_GT(busy, quiet * 3 / 2);
  const Duration locked = time_to_send(Bytes{0, 0, 0, 101, 0, 0, 0, 0, 50, 40, 0xFF});
  EXPECT_GE(locked, 20s + quiet / 2);
}

TEST(RnodeHost, HoldsBackWhenTheRadioSaysItsQueueIsFull) {
  Bench bench;
  bench.bring_up({standard(), kRnodeSerialTiming, false});
  bench.say(RnodeCommand::kError, {4});
  EXPECT_TRUE(bench.is_online);
  EXPECT_EQ(bench.counters.value(border::Counter::kRadioQueueOverrun), 1U);
  EXPECT_TRUE(bench.host->send(filler(100), bench.now));
  EXPECT_EQ(bench.host->frames_written(), 0U);
  bench.pass(30s);
  EXPECT_EQ(bench.host->frames_written(), 1U);
}

TEST(RnodeHost, KeepsATcpRadioAliveAndNoticesItsSilence) {
  Bench bench;
  bench.bring_up({standard(), kRnodeTcpTiming, false});
  bench.pass(4s);
  ASSERT_EQ(bench.written.size(), 1U);
  EXPECT_EQ(bench.written[0], wire::rnode_detect());
  for (int i = 0; i < 20; ++i) {
    bench.pass(4s);
    bench.say(RnodeCommand::kDetect, {wire::kRnodeDetectResponse});
  }
  EXPECT_TRUE(bench.is_online);
  bench.pass(16s);
  EXPECT_EQ(bench.failure, "the radio stopped answering");
}

TEST(RnodeHost, AsksAQuietTcpRadioEvenWhileItSends) {
  Bench bench;
  bench.bring_up({standard(), kRnodeTcpTiming, false});
  for (int packet = 0; packet < 30; ++packet) {
    ASSERT_TRUE(bench.host->send(filler(20), bench.now)) << bench.failure;
    bench.pass(2s);
    // The radio answers questions and has nothing else to say.
    if (std::count(bench.written.begin(), bench.written.end(), wire::rnode_detect()) > 0) {
      bench.say(RnodeCommand::kDetect, {wire::kRnodeDetectResponse});
    }
    bench.written.clear();
  }
  EXPECT_TRUE(bench.is_online) << bench.failure;
}

}  // namespace
}  // namespace mehr::interface
