// Hostile bytes through real sockets and ptys: 100,000 mutated frames a kind, then raw noise. Every
// frame ends as one packet event or in one counter, memory stays bounded, and the interface still
// works afterwards.
#include <malloc.h>

#include "controlplane/interface/rnode.h"
#include "controlplane/interface/tcp.h"
#include "controlplane/interface/udp.h"
#include "core/wire/hdlc.h"
#include "tests/unit/interface/fixture.h"

namespace mehr::interface {
namespace {

using border::Counter;
using config::InterfaceConfig;
using config::InterfaceKind;

constexpr std::uint64_t kFrames = 100'000;
constexpr std::uint64_t kBatch = 500;

class HostileTest : public InterfaceTest {
 protected:
  void SetUp() override {
    InterfaceTest::SetUp();
    daemon.keep_packets = false;
  }

  /// A packet that may be whole, too short, too long, flagged or noise.
  Bytes mutant(std::size_t longest) {
    const std::uint64_t choice = random.below(10);
    Bytes out(1 + random.below(choice == 0 ? 30 : choice == 1 ? longest + 200 : 300));
    random.fill(out);
    if (choice < 6) out[0] &= 0x7F;
    return out;
  }
  Bytes noise() {
    Bytes out(1 + random.below(2000));
    random.fill(out);
    return out;
  }
  /// Frames that were received, by what became of them.
  [[nodiscard]] std::uint64_t accounted() const {
    return daemon.packet_count + count(Counter::kRxTooShort) + count(Counter::kRxTooLong) +
           count(Counter::kAccessMissing) + count(Counter::kAccessUnexpected) +
           count(Counter::kAccessWrong);
  }
  /// Sends kFrames in batches, each after the last has been accounted for.
  bool run_batches(const std::function<void()>& send_one) {
    std::uint64_t sent = 0;
    return until(
        [&] {
          // Frames arrive from inside the loop; refill without recursion when a batch is done.
          while (sent < kFrames && accounted() == sent && !sending_) {
            sending_ = true;
            for (std::uint64_t i = 0; i < kBatch; ++i)
              send_one();
            sent += kBatch;
            sending_ = false;
          }
          return accounted() == kFrames;
        },
        120s);
  }
  /// Drops make no event: look again every millisecond.
  void keep_looking() {
    loop->after(1ms, [this] {
      poke();
      keep_looking();
    });
  }
  static std::size_t heap() { return mallinfo2().uordblks; }

