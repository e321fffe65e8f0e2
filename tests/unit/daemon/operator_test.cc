// The daemon's answers to clients that wait, on a node without interfaces: a client that asks
// again from inside its answer, as one does that sends several requests at once.
#include "controlplane/daemon/operator.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/signer/local_signer.h"

namespace mehr::daemon {
namespace {

class OperatorTest : public ::testing::Test {
 protected:
  OperatorTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "mehr-operator-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~OperatorTest() override {
    operator_.reset();
    node_.reset();
    store_.reset();
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }
  void SetUp() override {
    auto reactor = reactor::Reactor::create();
    if (!reactor.ok()) GTEST_SKIP() << reactor.status().message();
    reactor_ = std::move(*reactor);
    auto store = store::Store::open({.directory = root_ + "/state", .passphrase = "", .log = {}},
                                    [this](std::function<void()> task) { reactor_->post(task); });
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = std::move(*store);
    signer_ = std::make_unique<signer::LocalSigner>(crypto::PrivateIdentity::generate(random_));
    const Node::Parts parts{*reactor_, *store_, *signer_, random_, counters_};
    node_ = std::make_unique<Node>(config_, parts);
    operator_ = std::make_unique<Operator>(config_, *node_, parts);
  }
  /// A client whose answer is handled by `answered`.
  admin::Call call(std::function<void(const api::ResponseT&)> answered) {
    return {[answered = std::move(answered)](admin::PartSource parts) { answered(parts()); },
            client_};
  }
  static DestinationHash destination(std::uint8_t number) {
    DestinationHash out;
    out.bytes[0] = number;
    return out;
  }

  std::string root_;
  config::Config config_;
  border::Counters counters_;
  reactor::SystemRandom random_;
  std::shared_ptr<int> client_ = std::make_shared<int>(0);
  std::unique_ptr<reactor::Reactor> reactor_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<signer::LocalSigner> signer_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<Operator> operator_;
};

TEST_F(OperatorTest, AnAnsweredClientMayAskAgainAtOnce) {
  constexpr std::size_t kClients = 8, kRounds = 4;
  std::size_t timeouts = 0;
  std::function<void(std::size_t)> ask = [&](std::size_t round) {
    operator_->request_path(destination(static_cast<std::uint8_t>(round)), 1ms,
                            call([&, round](const api::ResponseT& response) {
                              const auto* error = response.body.AsError();
                              ASSERT_NE(error, nullptr);
                              EXPECT_EQ(error->code, api::ErrorCode::Timeout);
                              ++timeouts;
                              if (round + 1 < kRounds) ask(round + 1);
                              if (timeouts == kClients * kRounds) reactor_->stop();
                            }));
  };
  reactor_->after(Duration::zero(), [&] {
    for (std::size_t i = 0; i < kClients; ++i)
      ask(0);
  });
  reactor_->after(60s, [&] { reactor_->stop(); });
  ASSERT_TRUE(reactor_->run().ok());
  EXPECT_EQ(timeouts, kClients * kRounds);
}

TEST_F(OperatorTest, AMessageIsAnsweredWithItsStateWhenTheWaitIsOver) {
  std::string state;
  reactor_->after(Duration::zero(), [&] {
    operator_->send_message(destination(1), "title", "content", 1ms,
                            call([&](const api::ResponseT& response) {
                              const auto* answer = response.body.AsMessageResponse();
                              if (answer != nullptr) state = answer->message->state;
                              reactor_->stop();
                            }));
  });
  reactor_->after(60s, [&] { reactor_->stop(); });
  ASSERT_TRUE(reactor_->run().ok());
  EXPECT_EQ(state, "queued");
}

TEST_F(OperatorTest, WithoutNeighboursThereIsNothingToNameOrExplain) {
  std::vector<api::ErrorCode> errors;
  std::size_t links = 1, events = 1;
  const auto failed = [&](const api::ResponseT& response) {
    const auto* error = response.body.AsError();
    errors.push_back(error == nullptr ? api::ErrorCode::Ok : error->code);
  };
  operator_->links("", call([&](const api::ResponseT& response) {
                     links = response.body.AsLinksResponse()->links.size();
                   }));
  operator_->link_history("", 10, call([&](const api::ResponseT& response) {
                            events = response.body.AsLinkHistoryResponse()->events.size();
                          }));
  EXPECT_EQ(links, 0U);
  EXPECT_EQ(events, 0U);
  EXPECT_TRUE(operator_->peers().peers.empty());
  operator_->links("ab", call(failed));
  operator_->link_history("ab", 10, call(failed));
  operator_->rekey_link("ab", call(failed));
  operator_->drop_link("ab", call(failed));
  operator_->explain_path(destination(1), routing::PathPolicy::kFastest, call(failed));
  EXPECT_EQ(errors, std::vector<api::ErrorCode>(5, api::ErrorCode::NotFound));
}

TEST_F(OperatorTest, APeerThatFailsIsListedWithAdvice) {
  neighbour::PeerReport peer;
  peer.interface = "backbone";
  peer.text = "gateway.example.org:4343";
  peer.transport = "tcp";
  peer.state = neighbour::PeerState::kConnecting;
  peer.failures = 2;
  peer.last_failure = "connection refused";
  node_->neighbours().peer(peer);
  const auto peers = operator_->peers();
  ASSERT_EQ(peers.peers.size(), 1U);
  EXPECT_EQ(peers.peers.front()->state, "connecting");
  EXPECT_EQ(peers.peers.front()->linked, "");
  EXPECT_NE(peers.peers.front()->advice, "");
}

}  // namespace
}  // namespace mehr::daemon
