// Every message there and back, and what a damaged packet must not get past.
#include "core/border/messages.h"

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/border/counters.h"

namespace mehr::border {
namespace {

Endpoint udp4() {
  Endpoint endpoint;
  endpoint.form = EndpointForm::kUdp4;
  endpoint.local_port = 4343;
  endpoint.remote_port = 40'000;
  endpoint.local = {10, 0, 0, 1};
  endpoint.remote = {10, 0, 0, 2};
  endpoint.remote_mac = {2, 0, 0, 0, 0, 2};
  return endpoint;
}

Endpoint ethernet() {
  Endpoint endpoint;
  endpoint.form = EndpointForm::kEthernet;
  endpoint.local_mac = {2, 0, 0, 0, 0, 1};
  endpoint.remote_mac = {2, 0, 0, 0, 0, 2};
  return endpoint;
}

const Hash16 kKey{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
const Secret kSecret{Hash32{{42, 43}}};
const Bytes kFrame(168, 0xA5);
const Bytes kMeshPacket(40, 0x11);

struct Sized {
  Down message;
  std::size_t body;  ///< as the header draws it
};
std::vector<Sized> every_down() {
  SetReceive receive{7, 3, kSecret, 1'000'000, 5'000, {kNoSequence, 12, kSequenceMax}};
  return {{Hello{kVersion, kKey, true, {}}, 36},
          {Reset{Reset::kFlows | Reset::kNeighbours}, 4},
          {receive, 56 + 3 * 8},
          {DropReceive{7}, 4},
          {SetSend{3, 1, 0xDEAD, kSecret, 99, kLifetimeMax, 1}, 64},
          {SetNeighbour{3, 0, 1'400, 1'396, kUnlimited, 0x20, udp4()}, 72},
          {SetNeighbour{4, 1, 9'000, 0, 0, 0, ethernet()}, 72},
          {DropNeighbour{kNeighbourMax}, 4},
          {SetNextHop{kIndexMax, kKey, 3, true, false, 500}, 28},
          {SetLink{5, 3, 4, 2, 1, 431}, 12},
          {SetFlow{kKey, FlowTarget::kLink, 5}, 24},
          {SetFlow{kKey, FlowTarget::kLocal, 0}, 24},
          {DropFlow{kKey}, 16},
          {Inject{3, 0x80, 0x12, kMeshPacket}, 4 + 40},
          {Inject{3, 0x81, 1, {}}, 4},
          {SendRaw{0, udp4(), kFrame}, 56 + 168},
          {Sync{~std::uint64_t{0}}, 8},
          {Seen{kMeshPacket}, 40}};
}

struct SizedUp {
  Up message;
  std::size_t body;
};
std::vector<SizedUp> every_up() {
  Ready ready;
  ready.neighbours = 1'024;
  ready.receive_places = 4'096;
  ready.next_hops = ready.links = 65'536;
  ready.flows = 10'000'000;
  ready.frame_max = 9'000;
  ready.lanes = 1;
  ready.counters = static_cast<std::uint16_t>(kCounterCount);
  ready.udp_port = 4'343;
  ready.ports = {{0, 1'500, {2, 0, 0, 0, 0, 1}, "net_pcap0"}, {1, 9'000, {}, "0000:01:00.0"}};
  return {{ready, 40 + 2 * 44},
          {Stranger{1, ethernet(), kFrame}, 56 + 168},
          {Records{3, kFrame}, 4 + 168},
          {Punt{3, 0x80, 0, kMeshPacket}, 4 + 40},
          {Activity{{kKey, Hash16{}}}, 32},
          {MeterReadings{{{3, true, 15, 1, 2}, {4, false, 0, 3, 4}}}, 48},
          {CounterReadings{{{0, 5}, {static_cast<std::uint16_t>(kCounterCount - 1), 6}}}, 32},
          {KeyUse{{{3, true, 1, 0xDEAD, kSequenceMax + 1, 0}}}, 24},
          {Moved{3, 1, udp4()}, 56},
          {Synced{1}, 8},
          {Load{0, 1, 2, 3, 2'000'000'000}, 40}};
}

template <typename Message>
Bytes packet_of(const Message& message) {
  PacketBuilder builder;
  EXPECT_TRUE(builder.add(message));
  return to_bytes(builder.packet());
}

template <typename Message>
auto decode(ByteView packet) {
  if constexpr (std::is_same_v<Message, Down>) {
    return decode_down(packet);
  } else {
    return decode_up(packet);
  }
}

/// Size as drawn; decodes to bytes that are the same again; any other size is refused.
template <typename Message>
void check(const Message& message, std::size_t body) {
  const Bytes packet = packet_of(message);
  EXPECT_EQ(packet.size(), kRecordHead + body) << message.index();
  const auto decoded = decode<Message>(packet);
  ASSERT_TRUE(decoded.has_value()) << message.index();
  ASSERT_EQ(decoded->size(), 1U);
  EXPECT_EQ(decoded->front().index(), message.index());
  EXPECT_EQ(packet_of(decoded->front()), packet);
  Bytes cut = packet;
  cut.pop_back();
  EXPECT_FALSE(decode<Message>(cut)) << "record longer than packet, " << message.index();
  Bytes reserved = packet;
  reserved[5] = 1;
  EXPECT_FALSE(decode<Message>(reserved)) << message.index();
}

TEST(BorderMessages, EveryDownThereAndBack) {
  for (const Sized& each : every_down())
    check<Down>(each.message, each.body);
}

TEST(BorderMessages, EveryUpThereAndBack) {
  for (const SizedUp& each : every_up())
    check<Up>(each.message, each.body);
}

TEST(BorderMessages, ValuesComeThrough) {
  const SetReceive sent{7, 3, kSecret, 1'000'000, 5'000, {kNoSequence, 12, kSequenceMax}};
  const auto got = decode_down(packet_of(Down(sent)));
  ASSERT_TRUE(got);
  EXPECT_EQ(std::get<SetReceive>(got->front()), sent);
  const SetNeighbour neighbour{3, 0, 1'400, 1'396, 77, 0x20, udp4()};
  EXPECT_EQ(std::get<SetNeighbour>(decode_down(packet_of(Down(neighbour)))->front()), neighbour);
  const auto stranger = decode_up(packet_of(Up(Stranger{1, ethernet(), kFrame})));
  ASSERT_TRUE(stranger);
}

TEST(BorderMessages, ManyRecordsInAPacket) {
  PacketBuilder builder;
  std::size_t count = 0;
  while (builder.add(SetFlow{kKey, FlowTarget::kPath, static_cast<std::uint32_t>(count)}))
    ++count;
  EXPECT_EQ(count, kPacketMax / (kRecordHead + 24));
  const auto decoded = decode_down(builder.packet());
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), count);
  EXPECT_EQ(std::get<SetFlow>(decoded->back()).index, count - 1);
  builder.clear();
  EXPECT_TRUE(builder.empty());
}

/// One byte of one message changed to something its limits forbid.
TEST(BorderMessages, OutOfLimits) {
  struct Case {
    Down message;
    std::size_t at;
    std::uint8_t value;
    const char* why;
  };
  const SetNeighbour neighbour{3, 0, 1'400, 1'396, kUnlimited, 0, udp4()};
  const std::vector<Case> cases{
      {Hello{}, 0, 2, "version"},
      {Hello{}, 20, 2, "flag"},
      {Hello{}, 21, 1, "reserved"},
      {Reset{1}, 0, 0, "no scope"},
      {Reset{1}, 0, 4, "unknown scope"},
      {SetReceive{7, 3, kSecret, 1, 1, {0}}, 6, 0, "no lanes"},
      {SetReceive{7, 3, kSecret, 1, 1, {0}}, 6, 2, "lanes that do not follow"},
      {SetReceive{7, 3, kSecret, 1, 1, {0}}, 63, 1, "sequence of 2^56"},
      {SetReceive{7, 3, kSecret, 1, 1, {0}}, 47, 1, "lifetime"},
      {SetSend{3, 1, 1, kSecret, 9, 1, 1}, 2, kLanesMax, "lane"},
      {SetSend{3, 1, 1, kSecret, 9, 1, 1}, 47, 1, "sequence"},
      {neighbour, 7, 0xFF, "room over frame room"},
      {neighbour, 20, 4, "form"},
      {neighbour, 20, 1, "Ethernet with ports"},
      {neighbour, 20 + 24, 1, "IPv4 address of five bytes"},
      {SetNextHop{1, kKey, 3, false, 1}, 22, 7, "flag"},
      {SetNextHop{1, kKey, 3, false, 1}, 3, 0x40, "index"},
      {SetFlow{kKey, FlowTarget::kLocal, 0}, 16, 0, "target"},
      {SetFlow{kKey, FlowTarget::kLocal, 0}, 16, 4, "target"},
      {SetFlow{kKey, FlowTarget::kLocal, 0}, 20, 1, "local with index"},
  };
  for (const Case& each : cases) {
    Bytes packet = packet_of(each.message);
    ASSERT_TRUE(decode_down(packet)) << each.why;
    packet[kRecordHead + each.at] = each.value;
    EXPECT_FALSE(decode_down(packet)) << each.why;
  }
}

TEST(BorderMessages, UnknownTypesAndTheOtherDirection) {
  EXPECT_FALSE(decode_down({}));
  EXPECT_FALSE(decode_up({}));
  for (const unsigned type : {0U, 15U, 64U, 75U, 255U}) {
    Bytes packet = packet_of(Down(Sync{1}));
    packet[4] = static_cast<std::uint8_t>(type);
    EXPECT_FALSE(decode_down(packet)) << type;
    EXPECT_FALSE(decode_up(packet)) << type;
  }
  EXPECT_FALSE(decode_up(packet_of(Down(Sync{1}))));
  EXPECT_FALSE(decode_down(packet_of(Up(Synced{1}))));
  EXPECT_FALSE(decode_down(Bytes(kPacketMax + 1)));
}

TEST(BorderMessages, OneBadRecordSpoilsThePacket) {
  Bytes packet = packet_of(Down(Sync{1}));
  append(packet, packet_of(Down(Reset{1})));
  ASSERT_TRUE(decode_down(packet));
  packet.back() = 1;
  EXPECT_FALSE(decode_down(packet));
}

/// Flipped bytes never get past without meaning the same bytes.
TEST(BorderMessages, DamagedIsRefusedOrCanonical) {
  SeededRandom random(4);
  for (const Sized& each : every_down()) {
    const Bytes packet = packet_of(each.message);
    for (int round = 0; round < 200; ++round) {
      Bytes damaged = packet;
      damaged[random.below(damaged.size())] = static_cast<std::uint8_t>(random.below(256));
      const auto decoded = decode_down(damaged);
      if (!decoded) continue;
      PacketBuilder builder;
      for (const Down& message : *decoded)
        ASSERT_TRUE(builder.add(message));
      EXPECT_EQ(to_bytes(builder.packet()), damaged);
    }
  }
}

}  // namespace
}  // namespace mehr::border
