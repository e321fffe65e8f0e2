// Endpoints over hop links: what the hop offset must not break, in every mix of hop links and plain
// Reticulum wires, both ways; and what it hides from the first relay.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/wire/path_cost.h"
#include "tests/unit/endpoint/network.h"

namespace mehr::endpoint {
namespace {

using border::Counter;
using test::Host;
using test::Network;
using test::WireSettings;

const WireSettings kPlain{.mode = routing::InterfaceMode::kGateway};
const WireSettings kHop{.mode = routing::InterfaceMode::kGateway, .hop_link = true};

std::string text(std::size_t size, std::uint64_t seed) {
  SeededRandom random(seed);
  std::string out(size, ' ');
  for (char& c : out)
    c = static_cast<char>(random.below(256));
  return out;
}

bool delivered(Network& net, Host& from, Host& to, std::size_t size) {
  const auto sent = from.endpoint->send_message(to.address(), "", text(size, size), net.now());
  if (!sent.ok()) return false;
  const Hash32 id = sent->id;
  const bool done =
      net.run_until([&] { return from.outbox[id].state == MessageState::kDelivered; }, 60s);
  EXPECT_EQ(from.outbox[id].attempts, 1U);
  return done && to.inbox.contains(id);
}

TEST(HopLink, MessagesAndLinksCrossEveryMixBothWays) {
  // Four hosts in a row: bit i of the mix makes wire i a hop link. Seeds vary the offsets.
  for (unsigned mix = 0; mix < 8; ++mix) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      SCOPED_TRACE(testing::Message() << "mix " << mix << " seed " << seed);
      Network net(seed);
      std::vector<Host*> hosts;
      routing::RouterConfig routing;
      for (unsigned i = 0; i < 4; ++i) {
        routing.hop_offset_secret = Hash32{{static_cast<std::uint8_t>(seed * 16 + i)}};
        hosts.push_back(&net.add({}, routing));
      }
      for (unsigned i = 0; i < 3; ++i)
        net.join(*hosts[i], *hosts[i + 1], (mix >> i & 1) != 0 ? kHop : kPlain);
      net.announce();
      for (const std::size_t size : {10U, 310U, 20'000U}) {
        for (const auto& [from, to] : {std::pair(0, 3), {3, 0}, {1, 2}, {2, 0}}) {
          SCOPED_TRACE(testing::Message() << size << " bytes " << from << " to " << to);
          EXPECT_TRUE(delivered(net, *hosts[static_cast<std::size_t>(from)],
                                *hosts[static_cast<std::size_t>(to)], size));
        }
      }
      for (const Host* host : hosts) {
        EXPECT_EQ(host->counters.value(Counter::kLinkWrongHops), 0U);
        EXPECT_EQ(host->counters.value(Counter::kPathRebalanced), 0U);
        EXPECT_EQ(host->counters.value(Counter::kLinkUnproved), 0U);
        EXPECT_EQ(host->counters.value(Counter::kControlMalformed), 0U);
      }
    }
  }
}

TEST(HopLink, PathsAskedForAreRightToo) {
  Network net(3);
  Host &a = net.add(), &r = net.add(), &s = net.add(), &b = net.add();
  net.join(a, r, kHop);
  net.join(r, s, kPlain);
  net.join(s, b, kHop);
  b.endpoint->announce(net.now());  // heard nowhere else than at s
  net.run(3s);
  EXPECT_TRUE(delivered(net, a, b, 310));
  EXPECT_TRUE(delivered(net, b, a, 310));
}

routing::RouterConfig priced(std::uint64_t price) {
  routing::RouterConfig config;
  config.price_umhr_per_mib = price;
  return config;
}

/// What `from` pays for `to`, code of the path cost; kCostUnknown when it does not know.
double asked(Network& net, Host& from, Host& to) {
  const auto why = from.router->explain(to.address(), routing::PathPolicy::kBalanced, net.now());
  if (why.candidates.empty() || !why.candidates[0].winner) return -1;
  return why.candidates[0].cost_umhr_per_mib.value_or(-1);
}

void expect_within_one_code(double actual, double exact) {
  EXPECT_LE(std::abs(wire::code_of_cost(actual) - wire::code_of_cost(exact)), 1)
      << actual << " for " << exact;
}

TEST(HopLink, CostsAddUpAlongAChain) {
  Network net;
  std::vector<Host*> hosts;
  for (int i = 0; i < 5; ++i)
    hosts.push_back(&net.add({}, priced(10'833)));
  for (std::size_t i = 0; i < 4; ++i)
    net.join(*hosts[i], *hosts[i + 1], kHop);
  net.announce();
  expect_within_one_code(asked(net, *hosts[0], *hosts[1]), 0);
  expect_within_one_code(asked(net, *hosts[0], *hosts[2]), 10'833);
  expect_within_one_code(asked(net, *hosts[0], *hosts[3]), 2 * 10'833);
  expect_within_one_code(asked(net, *hosts[4], *hosts[0]), 3 * 10'833);
}

TEST(HopLink, AHopLinkAcrossPlainNodesMakesTheCostKnown) {
  // a - M - r - r - r - M - b: the two M are joined across the plain stretch as well.
  Network net;
  Host &a = net.add(), &left = net.add({}, priced(10'833)), &b = net.add(),
       &right = net.add({}, priced(5'000));
  std::vector<Host*> stretch{&left};
  for (int i = 0; i < 3; ++i)
    stretch.push_back(&net.add());
  stretch.push_back(&right);
  for (std::size_t i = 0; i + 1 < stretch.size(); ++i)
    net.join(*stretch[i], *stretch[i + 1], kPlain);
  net.join(a, left, kHop);
  net.join(right, b, kHop);
  net.announce();
  EXPECT_LT(asked(net, a, b), 0) << "nobody measured the stretch";
  WireSettings across = kHop;
  across.latency = 8ms;
  net.join(left, right, across);
  net.announce();
  expect_within_one_code(asked(net, a, b), 15'833);
  expect_within_one_code(asked(net, b, a), 15'833);
  EXPECT_TRUE(delivered(net, a, b, 310));
  EXPECT_TRUE(delivered(net, b, a, 20'000));
  for (const Host* host : stretch)
    EXPECT_EQ(host->counters.value(Counter::kAnnounceBadSignature), 0U);
}

/// a reaches d over b (cheap) or c (dear).
struct Diamond {
  Diamond() {
    net.join(a, b, kHop);
    net.join(a, c, kHop);
    net.join(b, d, kHop);
    net.join(c, d, kHop);
    net.announce();
  }
  routing::InterfaceId way() { return a.router->path(d.address())->interface; }
  Network net;
  Host &a = net.add(), &b = net.add({}, priced(100)), &c = net.add({}, priced(9'000)),
       &d = net.add();
};

TEST(HopLink, TrafficMovesAtOnceWhenTheNextHopGoesDown) {
  Diamond town;
  ASSERT_EQ(town.way(), town.net.interface(town.a, town.b));
  town.net.cut(town.a, town.b);
  ASSERT_EQ(town.way(), town.net.interface(town.a, town.c));
  const Time before = town.net.now();
  EXPECT_TRUE(delivered(town.net, town.a, town.d, 20));
  EXPECT_LT(town.net.now() - before, 3s);
}

TEST(HopLink, ALinkLostFurtherOnIsToldBack) {
  Diamond town;
  town.net.cut(town.b, town.d);
  town.net.run(2s);
  EXPECT_EQ(town.way(), town.net.interface(town.a, town.c)) << "b has no way but through a";
  EXPECT_TRUE(delivered(town.net, town.a, town.d, 310));
  EXPECT_TRUE(delivered(town.net, town.b, town.d, 310)) << "the other way round";
}

TEST(HopLink, ASilentNextHopIsLeftAfterTheFirstLoss) {
  Diamond town;
  town.net.cut(town.b, town.d, false);
  const auto sent = town.a.endpoint->send_message(town.d.address(), "", "hello", town.net.now());
  const Hash32 id = sent->id;
  EXPECT_TRUE(town.net.run_until(
      [&] { return town.a.outbox[id].state == MessageState::kDelivered; }, 180s));
  EXPECT_EQ(town.way(), town.net.interface(town.a, town.c));
}

/// Gateways in a grid of 4 by 8 with hop links between neighbours: 4 hops from one to another on
/// average.
struct Town {
  static constexpr std::size_t kWidth = 8, kHeight = 4;
  explicit Town(std::uint64_t seed) : net(seed) {
    for (std::size_t i = 0; i < kWidth * kHeight; ++i) {
      routing::RouterConfig routing;
      SeededRandom random(seed * 100 + i);
      routing.hop_offset_secret = random.fixed<32>();
      hosts.push_back(&net.add({}, routing));
    }
    for (std::size_t i = 0; i < hosts.size(); ++i) {
      if (i % kWidth + 1 < kWidth) net.join(*hosts[i], *hosts[i + 1], kHop);
      if (i + kWidth < hosts.size()) net.join(*hosts[i], *hosts[i + kWidth], kHop);
    }
    net.announce();
  }
  Network net;
  std::vector<Host*> hosts;
};

TEST(HopLink, AFirstRelayCannotTellNativePacketsFromTransit) {
  // The mix: every gateway sends a message to every other, so a neighbour hands on what it carries
  // and what is its own about three to one. Announces are left out: they name their origin. The
  // classifier is the best there can be for hop counts, since it is told the true shares of every
  // hop byte afterwards. What this does not say: where half of a neighbour's packets are its own
  // and paths are short, 24 steps cannot hide that packets in transit have gone a step further;
  // the best guess is then right up to (mean hops of transit) / 48 more often than chance.
  std::array<std::array<std::size_t, 2>, wire::kMaxHops> bins{};
  Town town(1);
  for (Host* host : town.hosts) {
    host->watch = [&bins, host](routing::InterfaceId, const wire::Packet& packet) {
      if (packet.packet_type == wire::PacketType::kAnnounce) return;
      if (packet.destination_type == wire::DestinationType::kPlain) return;
      ++bins[packet.hops][host->forwarding ? 0 : 1];
    };
  }
  for (Host* from : town.hosts) {
    for (Host* to : town.hosts) {
      if (from == to) continue;
      EXPECT_TRUE(delivered(town.net, *from, *to, 20));
    }
  }
  std::size_t native = 0, transit = 0, right = 0;
  for (const auto& [carried, own] : bins) {
    native += own;
    transit += carried;
    right += std::max(own, carried);
  }
  const auto all = static_cast<double>(native + transit);
  const double chance = static_cast<double>(std::max(native, transit)) / all;
  const double best = static_cast<double>(right) / all;
  std::printf("  native %zu, transit %zu: chance %.3f, best classifier %.3f\n", native, transit,
              chance, best);
  EXPECT_LE(best, chance + 0.05);
  EXPECT_GT(native, transit / 5);
  EXPECT_GT(bins[5][1], 0U) << "no offsets at all";
}

}  // namespace
}  // namespace mehr::endpoint
