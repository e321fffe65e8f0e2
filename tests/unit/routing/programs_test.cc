// Programs on this host: no hop to them, announces at once both ways, what has no transport id and
// is theirs, what they ask for, and broadcasts.
#include <gtest/gtest.h>

#include <map>

#include "core/wire/path_request.h"
#include "tests/unit/routing/world.h"

namespace mehr::routing {
namespace {

using border::Counter;
using test::kEpoch;
using test::Originator;
using test::World;

const Hash16 kOwn{{0x42}};

class Programs : public ::testing::Test {
 protected:
  Programs() : world(true, {}, kOwn) {
    InterfaceTraits program;
    program.program = true;
    program.ingress_control = false;
    program.recursive_path_requests = true;
    world.up("wire");
    world.up("mail", program);
    world.up("chat", program);
    world.advance(0);
  }
  /// A data packet to `destination` without transport id.
  static Bytes data_for(const DestinationHash& destination, std::uint8_t hops) {
    return concat({Bytes{0x00, hops}, destination.view(), Bytes{0x00}, Bytes(64, 0x55)});
  }
  World world;
};

TEST_F(Programs, AnAnnounceOfOneLeavesOnceAndAtOnceAsIfItWereOurs) {
  Originator mail(1);
  world.receive("mail", mail.announce(kEpoch));
  EXPECT_EQ(world.router->path(mail.destination())->hops, 0);
  ASSERT_EQ(world.sent_on("chat").size(), 1U);  // in the same moment
  EXPECT_EQ(world.sent_on("chat")[0][1], 0);
  EXPECT_TRUE(world.sent_on("mail").empty());
  world.advance(1.5);
  ASSERT_EQ(world.sent_on("wire").size(), 1U);
  EXPECT_EQ(world.sent_on("wire")[0][1], 0);
  world.advance(30);
  EXPECT_EQ(world.sent_on("wire").size(), 1U);
  EXPECT_EQ(world.sent_on("chat").size(), 1U);
}

TEST_F(Programs, TheyHearAnnouncesWhenWeDo) {
  Originator far(2);
  world.receive("wire", far.announce(kEpoch, 3, Hash16{{9}}));
  for (const auto* const name : {"mail", "chat"}) {
    ASSERT_EQ(world.sent_on(name).size(), 1U) << name;
    EXPECT_EQ(world.sent_on(name)[0][1], 4) << name;
  }
  world.advance(30);
  EXPECT_EQ(world.sent_on("mail").size(), 1U);
}

TEST_F(Programs, WhatHasNoTransportIdReachesThemAndNobodyElse) {
  Originator mail(1);
  Originator far(2);
  world.receive("mail", mail.announce(kEpoch));
  world.receive("wire", far.announce(kEpoch));
  world.sent.clear();
  const Bytes packet = data_for(mail.destination(), 0);
  world.receive("wire", packet);
  ASSERT_EQ(world.sent_on("mail").size(), 1U);
  EXPECT_EQ(world.sent_on("mail")[0][1], 1);
  world.receive("wire", data_for(far.destination(), 0));
  EXPECT_EQ(world.sent.size(), 1U);
  // And its proof goes back, with no hop added.
  const Hash16 proved = crypto::truncate(crypto::packet_hash(packet));
  world.receive("mail", concat({Bytes{0x03, 0}, proved.view(), Bytes{0x00}, Bytes(64, 0x66)}));
  ASSERT_EQ(world.sent_on("wire").size(), 1U);
  EXPECT_EQ(world.sent_on("wire")[0][1], 0);
}

TEST_F(Programs, WhatTheyAskForIsLookedUpAndAnsweredAtOnce) {
  Originator far(2);
  const Hash16 tag{{1}};
  world.receive("mail", wire::encode_path_request({far.destination(), std::nullopt, tag.view()}));
  ASSERT_EQ(world.sent_on("wire").size(), 1U);
  world.receive("wire", far.announce(kEpoch, 0, std::nullopt, 0, wire::Context::kPathResponse));
  EXPECT_FALSE(world.sent_on("mail").empty());
}

TEST_F(Programs, TheyAreAskedForWhatNobodyKnows) {
  const Hash16 tag{{1}};
  world.receive("wire", wire::encode_path_request({Hash16{{7}}, std::nullopt, tag.view()}));
  EXPECT_EQ(world.sent_on("mail").size(), 1U);
  EXPECT_EQ(world.sent_on("chat").size(), 1U);
  EXPECT_TRUE(world.sent_on("wire").empty());
}

TEST_F(Programs, BroadcastsPassBetweenThemAndTheInterfaces) {
  const Bytes plain = concat({Bytes{0x08, 0}, Hash16{{5}}.view(), Bytes{0x00}, Bytes(10, 1)});
  world.receive("mail", plain);
  EXPECT_EQ(world.sent_on("wire").size(), 1U);
  EXPECT_EQ(world.sent_on("chat").size(), 1U);
  world.sent.clear();
  const Bytes other = concat({Bytes{0x08, 0}, Hash16{{6}}.view(), Bytes{0x00}, Bytes(10, 2)});
  world.receive("wire", other);
  EXPECT_EQ(world.sent_on("mail").size(), 1U);
  EXPECT_TRUE(world.sent_on("wire").empty());
}

/// A hop link beside the programs: nothing that leaves there tells where it started (SC-124).
class ProgramsBesideHopLinks : public Programs {
 protected:
  ProgramsBesideHopLinks() {
    InterfaceTraits hop;
    hop.hop_link = true;
    hop.neighbour = kNext;
    hop.hardware_mtu = 1'200;
    hop.ingress_control = false;
    world.up("hop", hop);
    hop.neighbour = kOther;
    world.up("other", hop);
  }
  /// How often what `send` makes leave on "hop" starts at each hop count, over many destinations.
  template <typename Send>
  std::map<int, int> starts(Send send) {
    std::map<int, int> counts;
    for (std::uint64_t seed = 100; seed < 148; ++seed) {
      const auto before = world.sent_on("hop").size();
      send(seed);
      const auto sent = world.sent_on("hop");
      EXPECT_GT(sent.size(), before);
      if (sent.size() > before) ++counts[sent.back()[1]];
    }
    return counts;
  }
  static Bytes addressed(const DestinationHash& destination, wire::PacketType type, ByteView data) {
    return test::in_transport(kOwn, destination, type, data);
  }
  /// The destination is known over "hop".
  Originator known(std::uint64_t seed) {
    Originator far(seed);
    world.receive("hop", far.announce(kEpoch, 3, kNext));
    return far;
  }
  static constexpr Hash16 kNext{{0x77}}, kOther{{0x78}};
};

void spread_over_many(const std::map<int, int>& counts) {
  EXPECT_GT(counts.size(), 10U);
  EXPECT_LE(counts.rbegin()->first, 23);
  EXPECT_LT(counts.contains(0) ? counts.at(0) : 0, 10) << "not told by a zero";
}

TEST_F(ProgramsBesideHopLinks, TheirAnnouncesStartAtAnOffset) {
  spread_over_many(starts([&](std::uint64_t seed) {
    Originator mail(seed);
    world.receive("mail", mail.announce(kEpoch));
    world.advance(world.now() + 3);
    EXPECT_EQ(world.sent_on("wire").back()[1], 0) << "as the reference does";
  }));
}

TEST_F(ProgramsBesideHopLinks, TheirPacketsStartAtTheOffsetOfTheDestination) {
  spread_over_many(starts([&](std::uint64_t seed) {
    const Originator far = known(seed);
    int first = -1;
    for (std::uint8_t fill = 0; fill < 2; ++fill) {
      world.receive("mail", addressed(far.destination(), wire::PacketType::kData, Bytes(64, fill)));
      const int start = world.sent_on("hop").back()[1];
      if (fill > 0) {
        EXPECT_EQ(start, first) << "constant per destination and link";
      }
      first = start;
    }
  }));
}

TEST_F(ProgramsBesideHopLinks, TheirLinksKeepTheOffsetOfTheirDestination) {
  spread_over_many(starts([&](std::uint64_t seed) {
    const Originator far = known(seed);
    const Bytes request =
        addressed(far.destination(), wire::PacketType::kLinkRequest, Bytes(64, 0x11));
    world.receive("mail", request);
    const int start = world.sent_on("hop").back()[1];
    const LinkId link = crypto::link_id(request);
    const Bytes data = concat({Bytes{0x0C, 0}, link.view(), Bytes{0x00}, Bytes(48, 0x22)});
    world.receive("mail", data);
    EXPECT_EQ(world.sent_on("hop").back()[1], start);
    EXPECT_EQ(world.sent_on("hop").back().size(), data.size());
  }));
}

TEST_F(ProgramsBesideHopLinks, TheirProofsStartAtTheOffsetOfWhatTheyProve) {
  spread_over_many(starts([&](std::uint64_t seed) {
    Originator mail(seed);
    world.receive("mail", mail.announce(kEpoch));
    world.advance(world.now() + 3);
    const int announced = world.sent_on("hop").back()[1];
    const Bytes packet = addressed(mail.destination(), wire::PacketType::kData, Bytes(64, 0x33));
    world.receive("hop", packet);
    const Hash16 proved = crypto::truncate(crypto::packet_hash(packet));
    world.receive("mail", concat({Bytes{0x03, 0}, proved.view(), Bytes{0x00}, Bytes(64, 0x44)}));
    EXPECT_EQ(world.sent_on("hop").back()[1], announced);
    EXPECT_EQ(world.sent_on("hop").back()[0] & 0x03, 0x03);
  }));
}

}  // namespace
}  // namespace mehr::routing
