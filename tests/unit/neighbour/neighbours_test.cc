// Links as interfaces: packets, classes, pieces, path MTU, death, and the same trace every time.
#include <algorithm>

#include "tests/unit/neighbour/lab.h"

namespace mehr::neighbour {
namespace {

using border::Counter;

struct Two {
  explicit Two(std::uint64_t seed = 1)
      : lab(seed), a(lab, "10.0.0.1:1", 1), b(lab, "10.0.0.2:1", 2) {}
  bool link() {
    b.up(false, {a.identity()});
    a.up(false);
    a.peer(b, b.identity());
    return lab.until([&] { return a.interfaces.size() == 1 && b.interfaces.size() == 1; }, 20s);
  }
  Lab lab;
  LabNode a, b;
};

TEST(NeighbourHistory, IsNotPushedOutByStrangers) {
  History history;
  SeededRandom random(3);
  Time now{};
  const IdentityHash named{random.fixed<16>()};
  history.add(named, {now, true, "udp", "192.0.2.1:1", ""}, false);
  for (int i = 0; i < 5'000; ++i) {
    now += 1s;
    history.add(IdentityHash{random.fixed<16>()}, {now, true, "udp", "192.0.2.2:1", ""}, true);
  }
  EXPECT_EQ(history.of(named).size(), 1U);
  EXPECT_EQ(history.identities().size(), 1U + History::kStrangers);
  for (int i = 0; i < 2'000; ++i) {
    now += 1s;
    history.add(IdentityHash{random.fixed<16>()}, {now, true, "udp", "192.0.2.3:1", ""}, false);
  }
  EXPECT_EQ(history.identities().size(), History::kNeighbours + History::kStrangers);
}

TEST(Neighbours, LinkAndAppearAsInterfaces) {
  Two two;
  ASSERT_TRUE(two.link());
  const auto& traits = two.a.interfaces.at(two.a.only());
  EXPECT_TRUE(traits.hop_link);
  EXPECT_EQ(traits.neighbour, two.b.identity());
  EXPECT_EQ(traits.name, "hop/" + to_hex(two.b.identity()).substr(0, 8));
  EXPECT_EQ(traits.parent, "lab");
  ASSERT_EQ(two.a.reached.size(), 1U);
  EXPECT_EQ(two.a.reached[0].address, two.b.address);
  two.lab.run(1s);
  EXPECT_EQ(two.a.interfaces.at(two.a.only()).latency, 5ms);
}

TEST(Neighbours, CarryPacketsWithTheirClass) {
  Two two;
  ASSERT_TRUE(two.link());
  two.lab.run(5s);
  EXPECT_TRUE(two.a.send_packet(100, wire::HopPriority::kP1));
  EXPECT_TRUE(two.a.send_packet(200, wire::HopPriority::kP3));
  EXPECT_TRUE(
      two.a.neighbours.control(two.a.only(), wire::HopControl::kPathCost, Bytes(27), two.lab.now));
  const std::uint64_t before = two.lab.frames;
  ASSERT_TRUE(two.lab.until([&] { return two.b.packets.size() == 2; }));
  EXPECT_EQ(two.b.packets[0].traffic.priority, wire::HopPriority::kP1);
  EXPECT_EQ(two.b.packets[1].raw.size(), 200U);
  ASSERT_EQ(two.b.controls.size(), 1U);
  EXPECT_EQ(two.b.controls[0].first, wire::HopControl::kPathCost);
  EXPECT_LE(two.lab.frames - before, 2U) << "what waits together shares a frame";
  const auto rows = two.b.neighbours.report();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].classes[1].received_records, 1U);
  EXPECT_EQ(rows[0].classes[3].received_bytes, 200U);
}

