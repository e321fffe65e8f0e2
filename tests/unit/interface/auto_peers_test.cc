// The table behind the auto interface: whom a token makes a peer, who is forgotten when, what comes
// twice, and that it stays small.
#include "controlplane/interface/auto_peers.h"

#include <gtest/gtest.h>

#include "core/crypto/auto_discovery.h"

namespace mehr::interface {
namespace {

using Heard = AutoPeers::Heard;

class AutoPeersTest : public ::testing::Test {
 protected:
  Heard hear(const std::string& from, const std::string& of,
             const std::string& group = "reticulum") {
    return peers.token(from, "eth0", crypto::auto_peer_token(group, of).view(), now);
  }
  AutoPeers peers{"reticulum"};
  Time now = Time{} + 1h;
};

TEST_F(AutoPeersTest, ATokenMakesAPeerOnlyOfTheAddressItIsMadeOf) {
  EXPECT_EQ(hear("fe80::1", "fe80::1"), Heard::kNew);
  EXPECT_EQ(hear("fe80::1", "fe80::1"), Heard::kKnown);
  EXPECT_EQ(hear("fe80::2", "fe80::1"), Heard::kUnproven);
  EXPECT_EQ(hear("fe80::2", "fe80::2", "others"), Heard::kUnproven);
  EXPECT_EQ(peers.token("fe80::2", "eth0", Bytes(31), now), Heard::kUnproven);
  EXPECT_EQ(peers.device_of("fe80::1"), "eth0");
  EXPECT_FALSE(peers.knows("fe80::2"));
}

TEST_F(AutoPeersTest, OurOwnEchoIsNoPeer) {
  peers.set_own({"fe80::7"});
  EXPECT_EQ(hear("fe80::7", "fe80::7"), Heard::kOwn);
  EXPECT_EQ(peers.size(), 0U);
}

TEST_F(AutoPeersTest, SilenceEndsAPeerAndDataKeepsIt) {
  hear("fe80::1", "fe80::1");
  hear("fe80::2", "fe80::2");
  now += kAutoPeerSilence;
  EXPECT_TRUE(peers.data("fe80::1", Bytes{1, 2, 3}, now));
  EXPECT_TRUE(peers.expire(now).empty());
  EXPECT_EQ(peers.expire(now + 1ms), std::vector<std::string>{"fe80::2"});
  EXPECT_FALSE(peers.data("fe80::2", Bytes{1}, now));
}

TEST_F(AutoPeersTest, WhatComesOverTwoDevicesPassesOnce) {
  hear("fe80::1", "fe80::1");
  hear("fe80::2", "fe80::2");
  EXPECT_TRUE(peers.data("fe80::1", Bytes{1, 2, 3}, now));
  EXPECT_FALSE(peers.data("fe80::2", Bytes{1, 2, 3}, now + 700ms));
  EXPECT_TRUE(peers.data("fe80::2", Bytes{1, 2, 3}, now + 800ms));
}

TEST_F(AutoPeersTest, PeersAreToldOfUsByThemselves) {
  hear("fe80::1", "fe80::1");
  EXPECT_TRUE(peers.due_for_token(now + kReverseInterval).empty());
  now += kReverseInterval + 1ms;
  EXPECT_EQ(peers.due_for_token(now).size(), 1U);
  EXPECT_TRUE(peers.due_for_token(now).empty());
}

TEST_F(AutoPeersTest, TheTableHasAnEnd) {
  for (std::size_t i = 0; i < kAutoPeersMax; ++i) {
    const std::string address = "fe80::1:" + std::to_string(i);
    EXPECT_EQ(hear(address, address), Heard::kNew);
  }
  EXPECT_EQ(hear("fe80::2", "fe80::2"), Heard::kFull);
  EXPECT_EQ(peers.forget_device("eth0").size(), kAutoPeersMax);
  EXPECT_EQ(hear("fe80::2", "fe80::2"), Heard::kNew);
}

}  // namespace
}  // namespace mehr::interface
