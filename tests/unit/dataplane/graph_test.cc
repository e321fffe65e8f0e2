// Bursts of real sealed frames through all stages: what comes out, byte for byte, and why the rest
// does not.
#include "core/crypto/hash.h"
#include "tests/unit/dataplane/rig.h"

namespace mehr::dataplane::test {
namespace {

using border::Counter;

TEST(Graph, RelaysAlongAPathAndExchangesTheTransportId) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, false);
  const Bytes packet = rig.transport_packet(destination, 4, 100);
  rig.burst({Rig::sealed(1, 0, run_of({{0x40, 9, packet}}))});

  ASSERT_EQ(rig.recorder.sent.size(), 1u);
  EXPECT_EQ(rig.recorder.sent[0].to, 3);
  Bytes expected = packet;
  expected[1] = 5;
  const Hash16 next = rig.flows.next_hops[0].transport_id;
  std::copy(next.bytes.begin(), next.bytes.end(), expected.begin() + 2);
  EXPECT_EQ(rig.opened(rig.recorder.sent[0]), run_of({{0x40, 0, expected}}))
      << "the price byte is between two neighbours";
  EXPECT_EQ(rig.count(Counter::kDataRelayed), 1u);
}

TEST(Graph, TakesTheTransportIdAwayOnTheLastHop) {
  Rig rig;
  const Hash16 destination = rig.add_path(2, true);
  const Bytes packet = rig.transport_packet(destination, 0, 64);
  rig.burst({Rig::sealed(1, 0, run_of({{0, 0, packet}}))});
  ASSERT_EQ(rig.recorder.sent.size(), 1u);
  Bytes expected{static_cast<std::uint8_t>(packet[0] & 0x0F), 1};
  append(expected, ByteView(packet).subspan(18));
  EXPECT_EQ(rig.opened(rig.recorder.sent[0]), run_of({{0, 0, expected}}));
}

TEST(Graph, CarriesALinkBothWaysAndOnlyWithTheRightHops) {
  Rig rig;
  const Hash16 link = rig.add_link({1, 2, 3, 5});
  const Bytes down = rig.link_packet(link, 2, 50), up = rig.link_packet(link, 4, 50);
  rig.burst({Rig::sealed(1, 0, run_of({{0, 0, down}})), Rig::sealed(2, 0, run_of({{0, 0, up}})),
             Rig::sealed(1, 1, run_of({{0, 0, rig.link_packet(link, 4, 50)}})),
             Rig::sealed(4, 0, run_of({{0, 0, rig.link_packet(link, 2, 50)}}))});
  ASSERT_EQ(rig.recorder.sent.size(), 2u);
  EXPECT_EQ(rig.recorder.sent[0].to, 2);
  EXPECT_EQ(rig.recorder.sent[1].to, 1);
  Bytes expected = down;
  expected[1] = 3;
  EXPECT_EQ(rig.opened(rig.recorder.sent[0]), run_of({{0, 0, expected}}));
  EXPECT_EQ(rig.count(Counter::kLinkRelayed), 2u);
  EXPECT_EQ(rig.count(Counter::kLinkWrongHops), 1u);
  EXPECT_EQ(rig.count(Counter::kLinkWrongInterface), 1u);
}

TEST(Graph, PacketsForOneNeighbourShareAFrameInOrderOfPriority) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, true);
  std::vector<Bytes> frames;
  std::vector<Record> expected;
  for (std::uint8_t i = 0; i < 4; ++i) {
    const Bytes packet = rig.transport_packet(destination, 0, 20);
    const auto hop_class = static_cast<std::uint8_t>((3 - i) << 6);
    frames.push_back(Rig::sealed(1, i, run_of({{hop_class, i, packet}})));
    Bytes leaves{static_cast<std::uint8_t>(packet[0] & 0x0F), 1};
    append(leaves, ByteView(packet).subspan(18));
    expected.insert(expected.begin(), {hop_class, 0, leaves});
  }
  rig.burst(frames);
  ASSERT_EQ(rig.recorder.sent.size(), 1u);
  EXPECT_EQ(rig.opened(rig.recorder.sent[0]), run_of(expected));
}

