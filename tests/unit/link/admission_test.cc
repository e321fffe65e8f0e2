// Cookies, load and source limits.
#include "controlplane/link/admission.h"

#include <gtest/gtest.h>

#include "controlplane/link/cookies.h"
#include "controlplane/link/load.h"

namespace mehr::link {
namespace {

TEST(LoadMeter, NeedsATenthOfASecondOfWaitingAndASecondOfCalm) {
  LoadMeter load;
  Time now{10s};
  load.observe(6ms, now);
  EXPECT_FALSE(load.under_load());
  load.observe(6ms, now + 99ms);
  EXPECT_FALSE(load.under_load());
  load.observe(6ms, now + 100ms);
  EXPECT_TRUE(load.under_load());
  load.observe(500us, now + 200ms);
  load.observe(3ms, now + 900ms);  // neither high nor low: the calm starts again
  load.observe(500us, now + 1200ms);
  EXPECT_TRUE(load.under_load());
  load.observe(500us, now + 2200ms);
  EXPECT_FALSE(load.under_load());
}

TEST(Cookies, LiveBetweenOneAndTwoPeriodsAndOnlyForTheirAddress) {
  SeededRandom random(1);
  Cookies cookies(random);
  const Time start{1000s};
  const auto cookie = cookies.issue("192.0.2.1:4343", start);
  EXPECT_TRUE(cookies.valid(cookie, "192.0.2.1:4343", start));
  EXPECT_FALSE(cookies.valid(cookie, "192.0.2.1:4344", start));
  EXPECT_TRUE(cookies.valid(cookie, "192.0.2.1:4343", start + Cookies::kPeriod));
  EXPECT_FALSE(cookies.valid(cookie, "192.0.2.1:4343", start + 2 * Cookies::kPeriod));
}

TEST(Cookies, AnIdleNodeForgetsBothSecrets) {
  SeededRandom random(1);
  Cookies cookies(random);
  const auto cookie = cookies.issue("a", Time{1000s});
  EXPECT_FALSE(cookies.valid(cookie, "a", Time{1000s} + 3 * Cookies::kPeriod));
}

TEST(SourceLimiter, CountsNetworksNotAddresses) {
  EXPECT_EQ(SourceLimiter::prefix("192.0.2.17:9"), "192.0.2");
  EXPECT_EQ(SourceLimiter::prefix("[2001:db8:1:2:3::4]:9"), "2001:db8:1:2");
  EXPECT_EQ(SourceLimiter::prefix("[2001:db8::4]:9"), "2001:db8:0:0");
  EXPECT_EQ(SourceLimiter::prefix("[::1]:9"), "0:0:0:0");
  EXPECT_EQ(SourceLimiter::prefix("radio"), "radio");
  SourceLimiter limiter(5);
  const Time now{100s};
  int allowed = 0;
  for (int i = 0; i < 20; ++i) {
    allowed += limiter.allow("192.0.2." + std::to_string(i) + ":1", now) ? 1 : 0;
  }
  EXPECT_EQ(allowed, 5);
  EXPECT_TRUE(limiter.allow("198.51.100.1:1", now));
  EXPECT_TRUE(limiter.allow("192.0.2.1:1", now + 200ms))
      << "one token back after a fifth of a second";
}

}  // namespace
}  // namespace mehr::link