TEST(Neighbours, LiveWithTheSmallestFramesThereAre) {
  // A Reticulum link at an MTU of 500: everything Reticulum sends passes in two pieces.
  Two two;
  two.a.room = two.b.room = two.lab.mtu = two.lab.device_mtu = 431;
  ASSERT_TRUE(two.link());
  const auto& traits = two.a.interfaces.at(two.a.only());
  EXPECT_TRUE(traits.in_pieces);
  EXPECT_EQ(traits.hardware_mtu, 500U) << "less would be no MTU for links through here";
  EXPECT_EQ(two.a.neighbours.report().at(0).frame_bytes, 431U);
  for (const std::size_t size : {100U, 395U, 396U, 500U})
    EXPECT_TRUE(two.a.send_packet(size));
  EXPECT_TRUE(
      two.a.neighbours.control(two.a.only(), wire::HopControl::kPathCost, Bytes(395), two.lab.now));
  EXPECT_FALSE(
      two.a.neighbours.control(two.a.only(), wire::HopControl::kPathCost, Bytes(396), two.lab.now));
  ASSERT_TRUE(two.lab.until([&] { return two.b.packets.size() == 4; }));
  std::vector<std::size_t> sizes;
  for (const Packet& packet : two.b.packets)
    sizes.push_back(packet.raw.size());
  std::sort(sizes.begin(), sizes.end());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{100, 395, 396, 500}));
  EXPECT_EQ(two.b.controls.size(), 1U);
  EXPECT_LE(two.lab.largest, 431U);
}

TEST(Neighbours, LinkWhereAnswersTakeLong) {
  for (const Duration latency : {Duration{500ms}, Duration{4s}, Duration{12s}}) {
    Two two;
    two.lab.latency = latency;
    two.a.room = two.b.room = 431;
    two.a.bitrate_bps = two.b.bitrate_bps = 10'000'000;
    two.a.round_trip = two.b.round_trip = 2 * latency;
    two.b.up(false, {two.a.identity()});
    two.a.up(false);
    two.a.peer(two.b, two.b.identity());
    EXPECT_TRUE(two.lab.until(
        [&] { return two.a.interfaces.size() == 1 && two.b.interfaces.size() == 1; }, 60s))
        << to_seconds(latency);
    EXPECT_LE(two.lab.frames, 12U);
  }
}