// Packets join the frame of the first one where it lies: no buffer is taken, and what no longer
// fits behind it begins the next frame in its own.
TEST(Graph, PacketsJoinTheFrameOfTheFirstOneInPlace) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, false);
  std::vector<Bytes> frames, packets;
  for (std::uint64_t i = 0; i < 5; ++i) {
    packets.push_back(rig.transport_packet(destination, 0, 400));
    frames.push_back(Rig::sealed(1, i, run_of({{0x40, 0, packets.back()}})));
  }
  rig.pool.left = 0;
  rig.burst(frames);
  ASSERT_EQ(rig.recorder.sent.size(), 2u);
  Bytes carried;
  for (const Sent& sent : rig.recorder.sent)
    append(carried, rig.opened(sent));
  std::vector<Record> expected;
  for (Bytes& packet : packets) {
    packet[1] = 1;
    std::copy(rig.flows.next_hops[0].transport_id.bytes.begin(),
              rig.flows.next_hops[0].transport_id.bytes.end(), packet.begin() + 2);
    expected.push_back({0x40, 0, packet});
  }
  EXPECT_EQ(carried, run_of(expected));
  EXPECT_EQ(rig.pool.left, 5u);
}

TEST(Graph, ABufferWithoutTailIsNotWrittenBeyond) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, true);
  auto burst = std::make_unique<Burst>();
  burst->now = rig.now;
  for (std::uint64_t i = 0; i < 3; ++i) {
    const Bytes packet = rig.transport_packet(destination, 0, 20);
    Frame frame = rig.pool.received(Rig::sealed(1, i, run_of({{0x40, 0, packet}})));
    frame.tailroom = 0;
    burst->in[burst->in_count++] = frame;
  }
  run(rig.worker, *burst);
  // Sixteen bytes of header left each packet, which is less than another record.
  EXPECT_EQ(rig.recorder.sent.size(), 3u);
  EXPECT_EQ(rig.pool.living(), 0u);
}

TEST(Graph, TakesManyRecordsOutOfOneFrame) {
  Rig rig;
  std::vector<Record> records;
  std::map<NeighbourIndex, std::size_t> expected;
  for (unsigned i = 0; i < 150; ++i) {
    const auto to = static_cast<NeighbourIndex>(2 + i % 5);
    records.push_back({0x80, 0, {}});
    records.back().body = rig.link_packet(rig.add_link({1, to, 1, 1}), 0, i % 3);
    ++expected[to];
  }
  const Bytes frame = Rig::sealed(1, 0, run_of(records));
  ASSERT_LE(frame.size(), 65'535u);
  rig.burst({Rig::sealed(1, 0, run_of({records.begin(), records.begin() + 75})),
             Rig::sealed(1, 1, run_of({records.begin() + 75, records.end()}))});
  std::map<NeighbourIndex, std::size_t> got;
  for (const Sent& sent : rig.recorder.sent) {
    const Bytes plain = rig.opened(sent);
    EXPECT_TRUE(wire::decode_hop_records(plain, [&](const wire::HopRecord&) { ++got[sent.to]; }));
  }
  EXPECT_EQ(got, expected);
  EXPECT_EQ(rig.count(Counter::kLinkRelayed), 150u);
}

TEST(Graph, ChangesNothingForAFrameThatDoesNotVerify) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, true);
  const Bytes packet = rig.transport_packet(destination, 0, 20);
  Bytes forged = Rig::sealed(1, 9'000, run_of({{0, 0, packet}}));
  forged.back() ^= 1;
  rig.burst({forged});
  EXPECT_EQ(rig.count(Counter::kHopForged), 1u);
  // The window did not move: a frame far behind the forged one is still fresh.
  rig.burst({Rig::sealed(1, 0, run_of({{0, 0, packet}}))});
  EXPECT_EQ(rig.recorder.sent.size(), 1u);
}

TEST(Graph, TakesAFrameOnceEvenWithinABurst) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, true);
  const Bytes frame = Rig::sealed(1, 5, run_of({{0, 0, rig.transport_packet(destination, 0, 20)}}));
  rig.burst({frame, frame});
  rig.burst({frame});
  EXPECT_EQ(rig.recorder.sent.size(), 1u);
  EXPECT_EQ(rig.count(Counter::kHopReplay), 2u);
}

