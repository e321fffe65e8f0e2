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
  static Bytes message_frame(const std::string& id) {
    api::MessageEventT event;
    event.message = std::make_unique<api::MessageT>();
    event.message->id = id;
    return api::encode_response(api::response_of(std::move(event), false));
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
    EXPECT_TRUE(server_->watched(kMessages));
    EXPECT_FALSE(server_->watched(kLog));
    server_->event(kLog, message_frame("41"));
    server_->event(kMessages, message_frame("42"));
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
    const Bytes frame = message_frame(std::string(1U << 20U, 'x'));
    for (int i = 0; i < 20; ++i)
      server_->event(kMessages, frame);
    EXPECT_FALSE(server_->watched(kMessages));
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
  start(options);
  const Stranger stranger;
  auto client = connect();
  EXPECT_EQ(error_of(*next(client)), api::ErrorCode::Refused);
  EXPECT_EQ(counted(border::Counter::kAdminRefused), 1U);
}

TEST_F(ServerTest, ServesTheUsersAndGroupsItIsTold) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can act as somebody else";
  AdminOptions options;
  options.mode = 0666;
  ASSERT_TRUE(options.access.add("65534").ok());
  EXPECT_TRUE(absl::IsNotFound(options.access.add("no-such-user-here")));
  EXPECT_TRUE(absl::IsNotFound(options.access.add("root @no-such-group-here")));
  start(options);
  {
    const Stranger stranger;
    auto client = connect();
    ASSERT_TRUE(client.send(api::request_of(api::StatusRequestT{})).ok());
    EXPECT_NE(next(client)->body.AsStatusResponse(), nullptr);
  }
  Access group;
  ASSERT_TRUE(group.add("@12345").ok());
  EXPECT_TRUE(group.allows({1000, {1000, 12345}}));
  EXPECT_FALSE(group.allows({1000, {1000}}));
  EXPECT_TRUE(group.allows({0, {0}}));
  on_reactor([&] { server_->set_access(group); });
  const Stranger stranger;
  auto client = connect();
  EXPECT_EQ(error_of(*next(client)), api::ErrorCode::Refused);
}

TEST_F(ServerTest, AReadOnlySocketTakesNoOrders) {
  AdminOptions options;
  options.read_only = true;
  start(options);
  auto client = connect();
  ASSERT_TRUE(client.send(api::request_of(api::StatusRequestT{})).ok());
  EXPECT_NE(next(client)->body.AsStatusResponse(), nullptr);
  const auto refused = [&](api::RequestT request) {
    ASSERT_TRUE(client.send(request).ok());
    EXPECT_EQ(error_of(*next(client)), api::ErrorCode::Refused);
  };
  refused(api::request_of(api::AnnounceRequestT{}));
  refused(api::request_of(api::PathDropRequestT{}));
  refused(api::request_of(api::MessageListRequestT{}));
  refused(api::request_of(api::MessageWatchRequestT{}));
  refused(api::request_of(api::ConfigReloadRequestT{}));
  refused(api::request_of(api::ConfigConfirmRequestT{}));
  EXPECT_EQ(counted(border::Counter::kAdminReadOnly), 6U);
  ASSERT_TRUE(client.send(api::request_of(api::InterfacesRequestT{})).ok());
  EXPECT_NE(next(client)->body.AsInterfacesResponse(), nullptr);
}

TEST_F(ServerTest, AnswersThePastAndThenWhatComes) {
  start();
  auto client = connect();
  api::LogRequestT request;
  request.limit = 1'000'000;
  request.level = "warn";
  request.follow = true;
  ASSERT_TRUE(client.send(api::request_of(std::move(request))).ok());
  const auto past = next(client);
  EXPECT_NE(past->body.AsLogResponse(), nullptr);
  EXPECT_FALSE(past->last);
  on_reactor([&] {
    EXPECT_EQ(backend_.asked, "warn/10000");
    api::LogResponseT line;
    line.lines.push_back(std::make_unique<api::LogLineT>());
    server_->event(kLog, api::encode_response(api::response_of(std::move(line), false)));
  });
  EXPECT_EQ(next(client)->body.AsLogResponse()->lines.size(), 1U);

  auto other = connect();
  ASSERT_TRUE(other.send(api::request_of(api::EventsRequestT{})).ok());
  EXPECT_TRUE(next(other)->last);
  ASSERT_TRUE(other.send(api::request_of(api::StatusRequestT{})).ok());
  EXPECT_NE(next(other)->body.AsStatusResponse(), nullptr);
}

}  // namespace
}  // namespace mehr::admin