TEST(Neighbours, FindWhatThePathCarries) {
  for (const std::size_t mtu : {1'472U, 1'300U, 1'400U, 1'232U, 8'972U}) {
    Two two;
    two.lab.mtu = mtu;
    two.lab.device_mtu = 65'507;
    ASSERT_TRUE(two.link());
    two.lab.run(20s);
    const std::size_t found = two.a.neighbours.report().at(0).frame_bytes;
    EXPECT_LE(found, mtu);
    EXPECT_GE(found + 16, mtu);
    EXPECT_EQ(two.a.interfaces.at(two.a.only()).hardware_mtu, found - 44);
  }
}

TEST(Neighbours, StayBelowWhatRoutersReport) {
  Two two;
  two.lab.mtu = 1'300;
  two.lab.tells = true;
  ASSERT_TRUE(two.link());
  two.lab.run(5s);
  EXPECT_EQ(two.a.neighbours.report().at(0).frame_bytes, 1'300U);
}

TEST(Neighbours, LiesAboutThePathMendThemselves) {
  Two two;
  ASSERT_TRUE(two.link());
  two.lab.run(5s);
  ASSERT_EQ(two.a.neighbours.report().at(0).frame_bytes, 1'472U);
  two.a.neighbours.path_mtu(two.a.carrier, two.b.address, 20, two.lab.now);
  EXPECT_EQ(two.a.neighbours.report().at(0).frame_bytes, PathMtu::kFloor);
  two.lab.run(30s);
  EXPECT_EQ(two.a.neighbours.report().at(0).frame_bytes, 1'472U);
}

TEST(Neighbours, CutWhatDoesNotFitAndPutItTogether) {
  Two two;
  ASSERT_TRUE(two.link());
  two.lab.run(5s);
  for (const std::size_t size : {1'436U, 1'437U, 5'000U, 65'535U}) {
    two.b.packets.clear();
    ASSERT_TRUE(two.a.send_packet(size));
    ASSERT_TRUE(two.lab.until([&] { return two.b.packets.size() == 1; })) << size;
    EXPECT_EQ(two.b.packets[0].raw.size(), size);
    EXPECT_EQ(two.b.packets[0].traffic.priority, wire::HopPriority::kP2);
    EXPECT_FALSE(two.b.packets[0].traffic.control);
  }
  EXPECT_EQ(two.a.counters.value(Counter::kHopFragmented), 3U);
  EXPECT_FALSE(two.a.send_packet(65'536));
}

// One packet of 1,400 bytes every 5 ms, and the path narrows without a word.
void narrow(bool tells, std::size_t to, std::size_t lost = 3) {
  Two two;
  ASSERT_TRUE(two.link());
  two.lab.run(5s);
  two.lab.tells = tells;
  std::size_t sent = 0;
  for (int i = 0; i < 600; ++i) {
    if (i == 200) two.lab.mtu = to;
    sent += two.a.send_packet(1'400) ? 1U : 0U;
    two.lab.run(5ms);
  }
  two.lab.run(20s);
  std::vector<Bytes> got;
  for (const Packet& packet : two.b.packets)
    got.push_back(packet.raw);
  std::sort(got.begin(), got.end());
  const auto distinct = static_cast<std::size_t>(std::unique(got.begin(), got.end()) - got.begin());
  EXPECT_EQ(sent, 600U);
  EXPECT_GE(distinct + lost, sent);
  const std::size_t found = two.a.neighbours.report().at(0).frame_bytes;
  EXPECT_LE(found, to);
  EXPECT_GE(found + 48, to);
}
TEST(Neighbours, LoseAtMostThreePacketsWhenThePathNarrowsSilently) {
  narrow(false, 1'252);
}
TEST(Neighbours, LoseAtMostThreePacketsWhenARouterTells) {
  narrow(true, 1'252);
}
TEST(Neighbours, SurviveAPathNarrowerThanAllOfToday) {
  narrow(false, 600, 80);
}

TEST(Neighbours, LossIsNoNarrowness) {
  Two two(5);
  two.lab.loss = 0.3;
  ASSERT_TRUE(two.link());
  two.lab.run(600s);
  EXPECT_EQ(two.a.interfaces.size(), 1U) << (two.a.ends.empty() ? "" : two.a.ends[0]);
  EXPECT_TRUE(two.a.ends.empty());
  EXPECT_GE(two.a.neighbours.report().at(0).frame_bytes, PathMtu::kBase);
}

TEST(Neighbours, DeathIsNoticedInThreeRounds) {
  Two two;
  ASSERT_TRUE(two.link());
  two.lab.run(10s);
  two.lab.loss = 1;
  const Time cut = two.lab.now;
  ASSERT_TRUE(two.lab.until([&] { return two.a.interfaces.empty(); }, 60s));
  EXPECT_LE(two.lab.now - cut, 41s);
  two.lab.loss = 0;
  EXPECT_TRUE(two.lab.until([&] { return two.a.interfaces.size() == 1; }, 60s));
  const auto history = two.a.neighbours.history(two.b.identity());
  ASSERT_EQ(history.size(), 3U);
  EXPECT_EQ(history[1].reason, "nothing heard in three rounds");
}

TEST(Neighbours, ACarrierThatGoesTakesItsLinksAtOnce) {
  Two two;
  ASSERT_TRUE(two.link());
  two.a.down();
  EXPECT_TRUE(two.a.interfaces.empty());
  EXPECT_EQ(two.a.ends, std::vector<std::string>{"carrier down"});
}

TEST(Neighbours, FollowAnAddressThatChanges) {
  Two two;
  ASSERT_TRUE(two.link());
  two.lab.run(2s);
  two.lab.nodes.erase(two.a.address);
  two.a.address = "10.9.9.9:7";
  two.lab.nodes[two.a.address] = &two.a;
  two.lab.run(15s);
  EXPECT_EQ(two.b.neighbours.report().at(0).link.path.address, "10.9.9.9:7");
  two.b.send_packet(300);
  EXPECT_TRUE(two.lab.until([&] { return two.a.packets.size() == 1; }));
}

TEST(Neighbours, PaceAndTellHowFullTheQueueIs) {
  Two two;
  two.a.bitrate_bps = 80'000;  // 10,000 bytes a second
  ASSERT_TRUE(two.link());
  two.lab.run(5s);
  for (int i = 0; i < 100; ++i)
    two.a.send_packet(1'000, wire::HopPriority::kP3);
  two.lab.run(1s);
  EXPECT_FALSE(two.a.occupancies.empty() && two.b.packets.size() > 20);
  EXPECT_GT(two.a.neighbours.report().at(0).waiting_bytes, 50'000U);
  two.a.send_packet(100, wire::HopPriority::kP0);
  two.lab.run(300ms);
  EXPECT_TRUE(std::any_of(two.b.packets.begin(), two.b.packets.end(), [](const Packet& packet) {
    return packet.traffic.priority == wire::HopPriority::kP0;
  })) << "urgent ones do not wait behind the others";
  two.lab.run(20s);
  EXPECT_EQ(two.b.packets.size(), 101U);
}

TEST(Neighbours, ABusyCarrierHoldsPacketsBack) {
  Two two;
  ASSERT_TRUE(two.link());
  two.lab.run(1s);
  two.a.busy = true;
  two.a.send_packet(100);
  two.lab.run(1s);
  EXPECT_TRUE(two.b.packets.empty());
  two.a.busy = false;
  two.a.neighbours.writable(two.a.carrier, two.lab.now);
  EXPECT_TRUE(two.lab.until([&] { return two.b.packets.size() == 1; }));
}

TEST(Neighbours, ABusyCarrierThatSaysNothingHoldsOnlyWhatWaited) {
  Two two;
  ASSERT_TRUE(two.link());
  two.lab.run(1s);
  two.a.busy = true;
  two.a.send_packet(100);
  two.lab.run(1s);
  two.a.busy = false;  // without a word
  ASSERT_TRUE(two.lab.until([&] { return two.b.packets.size() == 1; }, 30s)) << "the next round";
  two.a.send_packet(100);
  EXPECT_TRUE(two.lab.until([&] { return two.b.packets.size() == 2; }, 100ms)) << "at once again";
}

TEST(Neighbours, RekeyUnderLoadLosesNothing) {
  Two two;
  ASSERT_TRUE(two.link());
  const auto id = two.a.neighbours.report().at(0).link.id;
  std::size_t sent = 0;
  for (int i = 0; i < 1'000; ++i) {
    if (i % 100 == 50) {
      EXPECT_TRUE(two.a.neighbours.rekey(id, two.lab.now));
    }
    sent += two.a.send_packet(500) ? 1U : 0U;
    two.lab.run(1ms);
  }
  two.lab.run(1s);
  EXPECT_EQ(two.b.packets.size(), sent);
  EXPECT_GE(two.a.neighbours.report().at(0).link.epoch, 9U);
}

TEST(Neighbours, StrangersAreNotLetIn) {
  Lab lab;
  LabNode a(lab, "10.0.0.1:1", 1), b(lab, "10.0.0.2:1", 2);
  b.up(false);
  a.up(false);
  a.peer(b, b.identity());
  lab.run(60s);
  EXPECT_TRUE(a.interfaces.empty() && b.interfaces.empty());
  EXPECT_GT(b.counters.value(Counter::kHopUnwelcome), 0U);
}

TEST(Neighbours, SayWhyThereIsNoLink) {
  Lab lab;
  LabNode a(lab, "10.0.0.1:1", 1), b(lab, "10.0.0.2:1", 2);
  a.up(false);
  a.peer(b, a.identity());
  PeerReport peer;
  peer.interface = "lab";
  peer.text = peer.address = b.address;
  peer.carrier = a.carrier;
  peer.state = PeerState::kGreeting;
  a.neighbours.peer(peer);
  lab.run(10s);
  EXPECT_EQ(a.neighbours.peers().at(0).last_failure, "no answer");
  b.up(true);
  lab.run(40s);
  EXPECT_EQ(a.neighbours.peers().at(0).last_failure,
            "somebody else answers there: " + to_hex(b.identity()));
}

std::vector<std::string> trace_of(std::uint64_t seed) {
  Two two(seed);
  two.lab.tracing = true;
  two.lab.loss = 0.1;
  two.link();
  for (int i = 0; i < 100; ++i) {
    two.a.send_packet(100 + static_cast<std::size_t>(i) * 20);
    two.lab.run(20ms);
  }
  return two.lab.trace;
}

TEST(Neighbours, TheSameSeedGivesTheSameFrames) {
  EXPECT_EQ(trace_of(3), trace_of(3));
  EXPECT_NE(trace_of(3), trace_of(4));
}

}  // namespace
}  // namespace mehr::neighbour
