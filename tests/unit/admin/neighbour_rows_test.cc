// What of neighbours, peers and candidates reaches the protocol, and which advice goes with a peer.
#include "controlplane/admin/neighbour_rows.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mehr::admin {
namespace {

IdentityHash identity(std::uint8_t fill) {
  IdentityHash out;
  out.bytes.fill(fill);
  return out;
}

neighbour::PeerReport a_peer(std::string failure, neighbour::PeerState state) {
  neighbour::PeerReport peer;
  peer.interface = "backbone";
  peer.text = "gateway.example.org:4343";
  peer.transport = "tcp";
  peer.state = state;
  peer.failures = 3;
  peer.last_failure = std::move(failure);
  return peer;
}

std::string advice_on(const std::string& failure, neighbour::PeerState state) {
  return peer_row(a_peer(failure, state), std::nullopt, identity(0xee))->advice;
}

TEST(PeerRowTest, SaysWhatToDoAboutEachFailure) {
  using neighbour::PeerState;
  EXPECT_EQ(advice_on("", PeerState::kConnecting), "");
  EXPECT_NE(advice_on("cannot find host", PeerState::kLookingUp).find("[interface.backbone]"),
            std::string::npos);
  EXPECT_NE(advice_on("connection refused", PeerState::kConnecting).find("no firewall stops TCP"),
            std::string::npos);
  EXPECT_NE(advice_on("no answer", PeerState::kGreeting).find("mehrd runs there"),
            std::string::npos);
  EXPECT_NE(advice_on("it answered, but does not let us in: is our identity allowed there?",
                      PeerState::kGreeting)
                .find(std::string(32, 'e')),
            std::string::npos);
  EXPECT_NE(advice_on("somebody else answers there: ab", PeerState::kGreeting).find("identity@"),
            std::string::npos);
  EXPECT_NE(advice_on("nothing heard", PeerState::kGreeting).find("by itself"), std::string::npos);
}

TEST(PeerRowTest, ALinkedPeerNeedsNoAdvice) {
  const auto row = peer_row(a_peer("no answer", neighbour::PeerState::kGreeting), identity(0xab),
                            identity(0xee));
  EXPECT_EQ(row->state, "linked");
  EXPECT_EQ(row->linked, "abababababababababababababababab");
  EXPECT_EQ(row->advice, "");
  EXPECT_EQ(row->expected, "");
  EXPECT_EQ(row->failures, 3U);
}

TEST(LinkRowTest, HasEveryMeter) {
  neighbour::NeighbourRow from;
  from.link.identity = identity(1);
  from.link.up_since = Time{10s};
  from.link.last_heard = Time{99s};
  from.link.epoch_since = Time{70s};
  from.link.epoch = 4;
  from.link.forged = 5;
  from.link.replayed = 6;
  from.occupancy = 0.5;
  from.drops.late = 7;
  from.classes[2].waiting_bytes = 8;
  LinkRowContext context;
  context.now = Time{100s};
  context.congestion = wire::CongestionSeverity::kSevere;
  context.price_umhr_per_mib = 9;
  const auto row = link_row(from, context);
  EXPECT_EQ(row->up_s, 90);
  EXPECT_EQ(row->heard_s_ago, 1);
  EXPECT_EQ(row->key_age_s, 30);
  EXPECT_TRUE(std::isnan(row->rtt_ms));
  EXPECT_EQ(row->epoch, 4U);
  EXPECT_EQ(row->forged, 5U);
  EXPECT_EQ(row->replayed, 6U);
  EXPECT_EQ(row->queue_percent, 50);
  EXPECT_EQ(row->dropped_late, 7U);
  EXPECT_EQ(row->congestion, "severe");
  EXPECT_EQ(row->price_umhr_per_mib, 9U);
  ASSERT_EQ(row->classes.size(), 4U);
  EXPECT_EQ(row->classes[2]->name, "P2");
  EXPECT_EQ(row->classes[2]->waiting_bytes, 8U);
}

TEST(ExplainRowsTest, TermsAddUpToTheScore) {
  for (const auto policy : {routing::PathPolicy::kBalanced, routing::PathPolicy::kCheapest,
                            routing::PathPolicy::kFastest, routing::PathPolicy::kMostReliable,
                            routing::PathPolicy::kLargestMtu, routing::PathPolicy::kGreedy}) {
    const std::vector<routing::ScoreInput> inputs{
        {.ring = 5, .cost = 100, .latency_ms = 30, .reliability = 200, .mtu = 1'000},
        {.ring = 9, .cost = std::nullopt, .latency_ms = 90, .reliability = 0, .mtu = 2'000}};
    routing::PathExplanation explanation;
    explanation.policy = policy;
    explanation.weights = routing::weights_of(policy);
    for (const auto& score : routing::score(inputs, explanation.weights, 500)) {
      auto& each = explanation.candidates.emplace_back();
      each.score = score;
      each.usable = true;
    }
    const auto rows = explain_rows({}, explanation);
    ASSERT_EQ(rows.candidates.size(), 2U);
    for (const auto& row : rows.candidates) {
      double sum = 0;
      for (const auto& term : row->terms)
        sum += term->weighted;
      EXPECT_NEAR(sum, row->score, 1e-9) << rows.policy;
    }
  }
}

TEST(ExplainRowsTest, WhatCannotBeUsedHasNoScore) {
  routing::PathExplanation explanation;
  explanation.candidates.emplace_back().remark = "could loop";
  const auto rows = explain_rows({}, explanation);
  EXPECT_TRUE(rows.candidates.front()->terms.empty());
  EXPECT_TRUE(std::isnan(rows.candidates.front()->score));
  EXPECT_TRUE(std::isnan(rows.candidates.front()->cost_umhr_per_mib));
  EXPECT_TRUE(std::isnan(rows.candidates.front()->reliability));
  EXPECT_EQ(rows.candidates.front()->remark, "could loop");
}

}  // namespace
}  // namespace mehr::admin