TEST(Graph, LanesHaveWindowsOfTheirOwn) {
  Rig rig;
  const Bytes records = run_of({{0, 0, rig.transport_packet(rig.add_path(3, true), 0, 20)}});
  rig.burst({Rig::sealed(1, 5, records, 0), Rig::sealed(1, 5, records, 1),
             Rig::sealed(1, 5, records, 2)});
  EXPECT_EQ(rig.count(Counter::kHopOpened), 2u);
  EXPECT_EQ(rig.count(Counter::kHopBadLane), 1u);
}

TEST(Graph, HandsUpWhatItDoesNotDecide) {
  Rig rig;
  Bytes announce = rig.transport_packet(rig.random.fixed<16>(), 0, 167);
  announce[0] = static_cast<std::uint8_t>((announce[0] & 0xFC) | 1);
  const Bytes unknown = rig.transport_packet(rig.random.fixed<16>(), 0, 30);
  const Bytes hello = concat({Bytes{wire::hop_first_byte(wire::HopFrameType::kHello)}, Bytes(203)});
  const Bytes control =
      run_of({{0x41, static_cast<std::uint8_t>(wire::HopControl::kPathCost), {}}, {0, 0, unknown}});
  rig.burst({Rig::sealed(1, 0, run_of({{0, 0, announce}})),
             Rig::sealed(1, 1, run_of({{0, 0, unknown}})), hello, Rig::sealed(2, 0, control)});
  EXPECT_EQ(rig.recorder.punted, (std::vector<Bytes>{announce, unknown}));
  EXPECT_EQ(rig.recorder.strangers, std::vector<Bytes>{hello});
  ASSERT_EQ(rig.recorder.control.size(), 1u);
  EXPECT_EQ(rig.recorder.control[0], (std::pair<NeighbourIndex, Bytes>(2, control)));
  EXPECT_TRUE(rig.recorder.sent.empty());
}

TEST(Graph, PaddingAndKeepAlivesEndHere) {
  Rig rig;
  const Bytes packet = rig.transport_packet(rig.add_path(3, true), 0, 20);
  rig.burst({Rig::sealed(1, 0, run_of({{0, 0, packet}, {0x01, 0, Bytes(40)}})),
             Rig::sealed(1, 1, run_of({{0x01, 1, {}}}))});
  EXPECT_EQ(rig.recorder.sent.size(), 1u);
  EXPECT_TRUE(rig.recorder.control.empty());
}

TEST(Graph, RefusesWhatTheRouterRefuses) {
  Rig rig;
  rig.flows.locals_complete = true;
  Bytes other = rig.transport_packet(rig.add_path(3, true), 0, 20);
  other[2] ^= 1;
  Bytes plain = rig.link_packet(rig.random.fixed<16>(), 1, 10);
  plain[0] = static_cast<std::uint8_t>((plain[0] & ~0x0C) | 0x08);
  Bytes direct = rig.link_packet(rig.random.fixed<16>(), 0, 10);
  direct[0] = static_cast<std::uint8_t>(direct[0] & ~0x0C);
  const Bytes far = rig.transport_packet(rig.add_path(3, true), 127, 20);
  const Bytes farther = rig.transport_packet(rig.add_path(3, true), 128, 20);
  rig.burst({Rig::sealed(1, 0,
                         run_of({{0, 0, Bytes(18)},
                                 {0, 0, other},
                                 {0, 0, plain},
                                 {0, 0, direct},
                                 {0, 0, far},
                                 {0, 0, farther}}))});
  EXPECT_EQ(rig.count(Counter::kPacketMalformed), 2u);
  EXPECT_EQ(rig.count(Counter::kPacketOtherTransport), 1u);
  EXPECT_EQ(rig.count(Counter::kPacketPlainHops), 1u);
  EXPECT_EQ(rig.count(Counter::kDataNotForUs), 1u);
  EXPECT_EQ(rig.count(Counter::kPacketHopLimit), 1u);
  EXPECT_EQ(rig.count(Counter::kPacketReceived), 6u);
  EXPECT_TRUE(rig.recorder.sent.empty() && rig.recorder.punted.empty());
}