  bool sending_ = false;
};

constexpr std::size_t kMostGrowth = std::size_t{4} << 20U;

TEST_F(HostileTest, Tcp) {
  InterfaceConfig config;
  config.name = "lan";
  config.listen_host = "127.0.0.1";
  config.listen_port = 0;
  TcpServer server(config, context());
  server.start();
  std::unique_ptr<reactor::Stream> attacker;
  const auto connect = [&] {
    attacker.reset();
    return loop->connect_tcp("127.0.0.1", port_of(server.local_address()), {}, 5s,
                             [&](Result<std::unique_ptr<reactor::Stream>> stream) {
                               attacker = *std::move(stream);
                               attacker->set_queue_limit(std::size_t{64} << 20U);
                               attacker->start({[](ByteView) {}, [](const Status&) {}, {}});
                             });
  };
  auto attempt = connect();
  keep_looking();
  ASSERT_TRUE(until([&] { return attacker && daemon.living.size() == 1; }));
  const std::size_t before = heap();
  ASSERT_TRUE(run_batches([&] { attacker->write(wire::hdlc_encode(mutant(8192))); }));
  EXPECT_EQ(accounted(), kFrames);
  EXPECT_GT(daemon.packet_count, kFrames / 4);
  EXPECT_EQ(count(Counter::kRxRunaway), 0U);
  EXPECT_LT(heap(), before + kMostGrowth);

  // Noise without end, mostly without delimiters: the decoder lets go of what leads nowhere.
  for (int i = 0; i < 2000; ++i) {
    Bytes bytes = noise();
    if (i % 2 == 0) std::replace(bytes.begin(), bytes.end(), std::uint8_t{0x7E}, std::uint8_t{1});
    attacker->write(bytes);
  }
  ASSERT_TRUE(until([&] { return attacker->queued_bytes() == 0; }));
  const Bytes flags(3, 0x7E);
  attacker->write(flags);
  const std::uint64_t had = daemon.packet_count;
  const Bytes good = test_packet(100, 9);
  attacker->write(wire::hdlc_encode(good));
  ASSERT_TRUE(until([&] { return daemon.packet_count > had; }));
  EXPECT_LT(heap(), before + kMostGrowth);
}

TEST_F(HostileTest, TcpWithAccessCode) {
  InterfaceConfig config;
  config.name = "lan";
  config.listen_host = "127.0.0.1";
  config.listen_port = 0;
  config.passphrase = "secret";
  TcpServer server(config, context());
  server.start();
  std::unique_ptr<reactor::Stream> attacker;
  const auto attempt =
      loop->connect_tcp("127.0.0.1", port_of(server.local_address()), {}, 5s,
                        [&](Result<std::unique_ptr<reactor::Stream>> stream) {
                          attacker = *std::move(stream);
                          attacker->start({[](ByteView) {}, [](const Status&) {}, {}});
                        });
  keep_looking();
  ASSERT_TRUE(until([&] { return attacker && daemon.living.size() == 1; }));
  constexpr std::uint64_t kFew = 2000;  // a signature each
  for (std::uint64_t i = 0; i < kFew; ++i)
    attacker->write(wire::hdlc_encode(mutant(500)));
  ASSERT_TRUE(until([&] { return accounted() == kFew; }, 60s));
  EXPECT_EQ(daemon.packet_count, 0U);
}

TEST_F(HostileTest, Udp) {
  InterfaceConfig config;
  config.name = "udp";
  config.kind = InterfaceKind::kUdp;
  config.listen_host = "127.0.0.1";
  config.listen_port = 0;
  Udp udp(config, context());
  udp.start();
  const auto attacker = *loop->open_udp("127.0.0.1", 0, "127.0.0.1", port_of(udp.local_address()),
                                        [](ByteView, const std::string&) {});
  keep_looking();
  const std::size_t before = heap();
  std::uint64_t sent = 0;
  // Loopback drops nothing as long as little is under way.
  constexpr std::uint64_t kUnderWay = 50;
  ASSERT_TRUE(until(
      [&] {
        while (sent < kFrames && sent < accounted() + kUnderWay) {
          if (!attacker->send(mutant(1064))) break;
          ++sent;
        }
        return accounted() == kFrames;
      },
      120s));
  EXPECT_EQ(count(Counter::kRxFrames), kFrames);
  EXPECT_GT(daemon.packet_count, kFrames / 4);
  EXPECT_LT(heap(), before + kMostGrowth);
}

TEST_F(HostileTest, RadioOnAPty) {
  auto pty = loop->open_pty();
  ASSERT_TRUE(pty.ok()) << pty.status();
  FakeRadio radio(std::move(pty->master));
  InterfaceConfig config;
  config.name = "radio";
  config.kind = InterfaceKind::kRnode;
  config.device = pty->slave_path;
  config.radio.frequency_hz = 868'200'000;
  Rnode interface(config, context(), {5ms, 200ms, 200ms, 10s, {}, {}}, 10ms);
  interface.start();
  keep_looking();
  ASSERT_TRUE(until([&] { return !daemon.living.empty(); }));
  const std::size_t before = heap();
  ASSERT_TRUE(run_batches([&] {
    // Frames a radio may send without being taken for another or a broken one.
    if (random.below(4) == 0) {
      Bytes payload(random.below(20));
      random.fill(payload);
      radio.say(wire::kiss_encode(static_cast<std::uint8_t>(0x21 + random.below(9)), payload));
    }
    radio.say(wire::kiss_encode(wire::kKissData, mutant(400)));
  }));
  EXPECT_EQ(count(Counter::kRxFrames), kFrames);
  EXPECT_GT(daemon.packet_count, kFrames / 4);
  EXPECT_LT(heap(), before + kMostGrowth);

  // Noise: parameters, errors and resets among it take the radio down; it must come up again.
  for (int i = 0; i < 500; ++i)
    radio.say(noise());
  ASSERT_TRUE(until([&] { return radio.queued_bytes() == 0; }));
  ASSERT_TRUE(until([&] { return !daemon.living.empty(); }, 60s));
  EXPECT_LT(heap(), before + kMostGrowth);
}

}  // namespace
}  // namespace mehr::interface
