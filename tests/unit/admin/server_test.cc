// The admin server over a real Unix socket, with a backend that answers as the test wants. The
// server runs on a thread of its own, the client of tools/mehr on the test's.
#include "controlplane/admin/server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <thread>

#include "tests/unit/admin/fake_backend.h"
#include "tools/mehr/admin_client.h"

namespace mehr::admin {
namespace {

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ =
        (std::filesystem::temp_directory_path() / ("mehr-admin-test-" + std::to_string(getpid())))
            .string();
    auto reactor = reactor::Reactor::create();
    if (!reactor.ok()) GTEST_SKIP() << reactor.status();
    reactor_ = std::move(*reactor);
    thread_ = std::thread([this] { ASSERT_TRUE(reactor_->run().ok()); });
  }
  void TearDown() override {
    if (!thread_.joinable()) return;
    on_reactor([this] { server_.reset(); });
    reactor_->post([this] { reactor_->stop(); });
    thread_.join();
    unlink(path_.c_str());
  }

  // Runs `task` on the reactor thread and waits for it.
  void on_reactor(const std::function<void()>& task) {
    std::promise<void> done;
    reactor_->post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  void start(AdminOptions options = {}) {
    on_reactor([&] {
      options.path = path_;
      if (options.own_uid == 0) options.own_uid = geteuid();
      auto server = AdminServer::start(options, *reactor_, backend_, counters_);
      ASSERT_TRUE(server.ok()) << server.status();
      server_ = std::move(*server);
    });
  }
  cli::AdminClient connect() {
    auto client = cli::AdminClient::connect(path_);
    EXPECT_TRUE(client.ok()) << client.status();
    return std::move(*client);
  }
  std::unique_ptr<api::ResponseT> next(cli::AdminClient& client) {
    auto response = client.next(20s);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? std::move(*response) : std::make_unique<api::ResponseT>();
  }
  std::uint64_t counted(border::Counter counter) {
    std::uint64_t value = 0;
    on_reactor([&] { value = counters_.value(counter); });
    return value;
  }
  api::ErrorCode error_of(const api::ResponseT& response) {
    const auto* error = response.body.AsError();
    return error == nullptr ? api::ErrorCode::Ok : error->code;
  }

  std::string path_;
  border::Counters counters_;
  FakeBackend backend_;
  std::unique_ptr<reactor::Reactor> reactor_;
  std::unique_ptr<AdminServer> server_;
  std::thread thread_;
};

TEST_F(ServerTest, AnswersManyRequestsOnOneConnection) {
  start();
  auto client = connect();
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(client.send(api::request_of(api::StatusRequestT{})).ok());
  for (int i = 0; i < 100; ++i) {
    const auto response = next(client);
    ASSERT_NE(response->body.AsStatusResponse(), nullptr);
    EXPECT_EQ(response->body.AsStatusResponse()->version, "test");
  }
  EXPECT_EQ(counted(border::Counter::kAdminRequests), 100U);
}

TEST_F(ServerTest, MakesTheSocketPrivate) {
  start();
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(ServerTest, AnswersInOrderEvenWhenTheFirstWaits) {
  start();
  auto client = connect();
  api::PathRequestRequestT wait;
  wait.destination = std::string(32, 'a');
  wait.timeout_ms = 4'000'000'000;
  ASSERT_TRUE(client.send(api::request_of(std::move(wait))).ok());
  ASSERT_TRUE(client.send(api::request_of(api::AnnounceRequestT{})).ok());
  auto other = connect();
  ASSERT_TRUE(other.send(api::request_of(api::StatusRequestT{})).ok());
  EXPECT_NE(next(other)->body.AsStatusResponse(), nullptr) << "others are served meanwhile";
  // The request arrived before the other client's answer, or arrives with the turns below.
  bool waits = false;
  while (!waits)
    on_reactor([&] { waits = backend_.waiting.has_value(); });
  on_reactor([&] {
    EXPECT_EQ(backend_.waited, 600s) << "a wait is capped";
    EXPECT_TRUE(backend_.waiting->wanted());
    backend_.waiting->answer(api::response_of(api::PathFoundResponseT{}));
  });
  EXPECT_NE(next(client)->body.AsPathFoundResponse(), nullptr);
  EXPECT_NE(next(client)->body.AsDoneResponse(), nullptr);
}

TEST_F(ServerTest, SendsLongAnswersInParts) {
  backend_.parts = 50;
  backend_.rows_per_part = 500;
  start();
  auto client = connect();
  ASSERT_TRUE(client.send(api::request_of(api::PathsRequestT{})).ok());
  for (unsigned part = 0; part < 50; ++part) {
    const auto response = next(client);
    const auto* paths = response->body.AsPathsResponse();
    ASSERT_NE(paths, nullptr);
    ASSERT_EQ(paths->paths.size(), 500U);
    EXPECT_EQ(paths->paths.front()->hops, part);
    EXPECT_EQ(response->last, part == 49);
  }
}

TEST_F(ServerTest, RefusesBadArguments) {
  start();
  auto client = connect();
  api::PathDropRequestT drop;
  drop.destination = "xyz";
  ASSERT_TRUE(client.send(api::request_of(std::move(drop))).ok());
  EXPECT_EQ(error_of(*next(client)), api::ErrorCode::BadRequest);
  api::PingRequestT ping;
  ping.destination = std::string(32, '0');
  ping.size = 384;
  ASSERT_TRUE(client.send(api::request_of(std::move(ping))).ok());
  EXPECT_EQ(error_of(*next(client)), api::ErrorCode::BadRequest);
  api::MessageListRequestT list;
  list.limit = 5'000;
  ASSERT_TRUE(client.send(api::request_of(list)).ok());
  EXPECT_NE(next(client)->body.AsMessageListResponse(), nullptr);
  on_reactor([&] { EXPECT_EQ(backend_.asked, "1000"); });
}

TEST_F(ServerTest, ClosesOnBytesThatAreNoRequest) {
  start();
  for (const Bytes& hostile : {Bytes{0, 0, 0, 0}, Bytes{0xff, 0xff, 0xff, 0xff},
                               Bytes{8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}}) {
    const int raw = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ASSERT_EQ(::connect(raw, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof(address)),
              0);
    ASSERT_EQ(::send(raw, hostile.data(), hostile.size(), 0), static_cast<ssize_t>(hostile.size()));
    char byte = 0;
    EXPECT_LE(recv(raw, &byte, 1, 0), 0);
    close(raw);
  }
  EXPECT_EQ(counted(border::Counter::kAdminMalformed), 3U);
}

TEST_F(ServerTest, TellsWatchersOfMessages) {
  start();
  auto watcher = connect();
  ASSERT_TRUE(watcher.send(api::request_of(api::MessageWatchRequestT{})).ok());
  const auto ready = next(watcher);
  ASSERT_NE(ready->body.AsMessageEvent(), nullptr);
  EXPECT_EQ(ready->body.AsMessageEvent()->message, nullptr);
  EXPECT_FALSE(ready->last);
  on_reactor([&] {
    EXPECT_TRUE(server_->watched());
    api::MessageT message;
    message.id = "42";
    server_->message_event(message);
  });
  const auto event = next(watcher);
  ASSERT_NE(event->body.AsMessageEvent(), nullptr);
  EXPECT_EQ(event->body.AsMessageEvent()->message->id, "42");
}

TEST_F(ServerTest, DropsAWatcherThatDoesNotRead) {
  start();
  auto watcher = connect();
  ASSERT_TRUE(watcher.send(api::request_of(api::MessageWatchRequestT{})).ok());
  next(watcher);
  on_reactor([&] {
    api::MessageT message;
    message.content = std::string(1U << 20U, 'x');
    for (int i = 0; i < 20; ++i)
      server_->message_event(message);
    EXPECT_FALSE(server_->watched());
    EXPECT_EQ(counters_.value(border::Counter::kAdminSlowClient), 1U);
  });
}

TEST_F(ServerTest, ForgetsAClientThatLeft) {
  start();
  {
    auto client = connect();
    api::PathRequestRequestT wait;
    wait.destination = std::string(32, 'a');
    ASSERT_TRUE(client.send(api::request_of(std::move(wait))).ok());
    bool waits = false;
    while (!waits)
      on_reactor([&] { waits = backend_.waiting.has_value(); });
  }
  bool wanted = true;
  while (wanted)
    on_reactor([&] { wanted = backend_.waiting->wanted(); });
  on_reactor([&] {
    EXPECT_EQ(server_->clients(), 0U);
    backend_.waiting->answer(api::response_of(api::PathFoundResponseT{}));
  });
}

TEST_F(ServerTest, TakesNoMoreClientsThanItsLimit) {
  AdminOptions options;
  options.clients_max = 1;
  start(options);
  auto first = connect();
  ASSERT_TRUE(first.send(api::request_of(api::StatusRequestT{})).ok());
  next(first);
  auto second = connect();
  EXPECT_TRUE(absl::IsUnavailable(second.next(20s).status()));
  EXPECT_EQ(counted(border::Counter::kAdminTooMany), 1U);
}

// Only this thread's effective user changes: the kernel vouches for it when the socket connects.
class Stranger {
 public:
  Stranger() : before_(geteuid()) {
    if (before_ == 0) syscall(SYS_setresuid, -1, 65'534, -1);
  }
  ~Stranger() { syscall(SYS_setresuid, -1, before_, -1); }

 private:
  uid_t before_;
};

TEST_F(ServerTest, RefusesOtherUsers) {
  AdminOptions options;
  options.mode = 0666;
  options.own_uid = geteuid() + 1;
  start(options);
  const Stranger stranger;
  auto client = connect();
  EXPECT_EQ(error_of(*next(client)), api::ErrorCode::Refused);
  EXPECT_EQ(counted(border::Counter::kAdminRefused), 1U);
}

}  // namespace
}  // namespace mehr::admin