TEST(Graph, StopsAtTheHardStopAndWithoutBuffers) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, true);
  const auto packet = [&] { return rig.transport_packet(destination, 0, 20); };
  rig.worker.neighbours[3].send.bytes_left = 0;
  rig.burst({Rig::sealed(1, 0, run_of({{0, 0, packet()}}))});
  EXPECT_EQ(rig.count(Counter::kHopKeysSpent), 1u);
  rig.worker.neighbours[3].send.bytes_left = 10'000;
  rig.pool.left = 0;
  rig.burst({Rig::sealed(1, 1, run_of({{0, 0, packet()}, {0, 0, packet()}}))});
  EXPECT_EQ(rig.count(Counter::kTxQueueFull), 2u);
  rig.now = Rig::kStop;
  rig.burst({Rig::sealed(1, 2, run_of({{0, 0, packet()}}))});
  EXPECT_EQ(rig.count(Counter::kHopExpired), 1u);
  EXPECT_TRUE(rig.recorder.sent.empty());
}

TEST(Graph, CountsEveryFrameAndEveryPacketOnce) {
  Rig rig;
  std::vector<Hash16> known;
  for (NeighbourIndex i = 0; i < Rig::kNeighbours; ++i) {
    known.push_back(rig.add_path(i, (i & 1) != 0));
    known.push_back(rig.add_link({i, static_cast<NeighbourIndex>(i ^ 1), 1, 1}));
  }
  std::uint64_t packets = 0, frames = 0;
  std::vector<std::uint64_t> sequence(Rig::kNeighbours);
  for (int round = 0; round < 200; ++round) {
    std::vector<Bytes> in;
    for (std::size_t f = rig.random.below(kBurst); f > 0; --f) {
      std::vector<Record> records;
      for (std::size_t r = rig.random.below(4); r > 0; --r) {
        const Hash16& destination = known[rig.random.below(known.size())];
        Bytes packet = rig.random.below(2) == 0 ? rig.transport_packet(destination, 0, 40)
                                                : rig.link_packet(destination, 0, 40);
        for (std::size_t flips = rig.random.below(4) / 3; flips > 0; --flips)
          packet[rig.random.below(20)] ^= static_cast<std::uint8_t>(1u << rig.random.below(8));
        records.push_back({static_cast<std::uint8_t>(rig.random.below(4) << 6), 0, packet});
      }
      const auto from = static_cast<NeighbourIndex>(rig.random.below(Rig::kNeighbours));
      in.push_back(Rig::sealed(from, sequence[from]++, run_of(records)));
      packets += records.size();
      ++frames;
    }
    rig.burst(in);
  }
  EXPECT_EQ(rig.count(Counter::kRxFrames), frames);
  EXPECT_EQ(rig.count(Counter::kPacketReceived) + rig.recorder.punted.size(), packets);
  std::uint64_t left = 0;
  for (const Sent& sent : rig.recorder.sent) {
    wire::decode_hop_records(rig.opened(sent), [&](const wire::HopRecord&) { ++left; });
  }
  EXPECT_EQ(left, rig.count(Counter::kDataRelayed) + rig.count(Counter::kLinkRelayed));
  EXPECT_GT(left, packets / 8);
}

TEST(Graph, TakesNoPacketTwice) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, false);
  const Bytes packet = rig.transport_packet(destination, 4, 100);
  Bytes farther = packet;  // the same packet, come another way
  farther[1] = 9;
  rig.burst({Rig::sealed(1, 0, run_of({{0, 0, packet}, {0, 0, packet}})),
             Rig::sealed(2, 0, run_of({{0, 0, farther}}))});
  EXPECT_EQ(rig.count(Counter::kPacketDuplicate), 2u) << "within a burst";
  rig.burst({Rig::sealed(2, 1, run_of({{0, 0, farther}}))});
  EXPECT_EQ(rig.count(Counter::kPacketDuplicate), 3u) << "later";
  EXPECT_EQ(rig.count(Counter::kDataRelayed), 1u);
}

