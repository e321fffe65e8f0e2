// Who is lent to the dataplane and under which keys; what a restart of it means for counters.
#include "controlplane/accelerator/session_mirror.h"

#include <gtest/gtest.h>

#include "controlplane/link/epoch.h"

namespace mehr::accelerator {
namespace {

constexpr Time kNow{1'000s};

class Keys final : public KeySource {
 public:
  void lend(link::NeighbourId id, bool lent) override {
    if (lent) {
      ids.insert(id);
    } else {
      ids.erase(id);
    }
  }
  std::optional<border::SetReceive> lend_receive(link::NeighbourId, std::uint32_t index) override {
    border::SetReceive out;
    out.index = index;
    out.highest = {border::kNoSequence, border::kNoSequence};
    return out;
  }
  std::optional<border::SetSend> lend_send(link::NeighbourId, std::uint8_t lane) override {
    border::SetSend out;
    out.lane = lane;
    return out;
  }
  std::set<link::NeighbourId> ids;
};

WantedNeighbour wanted(std::uint32_t id, std::vector<std::uint32_t> receive, std::uint32_t send,
                       std::uint8_t lanes = 2) {
  WantedNeighbour out;
  out.session.id = {id};
  out.session.peer_lanes = lanes;
  out.session.receive_indices = std::move(receive);
  out.session.send_index = send;
  out.place.room = out.place.frame_room = 500;
  return out;
}

class SessionMirrorTest : public ::testing::Test {
 protected:
  SessionMirrorTest() { mirror.reset(4, 16, keys); }
  std::vector<border::Down> set(const std::vector<WantedNeighbour>& all) {
    std::vector<border::Down> out;
    mirror.set(all, keys, out);
    return out;
  }
  template <typename Message>
  static std::size_t count(const std::vector<border::Down>& messages) {
    std::size_t out = 0;
    for (const auto& each : messages)
      out += std::holds_alternative<Message>(each) ? 1U : 0U;
    return out;
  }
  Keys keys;
  SessionMirror mirror;
};

TEST_F(SessionMirrorTest, KeysToReceiveComeBeforeKeysToSend) {
  const auto told = set({wanted(1, {0x101}, 7)});
  ASSERT_EQ(told.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<border::SetNeighbour>(told[0]));
  EXPECT_TRUE(std::holds_alternative<border::SetReceive>(told[1]));
  ASSERT_TRUE(std::holds_alternative<border::SetSend>(told[2]));
  EXPECT_EQ(std::get<border::SetSend>(told[2]).lane, kDataplaneLane);
  EXPECT_TRUE(keys.ids.contains(link::NeighbourId{1}));
  EXPECT_TRUE(set({wanted(1, {0x101}, 7)}).empty());
}

TEST_F(SessionMirrorTest, NewKeysAreAddedAndOldOnesGo) {
  set({wanted(1, {0x101}, 7)});
  auto told = set({wanted(1, {0x101, 0x102}, 7)});
  ASSERT_EQ(told.size(), 1U) << "answered an offer: receives under both";
  told = set({wanted(1, {0x102, 0x101}, 8)});
  ASSERT_EQ(told.size(), 1U) << "sends under the new ones";
  EXPECT_TRUE(std::holds_alternative<border::SetSend>(told[0]));
  told = set({wanted(1, {0x102}, 8)});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(std::get<border::DropReceive>(told[0]).index, 0x101U);
}

TEST_F(SessionMirrorTest, APeerOfOneLaneIsOnlyReceivedFrom) {
  const auto told = set({wanted(1, {0x101}, 7, 1)});
  EXPECT_EQ(count<border::SetSend>(told), 0U);
  EXPECT_EQ(std::get<border::SetNeighbour>(told[0]).room, 0) << "what goes there is punted";
  EXPECT_EQ(mirror.sending(), 0U);
}

TEST_F(SessionMirrorTest, TwoIndicesOfOnePlaceAreNotLent) {
  set({wanted(1, {0x101}, 7)});
  EXPECT_TRUE(set({wanted(1, {0x101}, 7), wanted(2, {0x201}, 8)}).empty());
  EXPECT_FALSE(keys.ids.contains(link::NeighbourId{2}));
}

TEST_F(SessionMirrorTest, WhoGoesIsTakenBackAndItsNumberRests) {
  set({wanted(1, {0x101}, 7)});
  const auto first = mirror.number({1});
  const auto told = set({wanted(2, {0x101}, 9)});
  EXPECT_TRUE(std::holds_alternative<border::DropNeighbour>(told[0]));
  EXPECT_FALSE(keys.ids.contains(link::NeighbourId{1}));
  EXPECT_NE(mirror.number({2}), first) << "notes under way still name the old one";
  EXPECT_EQ(mirror.neighbour(*first), std::nullopt);
  mirror.reset(0, 0, keys);
  EXPECT_TRUE(keys.ids.empty());
  EXPECT_TRUE(set({wanted(3, {0x103}, 1)}).empty());
}

link::Epoch epoch() {
  crypto::HopTrafficKeys keys;
  keys.initiator_to_responder = Hash32{{1}};
  keys.responder_to_initiator = Hash32{{2}};
  return link::Epoch(0, crypto::HopSide::kInitiator, 0x101, 7, keys, 2, false, kNow);
}

TEST(LentKeys, NoSequenceIsEverLentTwice) {
  link::Epoch one = epoch();
  link::RekeyLimits limits;
  const auto first = one.lend_send(1, limits, kNow);
  const auto second = one.lend_send(1, limits, kNow);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->next_sequence, 0U);
  EXPECT_EQ(second->next_sequence, std::uint64_t{1} << 40);
  std::size_t loans = 2;
  while (one.lend_send(1, limits, kNow))
    ++loans;
  EXPECT_LE(loans, std::size_t{1} << 16);
  // Its own lane is another counter.
  const auto own = one.seal(Bytes(16), 0, limits, kNow, 0);
  ASSERT_TRUE(own);
  const auto frame = wire::decode_hop_data(*own, false);
  EXPECT_EQ(frame->counter.lane, 0);
  EXPECT_EQ(frame->counter.sequence, 0U);
}

TEST(LentKeys, WhatWasTakenElsewhereIsNoLongerFresh) {
  link::Epoch one = epoch();
  link::RekeyLimits limits;
  const auto lent = one.lend_receive(limits, kNow);
  EXPECT_EQ(lent.highest, (std::vector<std::uint64_t>{border::kNoSequence, border::kNoSequence}));
  EXPECT_EQ(one.used_elsewhere({0, false, 1, 0x101, 100, lent.bytes_left - 5'000}), 5'000U);
  EXPECT_EQ(one.used_elsewhere({0, false, 0, 0x101, 0, lent.bytes_left - 5'000}), 0U);
  const auto again = one.lend_receive(limits, kNow);
  EXPECT_EQ(again.highest, (std::vector<std::uint64_t>{border::kNoSequence, 99}));
  EXPECT_EQ(again.bytes_left, lent.bytes_left - 5'000);
  EXPECT_TRUE(one.worn({1h, 5'000}, kNow, 1.0)) << "bytes of both planes wear the keys out";
}

}  // namespace
}  // namespace mehr::accelerator
