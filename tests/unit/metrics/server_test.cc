// The metrics server over real sockets: who is served, how often, how long.
#include "controlplane/metrics/server.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "controlplane/metrics/delay_meter.h"

namespace mehr::metrics {
namespace {

class MetricsServer : public ::testing::Test {
 protected:
  void SetUp() override {
    auto reactor = reactor::Reactor::create();
    if (!reactor.ok()) GTEST_SKIP() << reactor.status().message();
    reactor_ = std::move(*reactor);
  }
  void start(ServerOptions options = {}) {
    if (options.place.path.empty()) options.place = {"", "127.0.0.1", 0};
    options.page = [] { return std::string("mehr_paths 1\n"); };
    auto server = Server::start(std::move(options), *reactor_, counters_);
    ASSERT_TRUE(server.ok()) << server.status().message();
    server_ = std::move(*server);
    const std::string address = server_->address();
    port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  }
  /// Everything one connection brings after sending `request`, until the server closes it.
  std::string answer_to(const std::string& request) {
    std::string out;
    std::unique_ptr<reactor::Stream> stream;
    const auto attempt = reactor_->connect_tcp(
        "127.0.0.1", port_, {}, 5s, [&](Result<std::unique_ptr<reactor::Stream>> made) {
          ASSERT_TRUE(made.ok());
          stream = std::move(*made);
          stream->start({.data = [&](ByteView data) { out.append(data.begin(), data.end()); },
                         .closed = [&](const Status&) { reactor_->stop(); },
                         .drained = {}});
          stream->write(as_bytes(request));
        });
    const auto late = reactor_->after(20s, [this] { reactor_->stop(); });
    EXPECT_TRUE(reactor_->run().ok());
    reactor_->cancel(late);
    return out;
  }

  border::Counters counters_;
  std::unique_ptr<reactor::Reactor> reactor_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

TEST_F(MetricsServer, ServesThePageAndCloses) {
  start();
  const std::string answer = answer_to("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("\r\nContent-Length: 13\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nmehr_paths 1\n"));
  const std::string head = answer_to("HEAD /metrics HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  EXPECT_EQ(counters_.value(border::Counter::kMetricsPages), 2U);
}

TEST_F(MetricsServer, SaysWhatIsWrong) {
  start();
  const auto status = [this](const std::string& request) {
    return answer_to(request).substr(9, 3);
  };
  EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), "404");
  EXPECT_EQ(status("PUT /metrics HTTP/1.1\r\n\r\n"), "405");
  EXPECT_EQ(status("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n"), "403");
  EXPECT_EQ(status("nonsense\r\n\r\n"), "400");
  EXPECT_EQ(status(std::string(9'000, 'x')), "431");
  EXPECT_EQ(counters_.value(border::Counter::kMetricsMalformed), 3U);
  EXPECT_EQ(counters_.value(border::Counter::kMetricsRefused), 1U);
}

TEST_F(MetricsServer, LosesPatienceWithASlowClient) {
  ServerOptions options;
  options.patience = 50ms;
  start(std::move(options));
  EXPECT_EQ(answer_to("GET /metrics HTT"), "");
  EXPECT_EQ(counters_.value(border::Counter::kMetricsSlow), 1U);
}

TEST_F(MetricsServer, TakesNoMoreClientsThanItsLimit) {
  ServerOptions options;
  options.clients_max = 0;
  start(std::move(options));
  EXPECT_EQ(answer_to("GET /metrics HTTP/1.0\r\n\r\n"), "");
  EXPECT_EQ(counters_.value(border::Counter::kMetricsTooMany), 1U);
}

TEST_F(MetricsServer, MeasuresHowLongWorkWaits) {
  DelayMeter meter(*reactor_);
  reactor_->after(10ms, [] { usleep(250'000); });
  reactor_->after(400ms, [this] { reactor_->stop(); });
  ASSERT_TRUE(reactor_->run().ok());
  EXPECT_GE(meter.worst(), 100ms);
  EXPECT_LT(meter.worst(), 20s);
}

}  // namespace
}  // namespace mehr::metrics
