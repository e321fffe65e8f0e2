// The supervisor against a fake mehrd that crashes, hangs, refuses and stops as told.
#include "gateway/supervisor.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "controlplane/exit_code.h"

namespace mehr::gateway {
namespace {

class SupervisorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    count_ = std::filesystem::temp_directory_path() /
             ("mehr-supervisor-test-" + std::to_string(getpid()));
    std::filesystem::remove(count_);
    setenv("FAKE_COUNT", count_.c_str(), 1);
  }
  void TearDown() override { std::filesystem::remove(count_); }

  int run(const char* script) {
    setenv("FAKE_SCRIPT", script, 1);
    SupervisorOptions options;
    options.command = {FAKE_MEHRD};
    options.backoff = {1ms, 4ms, 60s};
    options.start_limit = start_limit_;
    options.silence_limit = silence_limit_;
    options.stop_limit = stop_limit_;
    return Supervisor(std::move(options)).run();
  }
  [[nodiscard]] std::uintmax_t starts() const { return std::filesystem::file_size(count_); }

  std::filesystem::path count_;
  Duration start_limit_ = 60s, silence_limit_ = 60s, stop_limit_ = 60s;
};

TEST_F(SupervisorTest, StartsAgainAfterCrashes) {
  EXPECT_EQ(run("crash crash ready-crash stop"), kExitOk);
  EXPECT_EQ(starts(), 4U);
}

TEST_F(SupervisorTest, GivesUpOnWhatARestartCannotMend) {
  EXPECT_EQ(run("crash config stop"), kExitConfiguration);
  EXPECT_EQ(starts(), 2U);
}

TEST_F(SupervisorTest, KillsWhatIsNeverReady) {
  start_limit_ = 50ms;
  EXPECT_EQ(run("hang config"), kExitConfiguration);
  EXPECT_EQ(starts(), 2U);
}

TEST_F(SupervisorTest, KillsWhatFallsSilent) {
  silence_limit_ = 50ms;
  EXPECT_EQ(run("silent config"), kExitConfiguration);
  EXPECT_EQ(starts(), 2U);
}

TEST_F(SupervisorTest, KillsWhatDoesNotStop) {
  stop_limit_ = 50ms;
  EXPECT_EQ(run("stubborn"), kExitOk);
  EXPECT_EQ(starts(), 1U);
}

TEST_F(SupervisorTest, KeepsRunningOnHangup) {
  EXPECT_EQ(run("hup"), kExitOk);
}

TEST(BackoffTest, DoublesUpToTheMostAndResetsAfterAHealthyLife) {
  Backoff backoff({100ms, 1s, 60s});
  EXPECT_EQ(backoff.after_crash(0s), 100ms);
  EXPECT_EQ(backoff.after_crash(1s), 200ms);
  EXPECT_EQ(backoff.after_crash(59s), 400ms);
  EXPECT_EQ(backoff.after_crash(0s), 800ms);
  EXPECT_EQ(backoff.after_crash(0s), 1s);
  EXPECT_EQ(backoff.after_crash(0s), 1s);
  EXPECT_EQ(backoff.after_crash(61s), 100ms);
}

TEST(NotifyTest, FindsWholeLinesOnly) {
  EXPECT_TRUE(notify::has_line("STATUS=x\nREADY=1", "READY=1"));
  EXPECT_TRUE(notify::has_line("READY=1\n", "READY=1"));
  EXPECT_FALSE(notify::has_line("XREADY=1", "READY=1"));
  EXPECT_FALSE(notify::has_line("READY=10", "READY=1"));
  EXPECT_FALSE(notify::has_line("", "READY=1"));
}

}  // namespace
}  // namespace mehr::gateway
