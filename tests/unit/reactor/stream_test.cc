// TCP and Unix streams: echo, backpressure, ends of both kinds, connects that fail, and handles
// that go away while something is in flight.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "controlplane/reactor/fd.h"
#include "tests/unit/reactor/loop_test.h"

namespace mehr::reactor {
namespace {

Bytes pattern(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i)
    out[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  return out;
}

class StreamTest : public LoopTest {
 protected:
  /// Listens on loopback; accepted streams go to `accept`.
  void listen(AcceptFn accept) {
    auto made = loop->listen_tcp("127.0.0.1", 0, {}, std::move(accept));
    ASSERT_TRUE(made.ok()) << made.status();
    listener = *std::move(made);
  }
  std::shared_ptr<void> connect(ConnectFn done) {
    return loop->connect_tcp("127.0.0.1", port_of(listener->local_address()), {}, 5s,
                             std::move(done));
  }
  /// A connected pair, neither end started.
  void pair() {
    listen([this](std::unique_ptr<Stream> stream) {
      server = std::move(stream);
      if (client) done();
    });
    const auto attempt = connect([this](Result<std::unique_ptr<Stream>> stream) {
      ASSERT_TRUE(stream.ok()) << stream.status();
      client = *std::move(stream);
      if (server) done();
    });
    ASSERT_TRUE(run());
  }

