// Links that carry hop frames: from end to end through plain relays, what fits, who is refused.
#include "controlplane/endpoint/stretch.h"

#include <gtest/gtest.h>

#include <map>

#include "controlplane/routing/stretch.h"
#include "core/wire/link.h"
#include "tests/unit/endpoint/network.h"

namespace mehr::endpoint {
namespace {

using border::Counter;
using test::Host;
using test::Network;
using test::WireSettings;

/// Remembers what it is told.
struct Watcher final : StretchEvents {
  void stretch_up(const StretchLink& link) override { up[link.id] = link; }
  void stretch_down(const LinkId& link) override {
    up.erase(link);
    down.push_back(link);
  }
  void stretch_datagram(const LinkId&, ByteView datagram) override {
    datagrams.push_back(to_bytes(datagram));
  }
  void hop_destination_heard(const DestinationHash& destination) override {
    heard.push_back(destination);
  }
  [[nodiscard]] const StretchLink& only() const { return up.begin()->second; }
  std::map<LinkId, StretchLink> up;
  std::vector<LinkId> down;
  std::vector<Bytes> datagrams;
  std::vector<DestinationHash> heard;
};

/// left - three plain nodes - right; both carry stretches, only right takes links.
struct Chain {
  explicit Chain(WireSettings settings = {}) {
    std::vector<Host*> row{&left};
    for (int i = 0; i < 3; ++i)
      row.push_back(&net.add());
    row.push_back(&right);
    for (std::size_t i = 0; i + 1 < row.size(); ++i)
      net.join(*row[i], *row[i + 1], settings);
    left.endpoint->carry_stretches(at_left, false, net.now());
    right.endpoint->carry_stretches(at_right, true, net.now());
  }
  DestinationHash there() const { return routing::hop_destination(right.identity_hash()); }
  std::optional<LinkId> open(bool fresh = false) {
    return left.endpoint->open_stretch(there(), fresh, net.now());
  }
  bool linked() {
    net.announce();
    if (!open()) return false;
    return net.run_until([&] { return at_left.up.size() == 1 && at_right.up.size() == 1; }, 20s);
  }
  Network net;
  Host &left = net.add(), &right = net.add();
  Watcher at_left, at_right;
};

TEST(Stretch, CarriesDatagramsBothWays) {
  Chain chain;
  ASSERT_TRUE(chain.linked());
  EXPECT_EQ(chain.at_left.heard, std::vector<DestinationHash>{chain.there()});
  EXPECT_TRUE(chain.at_left.only().ours);
  EXPECT_FALSE(chain.at_right.only().ours);
  EXPECT_EQ(chain.at_left.only().id, chain.at_right.only().id);
  EXPECT_EQ(chain.at_left.only().hops, 4);
  EXPECT_EQ(chain.at_left.only().bitrate_bps, 10'000'000U);
  const LinkId id = chain.at_left.only().id;
  const std::size_t room = chain.at_left.only().room;
  EXPECT_EQ(room, wire::link_mdu(8'192));
  EXPECT_TRUE(chain.left.endpoint->send_stretch(id, Bytes(room, 1), chain.net.now()));
  EXPECT_TRUE(chain.right.endpoint->send_stretch(id, Bytes(1, 2), chain.net.now()));
  EXPECT_FALSE(chain.left.endpoint->send_stretch(id, Bytes(room + 1), chain.net.now()));
  EXPECT_FALSE(chain.left.endpoint->send_stretch(LinkId{}, Bytes(1), chain.net.now()));
  EXPECT_TRUE(chain.net.run_until(
      [&] { return chain.at_left.datagrams.size() + chain.at_right.datagrams.size() == 2; }, 5s));
  EXPECT_EQ(chain.at_right.datagrams, std::vector<Bytes>{Bytes(room, 1)});
  EXPECT_EQ(chain.at_left.datagrams, std::vector<Bytes>{Bytes(1, 2)});
}

TEST(Stretch, SaysHowLittleFitsWithoutMtuDiscovery) {
  Chain chain({.mtu = std::nullopt});
  ASSERT_TRUE(chain.linked());
  EXPECT_EQ(chain.at_left.only().room, 431U);
  EXPECT_EQ(chain.at_right.only().room, 431U);
}

TEST(Stretch, AsksForAPathFirst) {
  Chain chain;
  EXPECT_FALSE(chain.open());
  chain.net.announce();
  EXPECT_FALSE(chain.open(true)) << "the path was forgotten";
  EXPECT_TRUE(
      chain.net.run_until([&] { return chain.left.router->path(chain.there()) != nullptr; }, 20s))
      << "and asked for again";
  EXPECT_TRUE(chain.open());
}

TEST(Stretch, TellsOfItsEndAtBothEnds) {
  Chain chain;
  ASSERT_TRUE(chain.linked());
  chain.left.endpoint->close_stretches(chain.net.now());
  EXPECT_TRUE(chain.net.run_until([&] { return chain.at_right.down.size() == 1; }, 5s));
  EXPECT_EQ(chain.at_left.down.size(), 1U);
}

TEST(Stretch, TellsOfLinksThatNeverCameUp) {
  Chain chain;
  chain.net.announce();
  chain.right.stop();
  const auto id = chain.open();
  ASSERT_TRUE(id);
  EXPECT_TRUE(chain.net.run_until([&] { return !chain.at_left.down.empty(); }, 120s));
  EXPECT_EQ(chain.at_left.down, std::vector<LinkId>{*id});
}

TEST(Stretch, NeverRidesInAnother) {
  Chain chain;
  chain.net.announce();
  // The way there turns out to be a hop link of that kind: no request leaves by it.
  auto& [id, traits] = *chain.left.interfaces.begin();
  traits.rides_on = routing::InterfaceId{1'000};
  chain.left.router->interface_changed(id, traits, chain.net.now());
  EXPECT_FALSE(chain.open());
  traits.rides_on.reset();
  chain.left.router->interface_changed(id, traits, chain.net.now());
  // Nor is one taken that comes over such an interface.
  auto& [other, others] = *chain.right.interfaces.begin();
  others.rides_on = routing::InterfaceId{1'000};
  chain.right.router->interface_changed(other, others, chain.net.now());
  ASSERT_TRUE(chain.open());
  chain.net.run(2s);
  EXPECT_EQ(chain.right.counters.value(Counter::kEndpointLinkRefused), 1U);
  EXPECT_TRUE(chain.at_right.up.empty());
}

TEST(Stretch, TakesNoLinksUnlessToldTo) {
  Chain chain;
  ASSERT_TRUE(chain.linked());
  const DestinationHash left = routing::hop_destination(chain.left.identity_hash());
  EXPECT_FALSE(chain.right.endpoint->open_stretch(left, false, chain.net.now()));
  chain.net.run(30s);
  EXPECT_EQ(chain.right.router->path(left), nullptr) << "announced though it takes none";
  for (const LocalDestination& local : chain.left.endpoint->local_destinations())
    EXPECT_NE(local.full_name, "mehr.hop");
}

TEST(Stretch, EndsWithWhoCarriesThem) {
  Chain chain;
  ASSERT_TRUE(chain.linked());
  Watcher other;
  chain.right.endpoint->forget_stretches(other, chain.net.now());
  EXPECT_EQ(chain.right.endpoint->open_links(), 1U) << "somebody else's word";
  chain.right.endpoint->forget_stretches(chain.at_right, chain.net.now());
  EXPECT_EQ(chain.right.endpoint->open_links(), 0U);
  EXPECT_TRUE(chain.net.run_until([&] { return chain.at_left.down.size() == 1; }, 5s));
  ASSERT_TRUE(chain.open());
  EXPECT_TRUE(chain.net.run_until([&] { return chain.at_left.down.size() == 2; }, 120s))
      << "nobody answers";
  // A reload: the next one carries them.
  chain.right.endpoint->carry_stretches(other, true, chain.net.now());
  chain.net.announce();
  ASSERT_TRUE(chain.open());
  EXPECT_TRUE(chain.net.run_until([&] { return other.up.size() == 1; }, 20s));
}

TEST(Stretch, MessagesStillTakeTheirOwnLinks) {
  Chain chain;
  ASSERT_TRUE(chain.linked());
  const auto sent = chain.left.endpoint->send_message(chain.right.address(), "",
                                                      std::string(5'000, 'x'), chain.net.now());
  ASSERT_TRUE(sent.ok());
  const Hash32 id = sent->id;
  EXPECT_TRUE(chain.net.run_until(
      [&] { return chain.left.outbox[id].state == MessageState::kDelivered; }, 60s));
  EXPECT_TRUE(chain.at_right.datagrams.empty());
}

}  // namespace
}  // namespace mehr::endpoint
