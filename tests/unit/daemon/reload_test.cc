// Reloading as a table of cases: what is applied, what is refused, what comes back by itself.
#include "controlplane/daemon/reload.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace mehr::daemon {
namespace {

using Names = std::vector<std::string>;

class ReloadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto reactor = reactor::Reactor::create();
    if (!reactor.ok()) GTEST_SKIP() << reactor.status().message();
    reactor_ = std::move(*reactor);
    text_ = "[interface.lan]\nkind = \"udp\"\nlisten_port = 1\n";
    running_ = config::parse_config(text_, "f").config;
    reload_ = std::make_unique<Reload>(
        *reactor_, running_, Names{"f"},
        Reload::Hooks{.read = [this] { return config::parse_config(text_, "f"); },
                      .sockets = [this](const config::Config&) { return sockets_; },
                      .apply =
                          [this](const config::Difference& change, const config::Config& wanted) {
                            applied_.push_back(change);
                            interfaces_ = wanted.interfaces.size();
                          },
                      .tell = [this](const std::string& state,
                                     const std::string&) { told_.push_back(state); }});
  }
  void run_for(Duration duration) {
    reactor_->after(duration, [this] { reactor_->stop(); });
    ASSERT_TRUE(reactor_->run().ok());
  }

  std::unique_ptr<reactor::Reactor> reactor_;
  std::string text_;
  config::Config running_;
  Status sockets_;
  std::vector<config::Difference> applied_;
  std::size_t interfaces_ = 0;
  Names told_;
  std::unique_ptr<Reload> reload_;
};

TEST_F(ReloadTest, AppliesWhatItCanAndSaysWhatWaits) {
  text_ += "[interface.wan]\nkind = \"udp\"\nlisten_port = 2\n[node]\nmax_paths = 200\n";
  const auto answer = reload_->reload(Duration::zero());
  EXPECT_EQ(answer.applied, Names{"interface.wan added"});
  EXPECT_EQ(answer.restart_needed, Names{"node.max_paths"});
  EXPECT_EQ(reload_->restart_needed(), Names{"node.max_paths"});
  EXPECT_EQ(interfaces_, 2U);
  EXPECT_NE(running_.max_paths, 200U) << "what is in force is what runs";
  EXPECT_TRUE(reload_->reload(Duration::zero()).applied.empty());
  EXPECT_EQ(reload_->reload(Duration::zero()).restart_needed, Names{"node.max_paths"});
}

TEST_F(ReloadTest, AMistakeChangesNothing) {
  text_ += "[interface.wan]\nkind = \"udpp\"\n[node]\nlog_level = \"warn\"\n";
  EXPECT_EQ(reload_->reload(Duration::zero()).errors.size(), 1U);
  EXPECT_EQ(running_.log_level, "info");
  EXPECT_TRUE(applied_.empty());
  EXPECT_EQ(told_, Names{"refused"});
}

TEST_F(ReloadTest, SocketsThatCannotBeMadeRefuseAll) {
  text_ += "[node]\nlog_level = \"warn\"\n";
  sockets_ = absl::UnavailableError("port taken");
  EXPECT_EQ(reload_->reload(Duration::zero()).errors, Names{"port taken"});
  EXPECT_EQ(running_.log_level, "info");
  EXPECT_TRUE(applied_.empty());
}

TEST_F(ReloadTest, UndoesItselfUnlessConfirmed) {
  text_ = "[node]\nmax_paths = 200\n";
  EXPECT_EQ(reload_->reload(1s).confirm_s, 1U);
  EXPECT_TRUE(running_.interfaces.empty());
  EXPECT_FALSE(reload_->reload(Duration::zero()).errors.empty()) << "one at a time";
  EXPECT_TRUE(reload_->confirm_until());
  run_for(1'200ms);
  EXPECT_FALSE(reload_->confirm_until());
  ASSERT_EQ(running_.interfaces.size(), 1U);
  EXPECT_EQ(applied_.back().added, Names{"lan"});
  EXPECT_TRUE(reload_->restart_needed().empty());
  EXPECT_EQ(told_.back(), "undone");
  EXPECT_FALSE(reload_->confirm().ok());
}

TEST_F(ReloadTest, StaysWhenConfirmed) {
  text_ = "";
  reload_->reload(1s);
  EXPECT_TRUE(reload_->confirm().ok());
  run_for(1'200ms);
  EXPECT_TRUE(running_.interfaces.empty());
  EXPECT_EQ(told_.back(), "confirmed");
}

TEST_F(ReloadTest, InterfacesGoBackEvenWhenSocketsCannot) {
  text_ = "[operator]\nusers = \"root\"\n";
  reload_->reload(1s);
  sockets_ = absl::UnavailableError("port taken");
  run_for(1'200ms);
  EXPECT_EQ(running_.interfaces.size(), 1U);
  EXPECT_EQ(running_.users, "root");
}

}  // namespace
}  // namespace mehr::daemon