  std::unique_ptr<Listener> listener;
  std::unique_ptr<Stream> server, client;
};

TEST_F(StreamTest, EchoesMegabytesThroughABoundedQueue) {
  pair();
  const Bytes sent = pattern(std::size_t{8} << 20U);
  Bytes got;
  std::size_t written = 0;
  Bytes parked;
  const auto echo = [&] {
    if (!parked.empty() && server->write(parked)) parked.clear();
  };
  server->set_queue_limit(std::size_t{16} << 20U);
  server->start(
      {[&](ByteView data) { EXPECT_TRUE(server->write(data)); }, [](const Status&) {}, echo});
  const auto feed = [&] {
    while (written < sent.size()) {
      const auto chunk =
          ByteView(sent).subspan(written, std::min<std::size_t>(50'000, sent.size() - written));
      if (!client->write(chunk)) break;
      written += chunk.size();
      EXPECT_LE(client->queued_bytes(), 200'000U);
    }
  };
  client->set_queue_limit(200'000);
  client->start({[&](ByteView data) {
                   append(got, data);
                   if (got.size() == sent.size()) done();
                 },
                 [](const Status&) {}, feed});
  feed();
  EXPECT_FALSE(client->write(ByteView(sent).first(100'000)));
  ASSERT_TRUE(run(60s));
  EXPECT_EQ(got, sent);
}

TEST_F(StreamTest, FinishDeliversWhatIsQueuedThenEnds) {
  pair();
  const Bytes sent = pattern(700'000);
  Bytes got;
  int ends = 0;
  server->start({[&](ByteView data) { append(got, data); },
                 [&](const Status& status) {
                   EXPECT_TRUE(status.ok()) << status;
                   server.reset();
                   if (++ends == 2) done();
                 },
                 {}});
  client->start({[](ByteView) {},
                 [&](const Status& status) {
                   EXPECT_TRUE(status.ok()) << status;
                   if (++ends == 2) done();
                 },
                 {}});
  ASSERT_TRUE(client->write(sent));
  client->finish();
  EXPECT_FALSE(client->write(sent));
  ASSERT_TRUE(run());
  EXPECT_EQ(got, sent);
}

TEST_F(StreamTest, NothingComesAfterTheHandleIsGone) {
  pair();
  int calls = 0;
  server->start({[&](ByteView) {
                   server.reset();
                   ++calls;
                 },
                 [&](const Status&) { FAIL() << "closed after destruction"; },
                 {}});
  client->start({[](ByteView) {}, [&](const Status&) { done(); }, {}});
  ASSERT_TRUE(client->write(pattern(300'000)));
  ASSERT_TRUE(run());
  EXPECT_EQ(calls, 1);
}

TEST_F(StreamTest, HandleMayGoWhileAWriteIsInFlight) {
  pair();
  client->set_queue_limit(std::size_t{64} << 20U);
  client->start({[](ByteView) {}, [](const Status&) { FAIL(); }, {}});
  ASSERT_TRUE(client->write(pattern(std::size_t{32} << 20U)));  // nobody reads: stays in flight
  loop->after(20ms, [&] {
    client.reset();
    server->start({[](ByteView) {}, [&](const Status&) { done(); }, {}});
  });
  ASSERT_TRUE(run());
}

TEST_F(StreamTest, HandlesMayOutliveTheReactor) {
  pair();
  client->start({[](ByteView) {}, [](const Status&) { FAIL(); }, {}});
  ASSERT_TRUE(client->write(pattern(1000)));
  loop.reset();
  EXPECT_FALSE(client->write(pattern(10)));
  client.reset();
  server.reset();
  listener.reset();
}

TEST_F(StreamTest, PeerThatNeverReadsFillsOnlyItsOwnQueue) {
  pair();
  client->set_queue_limit(100'000);
  client->start({[](ByteView) {}, [](const Status&) {}, {}});
  server->set_queue_limit(0);
  const Bytes chunk = pattern(10'000);
  int refused = 0;
  std::function<void()> push = [&] {
    for (int i = 0; i < 20; ++i)
      refused += client->write(chunk) ? 0 : 1;
    EXPECT_LE(client->queued_bytes(), 100'000U);
    if (refused > 100) {
      done();
      return;
    }
    loop->after(Duration::zero(), push);
  };
  push();
  EXPECT_TRUE(run());
}

TEST_F(StreamTest, ConnectRefusedSaysSo) {
  listen([](std::unique_ptr<Stream>) {});
  const std::uint16_t port = port_of(listener->local_address());
  listener.reset();
  Status status;
  bool inside = true;
  const auto attempt =
      loop->connect_tcp("127.0.0.1", port, {}, 5s, [&](Result<std::unique_ptr<Stream>> stream) {
        EXPECT_FALSE(inside);
        status = stream.status();
        done();
      });
  inside = false;
  ASSERT_TRUE(run());
  EXPECT_NE(status.message().find("Connection refused"), std::string::npos) << status;
}

TEST_F(StreamTest, ConnectTimesOut) {
  // A listener whose backlog is full answers no more handshakes.
  Fd full(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(::bind(full.get(), generic, size), 0);
  ASSERT_EQ(::listen(full.get(), 0), 0);
  ASSERT_EQ(::getsockname(full.get(), generic, &size), 0);
  const std::uint16_t port = ntohs(address.sin_port);
  std::vector<std::shared_ptr<void>> attempts;
  std::vector<std::unique_ptr<Stream>> streams;
  Status status;
  for (int i = 0; i < 4; ++i) {
    attempts.push_back(loop->connect_tcp("127.0.0.1", port, {}, 200ms,
                                         [&](Result<std::unique_ptr<Stream>> stream) {
                                           if (stream.ok()) {
                                             streams.push_back(*std::move(stream));
                                           } else {
                                             status = stream.status();
                                             done();
                                           }
                                         }));
  }
  ASSERT_TRUE(run());
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_NE(status.message().find("no answer from 127.0.0.1:"), std::string::npos) << status;
}

TEST_F(StreamTest, ConnectByNameAndUnknownName) {
  listen([this](std::unique_ptr<Stream> stream) { server = std::move(stream); });
  const std::uint16_t port = port_of(listener->local_address());
  const auto good =
      loop->connect_tcp("localhost", port, {}, 5s, [&](Result<std::unique_ptr<Stream>> stream) {
        EXPECT_TRUE(stream.ok()) << stream.status();
        done();
      });
  ASSERT_TRUE(run());
  Status status;
  const auto bad =
      loop->connect_tcp("no such host", port, {}, 5s, [&](Result<std::unique_ptr<Stream>> stream) {
        status = stream.status();
        done();
      });
  ASSERT_TRUE(run());
  EXPECT_NE(status.message().find("no such host"), std::string::npos) << status;
}

TEST_F(StreamTest, GivingUpAConnectIsSilent) {
  listen([](std::unique_ptr<Stream>) {});
  auto attempt = connect([](Result<std::unique_ptr<Stream>>) { FAIL(); });
  attempt.reset();
  auto second = connect([](Result<std::unique_ptr<Stream>>) { FAIL(); });
  loop->after(Duration::zero(), [&] { second.reset(); });
  loop->after(50ms, [&] { done(); });
  EXPECT_TRUE(run());
}

TEST_F(StreamTest, AddressesInUseAndNonsenseAreErrors) {
  listen([](std::unique_ptr<Stream>) {});
  const auto taken =
      loop->listen_tcp("127.0.0.1", port_of(listener->local_address()), {}, [](auto) {});
  EXPECT_NE(taken.status().message().find("Address already in use"), std::string::npos)
      << taken.status();
  EXPECT_FALSE(loop->listen_tcp("not-an-address", 1, {}, [](auto) {}).ok());
  // And the port is free again as soon as its listener is gone.
  const std::uint16_t port = port_of(listener->local_address());
  listener.reset();
  EXPECT_TRUE(loop->listen_tcp("127.0.0.1", port, {}, [](auto) {}).ok());
}

TEST_F(StreamTest, ListensOnIpv6) {
  auto made = loop->listen_tcp("::1", 0, {}, [this](std::unique_ptr<Stream> stream) {
    server = std::move(stream);
    done();
  });
  if (!made.ok()) GTEST_SKIP() << "no IPv6 here: " << made.status();
  const auto attempt = loop->connect_tcp("::1", port_of((*made)->local_address()), {}, 5s,
                                         [&](auto stream) { client = *std::move(stream); });
  ASSERT_TRUE(run());
  EXPECT_EQ(server->peer().substr(0, 6), "[::1]:");
}

class UnixTest : public StreamTest {
 protected:
  void SetUp() override {
    StreamTest::SetUp();
    char name[] = "/tmp/mehr-reactor-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder = name;
    path = folder + "/socket";
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  Fd connect_plainly() {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(fd.get(), generic, sizeof address) != 0) return Fd();
    return fd;
  }
  std::string folder, path;
};

TEST_F(UnixTest, AcceptsWithModeAndPeer) {
  auto made = loop->listen_unix(path, 0660, [this](std::unique_ptr<Stream> stream) {
    server = std::move(stream);
    done();
  });
  ASSERT_TRUE(made.ok()) << made.status();
  struct stat there {};
  ASSERT_EQ(::stat(path.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777U, 0660U);
  const Fd peer = connect_plainly();
  ASSERT_TRUE(peer);
  ASSERT_TRUE(run());
  EXPECT_EQ(server->peer(), "unix");
  ASSERT_TRUE(server->peer_user());
  EXPECT_EQ(server->peer_user()->uid, ::geteuid());
  EXPECT_EQ(server->peer_user()->groups.at(0), ::getegid());
  EXPECT_EQ(server->peer_user()->groups.size(), 1U + static_cast<unsigned>(getgroups(0, nullptr)));
  made->reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(UnixTest, RefusesALiveSocketAndReplacesAStaleOne) {
  auto first = loop->listen_unix(path, 0600, [](auto) {});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = loop->listen_unix(path, 0600, [](auto) {});
  EXPECT_NE(second.status().message().find("another process is listening"), std::string::npos)
      << second.status();
  first->reset();

  {  // a process that was killed leaves its file behind
    const Fd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    ASSERT_EQ(::bind(dead.get(), generic, sizeof address), 0);
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  const auto third = loop->listen_unix(path, 0600, [this](auto) { done(); });
  ASSERT_TRUE(third.ok()) << third.status();
  const Fd peer = connect_plainly();
  EXPECT_TRUE(peer);
  EXPECT_TRUE(run());
}

TEST_F(UnixTest, LeavesOtherFilesAlone) {
  const Fd file(::creat(path.c_str(), 0600));
  const auto made = loop->listen_unix(path, 0600, [](auto) {});
  EXPECT_NE(made.status().message().find("not a socket"), std::string::npos) << made.status();
  EXPECT_FALSE(loop->listen_unix(std::string(200, 'x'), 0600, [](auto) {}).ok());
}

}  // namespace
}  // namespace mehr::reactor
