// Dialling and accepting Reticulum links for hop links, with an endpoint and neighbours that only
// remember what they were asked.
#include "controlplane/interface/hop_reticulum.h"

#include "controlplane/routing/stretch.h"
#include "tests/unit/interface/fixture.h"

namespace mehr::interface {
namespace {

using border::Counter;
using neighbour::PeerState;

const IdentityHash kSmall{{0x11}}, kOwn{{0x55}}, kLarge{{0x99}};

class FakeLinks final : public StretchLinks {
 public:
  [[nodiscard]] IdentityHash identity() const override { return kOwn; }
  void carry(endpoint::StretchEvents& to, bool accept) override {
    events = &to;
    accepting = accept;
  }
  void forget(endpoint::StretchEvents& of) override {
    EXPECT_EQ(std::exchange(events, nullptr), &of);
  }
  void open(const IdentityHash& node, bool fresh,
            std::function<void(std::optional<LinkId>)> done) override {
    ++opened;
    last_node = node;
    fresh_ones += fresh ? 1 : 0;
    std::optional<LinkId> id;
    if (reachable) id = LinkId{{static_cast<std::uint8_t>(++last_id)}};
    done(id);
    if (changed) changed();
  }
  bool send(const LinkId& link, ByteView datagram) override {
    sent.emplace_back(link, to_bytes(datagram));
    return up;
  }
  void close(const LinkId& link) override {
    closed.push_back(link);
    if (changed) changed();
  }
  endpoint::StretchEvents* events = nullptr;
  bool accepting = false, reachable = true, up = true;
  unsigned opened = 0, fresh_ones = 0, last_id = 0;
  IdentityHash last_node;
  std::vector<std::pair<LinkId, Bytes>> sent;
  std::vector<LinkId> closed;
  std::function<void()> changed;
};

class FakeCarriers final : public neighbour::Carriers {
 public:
  std::uint32_t carrier_up(neighbour::Carrier& carrier, neighbour::CarrierSetup setup) override {
    living[++last] = &carrier;
    setups[last] = std::move(setup);
    return last;
  }
  void carrier_down(std::uint32_t carrier) override {
    EXPECT_EQ(living.erase(carrier), 1U);
    if (changed) changed();
  }
  void frame(std::uint32_t carrier, const std::string& from, ByteView frame, Duration) override {
    EXPECT_EQ(from, "");
    frames.emplace_back(carrier, to_bytes(frame));
  }
  void path_mtu(std::uint32_t, const std::string&, std::size_t) override {}
  void writable(std::uint32_t) override {}
  void maintain_peer(std::uint32_t carrier, const std::string&,
                     const std::optional<IdentityHash>& expected) override {
    greeted[carrier] = expected;
  }
  void forget_peer(std::uint32_t, const std::string&) override {}
  [[nodiscard]] bool linked(std::uint32_t carrier, const std::string&) const override {
    return neighbours.contains(carrier);
  }
  [[nodiscard]] std::optional<IdentityHash> neighbour_over(std::uint32_t carrier) const override {
    const auto found = neighbours.find(carrier);
    return found == neighbours.end() ? std::nullopt : std::optional(found->second);
  }
  void peer(const neighbour::PeerReport& report) override {
    reports[report.text] = report;
    if (changed) changed();
  }
  std::uint32_t last = 0;
  std::map<std::uint32_t, neighbour::Carrier*> living;
  std::map<std::uint32_t, neighbour::CarrierSetup> setups;
  std::map<std::uint32_t, std::optional<IdentityHash>> greeted;
  std::map<std::uint32_t, IdentityHash> neighbours;
  std::vector<std::pair<std::uint32_t, Bytes>> frames;
  std::map<std::string, neighbour::PeerReport> reports;
  std::function<void()> changed;
};

class HopReticulumTest : public InterfaceTest {
 protected:
  void begin(const std::vector<IdentityHash>& peers, std::uint32_t max_clients = 256) {
    links.changed = carriers.changed = [this] { poke(); };
    config::InterfaceConfig config;
    config.name = "across";
    config.kind = config::InterfaceKind::kHop;
    config.hop.transport = "reticulum";
    config.max_clients = max_clients;
    for (const IdentityHash& peer : peers)
      config.hop.peers.push_back(to_hex(peer));
    InterfaceContext with = context();
    with.carriers = &carriers;
    with.stretches = &links;
    hop = std::make_unique<HopReticulum>(config, with);
    hop->start();
  }
  static endpoint::StretchLink link(std::uint8_t id, bool ours) {
    endpoint::StretchLink out;
    out.id = LinkId{{id}};
    out.ours = ours;
    out.room = 431;
    out.rtt = 700ms;
    out.interface = {7};
    out.bitrate_bps = 5'000;
    out.hops = 4;
    return out;
  }
  const neighbour::PeerReport& report(const IdentityHash& peer) {
    return carriers.reports[to_hex(peer)];
  }

