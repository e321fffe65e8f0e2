// Announces beyond what the vectors cover: oversize ones, caps in every mode, hop limits, answers
// that wait beside relays, own announces, signature rations.
#include "controlplane/routing/announces.h"

#include <gtest/gtest.h>

#include "core/wire/path_request.h"
#include "tests/unit/routing/world.h"

namespace mehr::routing {
namespace {

using border::Counter;
using test::kEpoch;
using test::Originator;
using test::World;

const Hash16 kOwn{{0x42}};

TEST(Announces, AnOversizeOneIsSkippedAlone) {
  World world(true, {}, kOwn);
  world.up("A");
  world.up("B");
  Originator big(1);
  Originator small(2);
  world.advance(0);
  world.receive("A", big.announce(kEpoch, 0, std::nullopt, 333));
  world.receive("A", small.announce(kEpoch));
  world.advance(2);
  EXPECT_EQ(world.count(Counter::kAnnounceAccepted), 2u);
  EXPECT_EQ(world.count(Counter::kAnnounceTooLongToRelay), 1u);
  ASSERT_EQ(world.sent_on("B").size(), 1u);
  EXPECT_NE(world.router->path(big.destination()), nullptr);
  // And a request for it cannot be answered either.
  const Hash16 tag{{1}};
  world.receive("B", wire::encode_path_request({big.destination(), std::nullopt, tag.view()}));
  EXPECT_EQ(world.count(Counter::kRequestUnanswerable), 1u);
}

TEST(Announces, TheLargestThatFitsIsRelayed) {
  World world(true, {}, kOwn);
  world.up("A");
  world.advance(0);
  world.receive("A", Originator(1).announce(kEpoch, 0, std::nullopt, 317));
  world.receive("A", Originator(2).announce(kEpoch, 0, std::nullopt, 318));
  world.advance(2);
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_EQ(world.sent[0].raw.size(), 500u);
}

TEST(Announces, OneThatWouldCarry128HopsIsKeptButNotRelayed) {
  World world(true, {}, kOwn);
  world.up("A");
  world.advance(0);
  world.receive("A", Originator(1).announce(kEpoch, 127, Hash16{{9}}));
  world.receive("A", Originator(2).announce(kEpoch, 126, Hash16{{9}}));
  world.advance(2);
  EXPECT_EQ(world.router->tables().paths, 2u);
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_EQ(world.sent[0].raw[1], 127);
}

TEST(Announces, TheCapHoldsInEveryMode) {
  for (const auto mode :
       {InterfaceMode::kFull, InterfaceMode::kPointToPoint, InterfaceMode::kRoaming,
        InterfaceMode::kBoundary, InterfaceMode::kGateway, InterfaceMode::kInternal}) {
    World world(true, {}, kOwn);
    InterfaceTraits wire;
    wire.ingress_control = false;
    wire.outgoing = false;
    world.up("wire", wire);
    InterfaceTraits slow;
    slow.mode = mode;
    slow.bitrate_bps = 1'200;
    world.up("radio", slow);
    world.advance(0);
    for (std::uint64_t i = 0; i < 5; ++i)
      world.receive("wire", Originator(i).announce(kEpoch));
    world.advance(2);
    EXPECT_EQ(world.sent_on("radio").size(), 1u) << mode_name(mode);
    EXPECT_EQ(world.router->tables().queued, 4u) << mode_name(mode);
  }
}

TEST(Announces, UnknownBitRateMakesThemWaitUntilItIsKnown) {
  World world(true, {}, kOwn);
  InterfaceTraits radio;
  radio.bitrate_bps = 0;
  world.up("wire");
  world.up("radio", radio);
  world.advance(0);
  world.receive("wire", Originator(1).announce(kEpoch));
  world.advance(20);
  EXPECT_TRUE(world.sent_on("radio").empty());
  EXPECT_EQ(world.router->next_due(),
            Time::max() == world.router->next_due() ? Time::max() : world.router->next_due());
  radio.bitrate_bps = 3'125;
  radio.name = "radio";
  world.router->interface_changed(world.ids["radio"], radio, world.time());
  world.advance(21);
  EXPECT_EQ(world.sent_on("radio").size(), 1u);
}

TEST(Announces, ANewerEmissionReplacesTheQueuedOne) {
  AnnounceQueue queue(4, 1'200, 0.02);
  const Time now = Time{} + 1h;
  const auto packet = [](std::uint8_t fill) {
    return std::make_shared<const Bytes>(Bytes(100, fill));
  };
  const Hash16 first{{1}};
  const Hash16 second{{2}};
  const Hash16 third{{3}};
  EXPECT_EQ(queue.offer(first, packet(1), 1, 10, now), AnnounceQueue::Offer::kSendNow);
  EXPECT_EQ(queue.offer(second, packet(2), 1, 10, now), AnnounceQueue::Offer::kQueued);
  EXPECT_EQ(queue.offer(third, packet(3), 1, 10, now), AnnounceQueue::Offer::kQueued);
  EXPECT_EQ(queue.offer(second, packet(4), 1, 10, now), AnnounceQueue::Offer::kAlreadyQueued);
  EXPECT_EQ(queue.offer(second, packet(5), 0, 11, now), AnnounceQueue::Offer::kReplaced);
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue.take(now), nullptr);
  EXPECT_EQ(queue.take(queue.next_due())->front(), 5);
  EXPECT_FALSE(queue.charge_request(67, queue.next_due()));
  EXPECT_EQ(queue.take(queue.next_due() + 25h), nullptr);  // over a day old
  EXPECT_EQ(queue.next_due(), kNever);
}

TEST(Announces, TheQueueHasItsCap) {
  AnnounceQueue queue(2, 1'200, 0.02);
  const auto packet = std::make_shared<const Bytes>(Bytes(100));
  const Time now = Time{} + 1h;
  for (std::uint8_t i = 0; i < 3; ++i)
    queue.offer(Hash16{{i}}, packet, 1, 1, now);
  EXPECT_EQ(queue.offer(Hash16{{9}}, packet, 1, 1, now), AnnounceQueue::Offer::kFull);
  EXPECT_EQ(queue.size(), 2u);
}

TEST(Announces, ARelayStandsBackWhileAnAnswerWaits) {
  AnnounceTable table(16);
  const Time now = Time{} + 1h;
  const Hash16 destination{{1}};
  const auto packet = std::make_shared<const Bytes>(Bytes(100));
  table.relay(destination, InterfaceId{1}, {packet, 1, 1, now + 250ms});
  table.answer(destination, InterfaceId{2}, now + 400ms);
  const auto first = table.check(now + 500ms);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(first[0].only);
  EXPECT_TRUE(table.check(now + 1'500ms).empty());
  const auto second = table.check(now + 1'501ms);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_FALSE(second[0].only);
}

TEST(Announces, WhoseTypeIsNotSingleAreDropped) {
  World world(true, {}, kOwn);
  world.up("A");
  Bytes raw = Originator(1).announce(kEpoch);
  raw[0] |= 0x0C;
  world.receive("A", raw);
  EXPECT_EQ(world.count(Counter::kAnnounceWrongType), 1u);
  EXPECT_EQ(world.router->tables().paths, 0u);
}

TEST(Announces, OwnOnesGoEverywhereButToAccessPoints) {
  World world(true, {}, kOwn);
  InterfaceTraits traits;
  world.up("full");
  traits.mode = InterfaceMode::kAccessPoint;
  world.up("ap", traits);
  traits.mode = InterfaceMode::kRoaming;
  world.up("roaming", traits);
  traits.outgoing = false;
  world.up("silent", traits);
  Originator own(1);
  world.router->add_local_destination(own.destination());
  const Bytes raw = own.announce(kEpoch);
  world.router->announce(raw, std::nullopt, world.time());
  ASSERT_EQ(world.sent.size(), 2u);
  EXPECT_EQ(world.sent[0].interface, "full");
  EXPECT_EQ(world.sent[1].interface, "roaming");
  world.router->announce(raw, world.ids["ap"], world.time());
  EXPECT_EQ(world.sent_on("ap").size(), 1u);
  // Its echo changes nothing.
  world.receive("full", Originator::carried(raw, 1, Hash16{{9}}));
  EXPECT_EQ(world.count(Counter::kAnnounceOwn), 1u);
  EXPECT_EQ(world.router->tables().paths, 0u);
}

TEST(Announces, NodesThatDoNotTransportLearnButRelayNothing) {
  World world(false, {}, kOwn);
  world.up("A");
  world.up("B");
  Originator origin(1);
  world.advance(0);
  world.receive("A", origin.announce(kEpoch));
  world.advance(10);
  EXPECT_EQ(world.heard.size(), 1u);
  EXPECT_TRUE(world.sent.empty());
  world.receive("B",
                test::in_transport(kOwn, origin.destination(), wire::PacketType::kData, Bytes(20)));
  EXPECT_EQ(world.count(Counter::kDataNotForUs), 1u);
  const Hash16 tag{{1}};
  world.receive("B", wire::encode_path_request({origin.destination(), std::nullopt, tag.view()}));
  EXPECT_EQ(world.count(Counter::kRequestUnknown), 1u);
  world.advance(20);
  EXPECT_TRUE(world.sent.empty());
}

}  // namespace
}  // namespace mehr::routing
