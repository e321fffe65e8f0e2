// What a person sees of peers, hop links and the ways to a destination.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/api/codec.h"
#include "tools/mehr/commands/views.h"
#include "tools/mehr/json.h"

namespace mehr::cli {
namespace {

std::unique_ptr<api::LinkT> a_link(const std::string& identity) {
  auto link = std::make_unique<api::LinkT>();
  link->identity = identity;
  link->interface = "hop/" + identity.substr(0, 8);
  link->parent = "backbone";
  link->transport = "udp";
  link->carrier = "backbone";
  link->address = "192.0.2.1:4343";
  link->mode = "full";
  link->up_s = 90;
  link->rtt_ms = 1.25;
  link->epoch = 3;
  link->packet_bytes = 1196;
  link->frame_bytes = 1232;
  link->queue_percent = 51.4;
  link->dropped_late = 1;
  link->dropped_full = 2;
  for (const char* name : {"P0", "P1", "P2", "P3"}) {
    link->classes.push_back(std::make_unique<api::LinkClassT>());
    link->classes.back()->name = name;
  }
  return link;
}

TEST(LinkViewsTest, ShowsAsManyDigitsAsTellNeighboursApart) {
  api::LinksResponseT links;
  links.links.push_back(a_link("0123456789abcdef0123456789abcdef"));
  EXPECT_EQ(links_view(links, false),
            "LINK      NAME  OVER  ADDRESS                 UP      RTT   MTU  EPOCH  SENT  "
            "RECEIVED  QUEUE  DROPPED\n"
            "01234567  -     udp   192.0.2.1:4343  1 min 30 s  1.25 ms  1196      3   0 B       "
            "0 B   51 %        3\n");
  links.links.push_back(a_link("0123456789ffffff0123456789abcdef"));
  const std::string both = links_view(links, false);
  EXPECT_NE(both.find("\n0123456789a  "), std::string::npos) << both;
  EXPECT_NE(both.find("\n0123456789f  "), std::string::npos) << both;
  EXPECT_NE(links_view({}, false).find("mehr peer"), std::string::npos);
}

TEST(LinkViewsTest, ShowsOneLinkInFull) {
  auto link = a_link(std::string(32, 'a'));
  link->name = "Al\x1b[31mice";
  link->congestion = "severe";
  link->replayed = 7;
  link->classes[1]->sent_packets = 12;
  link->classes[1]->sent_bytes = 2048;
  const std::string view = link_view(*link, false);
  for (const char* expected :
       {"name:        Al\\x1b[31mice\n", "keys:        epoch 3, - old\n",
        "congestion:  it says: severe\n", "1 too late, 2 queue full, 0 too big", "7 replayed",
        "P1     12 / 2.0 KiB"}) {
    EXPECT_NE(view.find(expected), std::string::npos) << expected << "\nin\n" << view;
  }
}

TEST(LinkViewsTest, ShowsWhatHappened) {
  api::LinkHistoryResponseT history;
  EXPECT_NE(link_history_view(history, false).find("nothing"), std::string::npos);
  history.events.push_back(std::make_unique<api::LinkEventT>());
  history.events.back()->identity = std::string(32, 'b');
  history.events.back()->event = "down";
  history.events.back()->time = -1;
  history.events.back()->carrier = "backbone";
  history.events.back()->reason = "dropped by the operator";
  EXPECT_EQ(link_history_view(history, false),
            "TIME  NEIGHBOUR                         EVENT  OVER      NAME  REASON\n"
            "-     bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  down   backbone  -     dropped by the "
            "operator\n");
}

TEST(PeersViewTest, SaysWhatKeepsAPeerAway) {
  api::PeersResponseT peers;
  EXPECT_NE(peers_view(peers, false).find("`peers`"), std::string::npos);
  auto peer = std::make_unique<api::PeerT>();
  peer->peer = std::string(32, 'a') + "@gateway.example.org:4343";
  peer->expected = std::string(32, 'a');
  peer->interface = "backbone";
  peer->transport = "udp";
  peer->state = "greeting";
  peer->failures = 4;
  peer->last_failure = "no answer";
  peer->advice = "look there";
  peers.peers.push_back(std::move(peer));
  const std::string view = peers_view(peers, false);
  EXPECT_NE(view.find("\ngateway.example.org:4343: no answer\n  what to do: look there\n"),
            std::string::npos)
      << view;
  peers.peers.front()->linked = std::string(32, 'a');
  EXPECT_EQ(peers_view(peers, false).find("no answer"), std::string::npos);
}

std::unique_ptr<api::PathCandidateT> a_candidate(const std::string& next_hop, double score) {
  auto row = std::make_unique<api::PathCandidateT>();
  row->next_hop = next_hop;
  row->interface = "hop/x";
  row->hops = 2;
  row->usable = true;
  row->score = score;
  const auto add = [&row](std::string name, double value, double weight) {
    row->terms.push_back(std::make_unique<api::ScoreTermT>());
    row->terms.back()->name = std::move(name);
    row->terms.back()->value = value;
    row->terms.back()->weight = weight;
    row->terms.back()->weighted = value * weight;
  };
  add("cost", score / 0.8, 0.8);
  add("ring", 1, 0);
  return row;
}

TEST(ExplainViewTest, ShowsEachWayAndWhyOneWins) {
  api::PathExplainResponseT explained;
  explained.destination = std::string(32, 'd');
  explained.policy = "cheapest";
  explained.candidates.push_back(a_candidate("aaaa", 0.4));
  explained.candidates.back()->winner = true;
  explained.candidates.back()->cost_umhr_per_mib = 10833.4;
  explained.candidates.back()->latency_ms = 12;
  explained.candidates.back()->bottleneck_bps = 1e6;
  explained.candidates.back()->reliability = 0.5;
  explained.candidates.push_back(a_candidate("bbbb", 0.8));
  explained.candidates.back()->terms.clear();
  explained.candidates.back()->usable = false;
  explained.candidates.back()->score = std::numeric_limits<double>::quiet_NaN();
  explained.candidates.back()->remark = "could loop";
  explained.why = "It has the lowest score.";
  EXPECT_EQ(
      explain_view(explained, false),
      "ways to dddddddddddddddddddddddddddddddd, policy cheapest\n\n"
      "    NEXT HOP  INTERFACE  HOPS  UMHR/MIB  LATENCY  BOTTLENECK  MTU  RELIABILITY  "
      "0.80*COST  SCORE  REMARK\n"
      "->  aaaa      hop/x         2     10833    12 ms    1 Mbit/s    -         50 %      "
      "0.400  0.400\n"
      "    bbbb      hop/x         2         -        -           -    -            -          "
      "-      -  could loop\n\n"
      "It has the lowest score.\n"
      "The score is the sum of the terms, each measured by the worst candidate's; the lowest "
      "wins.\n");
  explained.candidates.front()->cost_umhr_per_mib = 0;
  EXPECT_NE(explain_view(explained, false).find(" free "), std::string::npos);
}

TEST(ExplainViewTest, HasNullForWhatIsUnknown) {
  api::PathExplainResponseT explained;
  explained.candidates.push_back(std::make_unique<api::PathCandidateT>());
  const auto json = to_json(api::response_of(std::move(explained)));
  EXPECT_TRUE(json.at("candidates").at(0).at("cost_umhr_per_mib").is_null());
  EXPECT_TRUE(json.at("candidates").at(0).at("score").is_null());
}

}  // namespace
}  // namespace mehr::cli