  FakeLinks links;
  FakeCarriers carriers;
  std::unique_ptr<HopReticulum> hop;
};

TEST_F(HopReticulumTest, DialsAndGreetsWhoAnswers) {
  begin({kLarge});
  EXPECT_TRUE(links.accepting);
  EXPECT_EQ(links.last_node, kLarge);
  links.events->stretch_up(link(1, true));
  ASSERT_EQ(carriers.living.size(), 1U);
  const neighbour::CarrierSetup& setup = carriers.setups.at(1);
  EXPECT_EQ(setup.link.max_frame, 431);
  EXPECT_EQ(setup.link.bitrate_bps, 5'000U) << "no faster than the interface below";
  EXPECT_EQ(setup.interface.bitrate_bps, 5'000U);
  EXPECT_EQ(setup.link.round_trip, 700ms);
  EXPECT_FALSE(setup.link.forgeable_source);
  EXPECT_FALSE(setup.finds_mtu);
  EXPECT_EQ(setup.interface.rides_on, routing::InterfaceId{7});
  EXPECT_EQ(setup.transport, "reticulum");
  EXPECT_EQ(carriers.greeted.at(1), kLarge);
  EXPECT_EQ(report(kLarge).state, PeerState::kGreeting);
  links.events->stretch_datagram(LinkId{{1}}, Bytes{1, 2, 3});
  links.events->stretch_datagram(LinkId{{2}}, Bytes{9});  // not ours
  ASSERT_EQ(carriers.frames.size(), 1U);
  EXPECT_EQ(carriers.frames[0].second, (Bytes{1, 2, 3}));
  using Sent = neighbour::Carrier::Sent;
  EXPECT_EQ(carriers.living.at(1)->send("", Bytes{4}), Sent::kSent);
  links.up = false;
  EXPECT_EQ(carriers.living.at(1)->send("", Bytes{4}), Sent::kNoWay);
}

TEST_F(HopReticulumTest, DialsAgainAndDoubtsThePath) {
  begin({kLarge});
  links.reachable = false;
  links.events->stretch_down(LinkId{{1}});
  EXPECT_EQ(report(kLarge).failures, 1U);
  EXPECT_FALSE(report(kLarge).last_failure.empty());
  ASSERT_TRUE(until([&] { return links.opened == 3; }));
  EXPECT_EQ(links.fresh_ones, 1U) << "every second failure forgets the path";
  EXPECT_EQ(report(kLarge).state, PeerState::kLookingUp);
  // Its announce is a better time to try than any pause.
  links.events->hop_destination_heard(routing::hop_destination(kSmall));
  links.events->hop_destination_heard(routing::hop_destination(kLarge));
  links.reachable = true;
  ASSERT_TRUE(until([&] { return links.opened == 4; }, 900ms));
  links.events->stretch_up(link(2, true));
  EXPECT_EQ(carriers.living.size(), 1U);
  links.events->stretch_down(LinkId{{2}});
  ASSERT_TRUE(until([&] { return carriers.living.empty(); }));
  EXPECT_EQ(report(kLarge).last_failure, "the Reticulum link ended");
}

TEST_F(HopReticulumTest, TakesLinksOfOthersWithinALimit) {
  begin({}, 2);
  for (std::uint8_t id = 1; id <= 3; ++id)
    links.events->stretch_up(link(id, false));
  EXPECT_EQ(carriers.living.size(), 2U);
  EXPECT_EQ(count(Counter::kRxClientRefused), 1U);
  EXPECT_EQ(links.closed, std::vector<LinkId>{LinkId{{3}}});
  EXPECT_TRUE(carriers.greeted.empty()) << "who comes says hello first";
  links.events->stretch_down(LinkId{{1}});
  ASSERT_TRUE(until([&] { return carriers.living.size() == 1; }));
  links.events->stretch_up(link(4, false));
  EXPECT_EQ(carriers.living.size(), 2U);
}

TEST_F(HopReticulumTest, OfTwoLinksThatCrossedOneStays) {
  // Both peers reach us while we reach them: ours to the smaller one goes, ours to the larger
  // stays.
  begin({kSmall, kLarge});
  links.events->stretch_up(link(1, true));
  links.events->stretch_up(link(2, true));
  links.events->stretch_up(link(11, false));
  links.events->stretch_up(link(12, false));
  carriers.neighbours = {{1, kSmall}, {2, kLarge}, {3, kSmall}, {4, kLarge}};
  ASSERT_TRUE(until([&] { return !carriers.living.contains(1); }));
  EXPECT_EQ(links.closed, std::vector<LinkId>{LinkId{{1}}});
  EXPECT_TRUE(carriers.living.contains(2));
  EXPECT_EQ(report(kSmall).state, PeerState::kLinked);
  EXPECT_EQ(report(kSmall).carrier, 3U);
  const unsigned before = links.opened;
  // The other side's link ends: now we dial.
  carriers.neighbours.erase(3);
  links.events->stretch_down(LinkId{{11}});
  ASSERT_TRUE(until([&] { return links.opened == before + 1; }));
  EXPECT_EQ(links.last_node, kSmall);
}

TEST_F(HopReticulumTest, StopsInOrder) {
  begin({kLarge});
  links.events->stretch_up(link(1, true));
  links.events->stretch_up(link(2, false));
  hop->stop();
  EXPECT_TRUE(carriers.living.empty());
  EXPECT_EQ(links.events, nullptr) << "nobody calls what may be gone";
  EXPECT_TRUE(carriers.living.empty());
}

}  // namespace
}  // namespace mehr::interface
