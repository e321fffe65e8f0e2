// Messages end to end, over real routers: sizes and methods, loss, restarts, duplicates, limits.
#include <gtest/gtest.h>

#include "controlplane/endpoint/timing.h"
#include "tests/unit/endpoint/network.h"

namespace mehr::endpoint {
namespace {

using test::Host;
using test::Network;
using test::WireSettings;

std::string text(std::size_t size, std::uint64_t seed = 5) {
  SeededRandom random(seed);
  std::string out(size, ' ');
  for (char& c : out)
    c = static_cast<char>(random.below(256));
  return out;
}

/// Two hosts and a router between them.
class Line {
 public:
  explicit Line(std::uint64_t seed = 1, WireSettings wire = {}, EndpointConfig config = {})
      : net(seed), a(net.add(config)), g(net.add(config)), b(net.add(config)) {
    net.join(a, g, wire);
    net.join(g, b, wire);
    net.announce();
  }
  Message send(Host& from, Host& to, std::string content, std::string title = "") {
    auto result =
        from.endpoint->send_message(to.address(), std::move(title), std::move(content), net.now());
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *result : Message{};
  }
  bool done(Host& from, const Message& message, Duration limit,
            MessageState state = MessageState::kDelivered) {
    return net.run_until([&] { return from.outbox[message.id].state == state; }, limit);
  }
  Network net;
  Host &a, &g, &b;
};

TEST(Message, TravelsAsItsSizeDemands) {
  struct Case {
    std::size_t size;
    MessageMethod method;
  };
  for (const Case& c : {Case{10, MessageMethod::kOpportunistic},
                        {279, MessageMethod::kOpportunistic},
                        {300, MessageMethod::kLink},
                        {7'900, MessageMethod::kLink},
                        {10'000, MessageMethod::kResource},
                        {500'000, MessageMethod::kResource}}) {
    SCOPED_TRACE(c.size);
    Line line;
    const std::string content = text(c.size);
    const Message sent = line.send(line.a, line.b, content, "Title");
    EXPECT_EQ(sent.state, MessageState::kQueued);
    ASSERT_TRUE(line.done(line.a, sent, 60s)) << line.a.outbox[sent.id].reason;
    const Message& there = line.b.inbox[sent.id];
    EXPECT_EQ(there.content, content);
    EXPECT_EQ(there.title, "Title");
    EXPECT_EQ(there.source, line.a.address());
    EXPECT_TRUE(there.incoming);
    EXPECT_TRUE(there.signature_verified);
    EXPECT_EQ(there.method, c.method);
    EXPECT_EQ(there.timestamp, sent.timestamp);
    EXPECT_EQ(there.hops, 2);
    const Message& here = line.a.outbox[sent.id];
    EXPECT_EQ(here.method, c.method);
    EXPECT_EQ(here.attempts, 1U);
    EXPECT_EQ(here.hops, 2);
    ASSERT_TRUE(here.rtt_ms.has_value());
    EXPECT_GT(*here.rtt_ms, 4);
    EXPECT_LT(*here.rtt_ms, 5'000);
    EXPECT_GT(here.wire_bytes, c.size);
    EXPECT_EQ(line.b.handed_over[sent.id], 1);
  }
}

TEST(Message, UsesSmallPacketsWithoutMtuDiscovery) {
  Line line(1, WireSettings{.mtu = std::nullopt});
  const Message link = line.send(line.a, line.b, text(310));
  const Message resource = line.send(line.a, line.b, text(40'000));
  ASSERT_TRUE(line.done(line.a, link, 60s));
  ASSERT_TRUE(line.done(line.a, resource, 120s));
  EXPECT_EQ(line.b.inbox[link.id].method, MessageMethod::kLink);
  EXPECT_EQ(line.b.inbox[resource.id].method, MessageMethod::kResource);
}

TEST(Message, OverOneMegabyteTakesTwoSegments) {
  Line line;
  const std::string content = text(1'048'570);
  const Message sent = line.send(line.a, line.b, content);
  ASSERT_TRUE(line.done(line.a, sent, 300s)) << line.a.outbox[sent.id].reason;
  EXPECT_EQ(line.b.inbox[sent.id].content, content);
}

TEST(Message, CompressibleOnesCostLittle) {
  Line line;
  const std::string content(400'000, 'x');
  const Message sent = line.send(line.a, line.b, content);
  ASSERT_TRUE(line.done(line.a, sent, 60s));
  EXPECT_EQ(line.b.inbox[sent.id].content, content);
  EXPECT_LT(line.a.outbox[sent.id].wire_bytes, 2'000U);
}

TEST(Message, ArrivesInSpiteOfLoss) {
  int over_attempts = 0;
  for (const double loss : {0.05, 0.1, 0.2}) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      SCOPED_TRACE(testing::Message() << "loss " << loss << " seed " << seed);
      Line line(seed);
      line.net.set_loss(loss);
      std::vector<std::pair<Message, std::string>> sent;
      for (const std::size_t size : {10U, 300U, 10'000U, 500'000U}) {
        const std::string content = text(size, seed);
        sent.emplace_back(line.send(line.a, line.b, content), content);
      }
      for (const auto& [message, content] : sent) {
        ASSERT_TRUE(line.done(line.a, message, 1200s))
            << content.size() << " bytes: " << line.a.outbox[message.id].reason;
        EXPECT_EQ(line.b.inbox[message.id].content, content);
        over_attempts += line.a.outbox[message.id].attempts > 1 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(over_attempts, 0) << "nothing was ever retried: is there loss at all?";
}

TEST(Message, ManyAtOnceArriveOnceEach) {
  Line line(3);
  line.net.set_loss(0.05);
  std::vector<Message> sent;
  for (int i = 0; i < 40; ++i) {
    sent.push_back(line.send(line.a, line.b, std::to_string(i) + text(i % 2 == 0 ? 20 : 2'000)));
  }
  for (const Message& message : sent) {
    ASSERT_TRUE(line.done(line.a, message, 1200s)) << line.a.outbox[message.id].reason;
    EXPECT_EQ(line.b.inbox[message.id].content, message.content);
    EXPECT_EQ(line.b.handed_over[message.id], 1);
  }
}

TEST(Message, ArrivesOverASlowRadio) {
  Line line(2, WireSettings{.latency = 20ms, .loss = 0, .bitrate_bps = 1'200, .mtu = std::nullopt});
  std::vector<Message> sent;
  for (std::uint64_t i = 0; i < 6; ++i) {
    sent.push_back(line.send(line.a, line.b, text(150, i)));
  }
  sent.push_back(line.send(line.a, line.b, text(3'000)));
  for (const Message& message : sent) {
    ASSERT_TRUE(line.done(line.a, message, 1800s)) << line.a.outbox[message.id].reason;
    EXPECT_EQ(line.b.handed_over[message.id], 1);
    EXPECT_LE(line.a.outbox[message.id].attempts, 2U);
  }
}

TEST(Message, WaitsForAPathAndGivesUpWithAReason) {
  Network net;
  Host& a = net.add();
  Host& b = net.add();
  net.join(a, b);
  // Nobody announced: the path is asked for and answered.
  const auto sent = a.endpoint->send_message(b.address(), "", "hello", net.now());
  ASSERT_TRUE(sent.ok());
  EXPECT_TRUE(
      net.run_until([&] { return a.outbox[sent->id].state == MessageState::kDelivered; }, 30s));
  // The receiver had not heard of the sender either, and asked after the message came.
  net.run(30s);
  EXPECT_TRUE(b.inbox[sent->id].signature_verified);

  DestinationHash nobody;
  nobody.bytes[0] = 1;
  const auto lost = a.endpoint->send_message(nobody, "", "hello", net.now());
  net.run(4min);
  EXPECT_EQ(a.outbox[lost->id].state, MessageState::kQueued);
  net.run(2min);
  EXPECT_EQ(a.outbox[lost->id].state, MessageState::kFailed);
  EXPECT_NE(a.outbox[lost->id].reason.find("no path"), std::string::npos);
  EXPECT_EQ(a.outbox[lost->id].attempts, 0U);
}

TEST(Message, GivesUpAfterManyAttemptsOverMinutes) {
  Line line;
  line.b.stop();
  const Message sent = line.send(line.a, line.b, "hello");
  const Time start = line.net.now();
  ASSERT_TRUE(line.done(line.a, sent, 1h, MessageState::kFailed));
  EXPECT_GE(line.net.now() - start, 4min);
  EXPECT_FALSE(line.a.outbox[sent.id].reason.empty());
  EXPECT_GE(line.a.counters.value(border::Counter::kMessageAttempts), 2U);
}

TEST(Message, DoesNotWaitTwentyMinutesForHopsSomebodyMadeUp) {
  EXPECT_EQ(patience_for(0), kPerHopTimeout);
  EXPECT_EQ(patience_for(5), 5 * kPerHopTimeout);
  // Eight attempts and the waits between them: gone or delivered within half an hour.
  EXPECT_LE(patience_for(200) * kMessageAttempts, 26min);
}

TEST(Message, SurvivesAGatewayThatRestarts) {
  for (const std::size_t size : {20U, 300U, 200'000U}) {
    for (const Duration delay : {0ms, 100ms, 2000ms}) {
      SCOPED_TRACE(testing::Message() << size << " after " << to_seconds(delay));
      Line line(4, WireSettings{.latency = 30ms});
      const Message sent = line.send(line.a, line.b, text(size));
      line.net.run(delay);
      line.g.stop();
      line.net.run(60s);
      line.g.start();
      ASSERT_TRUE(line.done(line.a, sent, 400s)) << line.a.outbox[sent.id].reason;
      EXPECT_EQ(line.b.handed_over[sent.id], 1);
    }
  }
}

TEST(Message, IsTakenUpAgainAfterARestartOfTheSender) {
  for (const std::size_t size : {20U, 5'000U}) {
    Line line;
    line.b.stop();
    const Message sent = line.send(line.a, line.b, text(size));
    line.net.run(20s);
    line.a.stop();
    line.net.run(5s);
    line.b.start();
    line.a.start();
    ASSERT_TRUE(line.done(line.a, sent, 300s)) << line.a.outbox[sent.id].reason;
    EXPECT_EQ(line.b.inbox[sent.id].content, sent.content);
  }
}

TEST(Message, LostProofIsProvedAgainAndGivenOnce) {
  for (const std::size_t size : {20U, 400U}) {
    Line line;
    int lost = 0;
    line.b.swallow = [&](const wire::Packet& packet) {
      const bool proof =
          packet.packet_type == wire::PacketType::kProof && packet.context == wire::Context::kNone;
      return proof && ++lost <= 2;
    };
    const Message sent = line.send(line.a, line.b, text(size));
    ASSERT_TRUE(line.done(line.a, sent, 300s)) << line.a.outbox[sent.id].reason;
    EXPECT_EQ(lost, 3);
    EXPECT_EQ(line.b.handed_over[sent.id], 1);
    EXPECT_EQ(line.b.counters.value(border::Counter::kMessageDuplicate), 2U);
  }
}

TEST(Message, LostResourceProofIsAskedForAgain) {
  Line line;
  int lost = 0;
  line.b.swallow = [&](const wire::Packet& packet) {
    return packet.context == wire::Context::kResourceProof && ++lost == 1;
  };
  const Message sent = line.send(line.a, line.b, text(100'000));
  ASSERT_TRUE(line.done(line.a, sent, 60s)) << line.a.outbox[sent.id].reason;
  EXPECT_EQ(line.a.outbox[sent.id].attempts, 1U);
}

TEST(Message, IsProvedOnlyWhenStored) {
  for (const std::size_t size : {20U, 400U, 20'000U}) {
    Line line;
    line.b.store_works = false;
    const Message sent = line.send(line.a, line.b, text(size));
    line.net.run(40s);
    EXPECT_NE(line.a.outbox[sent.id].state, MessageState::kDelivered);
    EXPECT_GE(line.b.handed_over[sent.id], 1);
    line.b.store_works = true;
    ASSERT_TRUE(line.done(line.a, sent, 400s)) << size << line.a.outbox[sent.id].reason;
  }
}

TEST(Message, TooLargeOnesAreRefusedOnBothSides) {
  EndpointConfig small;
  small.max_message_bytes = 20'000;
  Network net;
  Host& a = net.add();
  Host& b = net.add(small);
  net.join(a, b);
  net.announce();
  EXPECT_FALSE(b.endpoint->send_message(a.address(), "", text(20'001), net.now()).ok());
  const auto fits = a.endpoint->send_message(b.address(), "", text(20'000), net.now());
  const auto large = a.endpoint->send_message(b.address(), "", text(30'000), net.now());
  const auto bomb = a.endpoint->send_message(b.address(), "", std::string(900'000, 'x'), net.now());
  net.run(30s);
  EXPECT_EQ(a.outbox[fits->id].state, MessageState::kDelivered);
  EXPECT_EQ(a.outbox[large->id].state, MessageState::kFailed);
  EXPECT_NE(a.outbox[large->id].reason.find("refused"), std::string::npos);
  EXPECT_EQ(a.outbox[bomb->id].state, MessageState::kFailed);
  EXPECT_EQ(b.counters.value(border::Counter::kEndpointResourceRefused), 2U);
}

TEST(Message, QueueIsBounded) {
  EndpointConfig config;
  config.max_outbound_messages = 3;
  Network net;
  Host& a = net.add(config);
  DestinationHash nobody;
  nobody.bytes[3] = 9;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(a.endpoint->send_message(nobody, "", std::to_string(i), net.now()).ok());
  }
  EXPECT_EQ(a.endpoint->send_message(nobody, "", "x", net.now()).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(a.endpoint->send_message(a.address(), "", "x", net.now()).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(Message, OfAnEndpointWithoutMessagesIsRefused) {
  EndpointConfig config;
  config.messages = false;
  Network net;
  Host& a = net.add(config);
  EXPECT_FALSE(a.endpoint->send_message(a.probe_address(), "", "x", net.now()).ok());
  EXPECT_EQ(a.endpoint->local_destinations().size(), 1U);
}

}  // namespace
}  // namespace mehr::endpoint
