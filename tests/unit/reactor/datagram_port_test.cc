// The port that talks to many: both families, sizes the path refuses, and answers by address.
#include <netinet/in.h>

#include "tests/unit/reactor/loop_test.h"

namespace mehr::reactor {
namespace {

class DatagramPortTest : public LoopTest {
 protected:
  std::unique_ptr<DatagramPort> open(const std::string& host, DatagramPortEvents events) {
    auto made = loop->open_datagram_port(host, 0, std::move(events));
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *std::move(made) : nullptr;
  }
};

TEST_F(DatagramPortTest, ManyTalkToOneAndAreAnswered) {
  std::unique_ptr<DatagramPort> server;
  DatagramPortEvents echo;
  echo.received = [&](ByteView data, const std::string& from) {
    EXPECT_EQ(server->send_to(from, data), DatagramPort::Sent::kSent);
  };
  server = open("127.0.0.1", echo);
  constexpr std::size_t kClients = 5;
  std::vector<std::unique_ptr<DatagramPort>> clients;
  std::size_t answers = 0;
  for (std::size_t i = 0; i < kClients; ++i) {
    DatagramPortEvents events;
    events.received = [&, i](ByteView data, const std::string& from) {
      EXPECT_EQ(from, server->local_address());
      EXPECT_EQ(data.size(), 100 + i);
      if (++answers == kClients) done();
    };
    clients.push_back(open("127.0.0.1", events));
  }
  for (std::size_t i = 0; i < kClients; ++i) {
    EXPECT_EQ(clients[i]->send_to(server->local_address(), Bytes(100 + i)),
              DatagramPort::Sent::kSent);
  }
  EXPECT_TRUE(run());
}

TEST_F(DatagramPortTest, SpeaksIpv6AndMappedIpv4) {
  std::string heard_from;
  DatagramPortEvents events;
  events.received = [&](ByteView, const std::string& from) {
    heard_from = from;
    done();
  };
  const auto both = open("::", events);
  ASSERT_NE(both, nullptr);
  const auto v4 = open("127.0.0.1", {});
  const std::uint16_t port = port_of(both->local_address());
  EXPECT_EQ(v4->send_to("127.0.0.1:" + std::to_string(port), Bytes(10)), DatagramPort::Sent::kSent);
  EXPECT_TRUE(run());
  EXPECT_EQ(heard_from, v4->local_address());
  EXPECT_EQ(both->send_to(heard_from, Bytes(10)), DatagramPort::Sent::kSent);

  const auto v6 = open("::1", {});
  EXPECT_EQ(v6->send_to("[::1]:" + std::to_string(port), Bytes(10)), DatagramPort::Sent::kSent);
  EXPECT_TRUE(run());
  EXPECT_EQ(heard_from, v6->local_address());
}

TEST_F(DatagramPortTest, RefusesWhatIsNoAddressOfItsFamily) {
  const auto v4 = open("127.0.0.1", {});
  for (const char* to : {"", ":", "1", "[::1]:9", "example.org:9", "127.0.0.1:99999", "[]:1"}) {
    EXPECT_EQ(v4->send_to(to, Bytes(10)), DatagramPort::Sent::kNoWay) << to;
  }
}

TEST_F(DatagramPortTest, SaysWhatDoesNotFit) {
  // Loopback carries 65,536 bytes, so only what no datagram can hold is refused here; the limits of
  // real paths are tried in tests/smoke.
  const auto port = open("127.0.0.1", {});
  EXPECT_EQ(port->send_to("127.0.0.1:9", Bytes(65'508)), DatagramPort::Sent::kTooBig);
}

TEST_F(DatagramPortTest, AnUnreachablePeerDoesNotStopTheOthers) {
  std::size_t heard = 0;
  DatagramPortEvents events;
  events.received = [&](ByteView, const std::string&) {
    if (++heard == 20) done();
  };
  const auto server = open("127.0.0.1", events);
  const auto client = open("127.0.0.1", {});
  std::string closed = "127.0.0.1:9";
  {
    const auto short_lived = open("127.0.0.1", {});
    closed = short_lived->local_address();
  }
  std::function<void()> send = [&] {
    client->send_to(closed, Bytes(10));
    EXPECT_EQ(client->send_to(server->local_address(), Bytes(10)), DatagramPort::Sent::kSent);
    if (heard < 20) loop->after(1ms, send);
  };
  send();
  EXPECT_TRUE(run());
}

TEST_F(DatagramPortTest, NamesAreLookedUp) {
  std::vector<std::string> found;
  const auto asked = loop->resolve("127.0.0.1", 7, [&](auto addresses) {
    if (addresses.ok()) found = *addresses;
    done();
  });
  {
    auto dropped = loop->resolve("127.0.0.1", 8, [](const auto&) { FAIL(); });
  }
  EXPECT_TRUE(run());
  EXPECT_EQ(found, std::vector<std::string>{"127.0.0.1:7"});
}

}  // namespace
}  // namespace mehr::reactor