TEST(Graph, PacketsOnALinkCountAsSeenOnceItWasOurTurn) {
  Rig rig;
  const Hash16 link = rig.add_link({1, 2, 3, 5});
  const Bytes down = rig.link_packet(link, 2, 50);
  rig.burst({Rig::sealed(4, 0, run_of({{0, 0, down}}))});
  EXPECT_EQ(rig.count(Counter::kLinkWrongInterface), 1u);
  rig.burst({Rig::sealed(1, 0, run_of({{0, 0, down}}))});
  EXPECT_EQ(rig.count(Counter::kLinkRelayed), 1u) << "what was overheard elsewhere hides nothing";
  rig.burst({Rig::sealed(1, 1, run_of({{0, 0, down}})), Rig::sealed(4, 1, run_of({{0, 0, down}}))});
  EXPECT_EQ(rig.count(Counter::kPacketDuplicate), 2u);
}

TEST(Graph, APacketOfTheSameBurstIsADuplicateEvenWhereItWouldBeRefused) {
  Rig rig;
  const Hash16 link = rig.add_link({1, 2, 3, 5});
  const Bytes down = rig.link_packet(link, 2, 50);
  rig.burst({Rig::sealed(1, 0, run_of({{0, 0, down}})), Rig::sealed(4, 0, run_of({{0, 0, down}}))});
  EXPECT_EQ(rig.count(Counter::kLinkRelayed), 1u);
  EXPECT_EQ(rig.count(Counter::kPacketDuplicate), 1u);
  EXPECT_EQ(rig.count(Counter::kLinkWrongInterface), 0u);
}

TEST(Graph, ResourcePartsMayComeTwice) {
  Rig rig;
  const Hash16 link = rig.add_link({1, 2, 3, 5});
  Bytes part = rig.link_packet(link, 2, 50);
  part[18] = static_cast<std::uint8_t>(wire::Context::kResource);
  rig.burst({Rig::sealed(1, 0, run_of({{0, 0, part}, {0, 0, part}}))});
  EXPECT_EQ(rig.count(Counter::kLinkRelayed), 2u);
}

/// Header type 1 proof of `packet`.
Bytes proof_of(Rig& rig, const Bytes& packet, std::uint8_t hops) {
  wire::Packet proof;
  proof.packet_type = wire::PacketType::kProof;
  proof.destination = crypto::truncate(crypto::packet_hash(packet));
  proof.hops = hops;
  const Bytes body = rig.body_of(64);
  proof.data = body;
  return wire::encode_packet(proof);
}

TEST(Graph, AProofGoesBackOnceFromWhereItsPacketWent) {
  for (const bool last : {false, true}) {
    Rig rig;
    const Hash16 destination = rig.add_path(3, last);
    const Bytes packet = rig.transport_packet(destination, 4, 100);
    rig.burst({Rig::sealed(1, 0, run_of({{0, 0, packet}}))});
    rig.burst({Rig::sealed(2, 0, run_of({{0, 0, proof_of(rig, packet, 7)}}))});
    EXPECT_EQ(rig.count(Counter::kProofWrongInterface), 1u);
    rig.burst({Rig::sealed(3, 0, run_of({{0, 0, proof_of(rig, packet, wire::kMaxHops - 1)}}))});
    EXPECT_EQ(rig.count(Counter::kPacketHopLimit), 1u) << "and the entry stays";
    const Bytes proof = proof_of(rig, packet, 7);
    rig.burst({Rig::sealed(3, 1, run_of({{0, 0, proof}}))});
    ASSERT_EQ(rig.recorder.sent.size(), 2u);
    EXPECT_EQ(rig.recorder.sent[1].to, 1);
    Bytes expected = proof;
    expected[1] = 8;
    EXPECT_EQ(rig.opened(rig.recorder.sent[1]), run_of({{0, 0, expected}}));
    EXPECT_EQ(rig.count(Counter::kProofRelayed), 1u);
    rig.burst({Rig::sealed(3, 2, run_of({{0, 0, proof_of(rig, packet, 7)}}))});
    EXPECT_EQ(rig.recorder.punted.size(), 1u) << "spent: perhaps somebody else's";
  }
}

