// What the reactor tests share: a reactor with a deadline, so that a test that waits in vain fails
// instead of hanging.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "controlplane/reactor/reactor.h"

namespace mehr::reactor {

class LoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = Reactor::create();
    ASSERT_TRUE(made.ok()) << made.status();
    loop = *std::move(made);
  }

  /// Runs the loop until somebody calls done(). @return false when that took too long
  bool run(Duration limit = 10s) {
    bool late = false;
    const TimerId deadline = loop->after(limit, [&] {
      late = true;
      loop->stop();
    });
    const Status status = loop->run();
    EXPECT_TRUE(status.ok()) << status;
    loop->cancel(deadline);
    return !late;
  }
  void done() { loop->stop(); }

  std::unique_ptr<Reactor> loop;
};

inline std::uint16_t port_of(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

}  // namespace mehr::reactor
