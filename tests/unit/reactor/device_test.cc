// UDP, serial lines by way of ptys, and signals.
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "tests/unit/reactor/loop_test.h"

namespace mehr::reactor {
namespace {

using UdpTest = LoopTest;

TEST_F(UdpTest, SendsAndReceivesBothWays) {
  std::string heard;
  std::unique_ptr<DatagramSocket> left, right;
  auto first = loop->open_udp("127.0.0.1", 0, "", 0, [&](ByteView data, const std::string& from) {
    heard += as_text(data);
    EXPECT_EQ(from, right->local_address());
    if (heard.size() == 300) done();
  });
  ASSERT_TRUE(first.ok()) << first.status();
  left = *std::move(first);
  auto second = loop->open_udp("127.0.0.1", 0, "127.0.0.1", port_of(left->local_address()),
                               [](ByteView, const std::string&) {});
  ASSERT_TRUE(second.ok()) << second.status();
  right = *std::move(second);
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(right->send(as_bytes("abc")));
  EXPECT_FALSE(left->send(as_bytes("nowhere to send to")));
  EXPECT_TRUE(run());
}

TEST_F(UdpTest, SocketMayGoInsideItsCallback) {
  std::unique_ptr<DatagramSocket> left, right;
  int calls = 0;
  left = *loop->open_udp("127.0.0.1", 0, "", 0, [&](ByteView, const std::string&) {
    ++calls;
    left.reset();
    loop->after(20ms, [&] { done(); });
  });
  right = *loop->open_udp("127.0.0.1", 0, "127.0.0.1", port_of(left->local_address()),
                          [](ByteView, const std::string&) {});
  for (int i = 0; i < 10; ++i)
    right->send(as_bytes("x"));
  EXPECT_TRUE(run());
  EXPECT_EQ(calls, 1);
}

TEST_F(UdpTest, BadAddressesAreErrors) {
  const auto nothing = [](ByteView, const std::string&) {};
  EXPECT_FALSE(loop->open_udp("nonsense", 0, "", 0, nothing).ok());
  EXPECT_FALSE(loop->open_udp("127.0.0.1", 0, "::1", 1, nothing).ok());
  const auto first = loop->open_udp("127.0.0.1", 0, "", 0, nothing);
  const auto second =
      loop->open_udp("127.0.0.1", port_of((*first)->local_address()), "", 0, nothing);
  EXPECT_NE(second.status().message().find("in use"), std::string::npos) << second.status();
}

class SerialTest : public LoopTest {
 protected:
  void SetUp() override {
    LoopTest::SetUp();
    auto made = loop->open_pty();
    ASSERT_TRUE(made.ok()) << made.status();
    master = std::move(made->master);
    path = made->slave_path;
  }
  std::unique_ptr<Stream> master, line;
  std::string path;
};

TEST_F(SerialTest, CarriesEveryByteBothWays) {
  Bytes all(256);
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<std::uint8_t>(i);
  Bytes big;
  for (int i = 0; i < 400; ++i)
    append(big, all);  // far more than a tty buffers
  auto opened = loop->open_serial(path, {});
  ASSERT_TRUE(opened.ok()) << opened.status();
  line = *std::move(opened);
  EXPECT_EQ(line->peer(), path);
  Bytes at_master, at_line;
  const auto check = [&] {
    if (at_master.size() == big.size() && at_line.size() == big.size()) done();
  };
  master->start({[&](ByteView data) {
                   append(at_master, data);
                   check();
                 },
                 [](const Status&) {},
                 {}});
  line->start({[&](ByteView data) {
                 append(at_line, data);
                 check();
               },
               [](const Status&) {},
               {}});
  EXPECT_TRUE(line->write(big));
  EXPECT_TRUE(master->write(big));
  ASSERT_TRUE(run());
  EXPECT_EQ(at_master, big);
  EXPECT_EQ(at_line, big);
}

TEST_F(SerialTest, UnpluggingClosesAndPluggingInWorksAgain) {
  line = *loop->open_serial(path, {});
  master->start({[](ByteView) {}, [](const Status&) {}, {}});
  Status ended;
  line->start({[](ByteView) {},
               [&](const Status& status) {
                 ended = status;
                 done();
               },
               {}});
  loop->after(Duration::zero(), [&] { master.reset(); });
  ASSERT_TRUE(run());
  EXPECT_NE(ended.message().find("hung up"), std::string::npos) << ended;
  line.reset();
  EXPECT_TRUE(absl::IsNotFound(loop->open_serial(path, {}).status()));
}

TEST_F(SerialTest, FollowsSymlinksAndKeepsOthersOut) {
  const std::string link = "/tmp/mehr-serial-link-" + std::to_string(::getpid());
  std::filesystem::remove(link);
  std::filesystem::create_symlink(path, link);
  auto opened = loop->open_serial(link, {});
  std::filesystem::remove(link);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_NE(loop->open_serial(path, {}).status().message().find("in use"), std::string::npos);
  opened->reset();
  // The lock goes with the descriptor, which no operation holds: it was never started.
  EXPECT_TRUE(loop->open_serial(path, {}).ok());
}

TEST_F(SerialTest, ErrorsAreSentences) {
  EXPECT_EQ(loop->open_serial("/dev/no-such-tty", {}).status().message(),
            "no device at /dev/no-such-tty");
  EXPECT_NE(loop->open_serial("/dev/null", {}).status().message().find("not a serial line"),
            std::string::npos);
  EXPECT_NE(loop->open_serial(path, {12'345}).status().message().find("12345 baud"),
            std::string::npos);
}

TEST_F(SerialTest, FinishWritesWhatIsQueued) {
  line = *loop->open_serial(path, {});
  std::string got;
  bool closed = false;
  // The kernel hands a pty's bytes over in its own time: before or after the line is closed.
  const auto both = [&] {
    if (closed && got.size() >= 7) done();
  };
  master->start({[&](ByteView data) {
                   got += as_text(data);
                   both();
                 },
                 [](const Status&) {},
                 {}});
  line->start({[](ByteView) {},
               [&](const Status& status) {
                 EXPECT_TRUE(status.ok()) << status;
                 line.reset();
                 closed = true;
                 both();
               },
               {}});
  line->write(as_bytes("goodbye"));
  line->finish();
  ASSERT_TRUE(run());
  EXPECT_EQ(got, "goodbye");
}

using SignalTest = LoopTest;

TEST_F(SignalTest, ArriveOnTheLoop) {
  int first = 0, second = 0;
  ASSERT_TRUE(loop->on_signal(SIGUSR1, [&] { ++first; }).ok());
  ASSERT_TRUE(loop->on_signal(SIGUSR2,
                              [&] {
                                ++second;
                                if (second == 1) ::kill(::getpid(), SIGUSR2);
                                if (second == 2) done();
                              })
                  .ok());
  EXPECT_FALSE(loop->on_signal(12'345, [] {}).ok());
  ::kill(::getpid(), SIGUSR1);
  ::kill(::getpid(), SIGUSR2);
  ASSERT_TRUE(run());
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 2);
}

}  // namespace
}  // namespace mehr::reactor