TEST(Graph, AProofAndItsPacketInOneBurstKeepTheirOrder) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, false);
  const Bytes packet = rig.transport_packet(destination, 4, 100);
  const Bytes early = proof_of(rig, packet, 1), late = proof_of(rig, packet, 2);
  rig.burst({Rig::sealed(3, 0, run_of({{0, 0, early}})),
             Rig::sealed(1, 0, run_of({{0, 0, packet}})),
             Rig::sealed(3, 1, run_of({{0, 0, late}}))});
  EXPECT_EQ(rig.recorder.punted, std::vector<Bytes>{early});
  EXPECT_EQ(rig.count(Counter::kProofRelayed), 1u);
}

TEST(Graph, AsksTheControlPlaneWhatTheFlowsDoNotSettle) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, false);
  const Hash16 link = rig.add_link({1, 2, 3, 5});
  const Bytes cheapest = rig.transport_packet(destination, 4, 100);
  const Bytes backward = rig.transport_packet(destination, 4, 100);
  const Bytes large = rig.transport_packet(destination, 4, 1'380);
  std::vector<Bytes> expected{cheapest, backward, large};
  rig.burst({Rig::sealed(1, 0, run_of({{1 << 3, 0, cheapest}})),
             Rig::sealed(3, 0, run_of({{0, 0, backward}})),
             Rig::sealed(1, 1, run_of({{0, 0, large}}))});
  rig.flows.room[2] = rig.flows.room[3] = 0;  // congested
  for (const Bytes& packet :
       {rig.transport_packet(destination, 4, 10), rig.link_packet(link, 2, 10)}) {
    expected.push_back(packet);
    rig.burst({Rig::sealed(1, expected.size(), run_of({{0, 0, packet}}))});
  }
  EXPECT_EQ(rig.recorder.punted, expected);
  EXPECT_TRUE(rig.recorder.sent.empty());
  EXPECT_EQ(rig.count(Counter::kPacketReceived), 0u) << "counted by who decides";
}

TEST(Graph, UrgentPacketsOverTheBudgetGoOnAsOrdinaryOnes) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, false);
  rig.urgent.of(1, 0).set({1'000, PolicerRate::kUnlimited, 300, 0}, 1'000'000, rig.now);
  std::vector<Record> records;
  for (int i = 0; i < 3; ++i)
    records.push_back({0x40, 0, rig.transport_packet(destination, 0, 100 - wire::kHeaderMax)});
  for (int i = 0; i < 3; ++i)
    records.push_back({0x40, 0, rig.transport_packet(destination, 0, 100 - wire::kHeaderMax)});
  rig.burst({Rig::sealed(1, 0, run_of(records))});
  ASSERT_EQ(rig.recorder.sent.size(), 1u);
  std::vector<std::uint8_t> classes;
  wire::decode_hop_records(rig.opened(rig.recorder.sent[0]), [&](const wire::HopRecord& record) {
    classes.push_back(record.hop_class.packed());
  });
  EXPECT_EQ(classes, (std::vector<std::uint8_t>{0x40, 0x40, 0x40, 0x80, 0x80, 0x80}));
  EXPECT_EQ(rig.count(Counter::kDataDemoted), 3u);
}

TEST(Graph, MetersWhatItCarriesByNeighbourAndPriceClass) {
  Rig rig;
  const Hash16 destination = rig.add_path(3, false);
  const Bytes one = rig.transport_packet(destination, 0, 65),
              two = rig.transport_packet(destination, 0, 165);
  rig.burst({Rig::sealed(1, 0, run_of({{0, 0x23, one}, {0, 0x31, two}, {0, 0x23, one}}))});
  EXPECT_EQ(rig.metered_in.read(1, 2), (MeterReading{1, 100})) << "a duplicate is not paid for";
  EXPECT_EQ(rig.metered_in.read(1, 3), (MeterReading{1, 200}));
  EXPECT_EQ(rig.metered_out.read(3, 2), (MeterReading{1, 100}));
  EXPECT_EQ(rig.metered_out.read(3, 3), (MeterReading{1, 200}));
  EXPECT_EQ(rig.metered_in.read(3, 2), MeterReading{});
}

}  // namespace
}  // namespace mehr::dataplane::test
