// Capture file in, capture file out, byte for byte: the program that ships, run without rights and
// without huge pages, told by this test what to forward.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "core/base/random.h"
#include "core/wire/hop_frame.h"
#include "core/wire/packet.h"
#include "tests/stages/process.h"

namespace mehr::stages {
namespace {

using border::Counter;

const Hash16 kOwn{{0x0A, 0x0B}};
const Hash16 kNextTransport{{0x55, 0x66}};
constexpr std::uint8_t kP2 = 0x80, kControl = 0x81;

Bytes transport_packet(const Hash16& destination, std::uint8_t fill, std::size_t size = 40) {
  wire::Packet packet;
  packet.header_type = wire::HeaderType::kTwo;
  packet.transport_type = wire::TransportType::kTransport;
  packet.transport_id = kOwn;
  packet.destination = destination;
  packet.hops = 3;
  const Bytes body(size, fill);
  packet.data = body;
  return wire::encode_packet(packet);
}

/// As the next transport node expects it: its id, one hop more.
Bytes relayed(Bytes packet) {
  packet[1] = 4;
  std::copy(kNextTransport.bytes.begin(), kNextTransport.bytes.end(), packet.begin() + 2);
  return packet;
}

Hash16 destination(std::uint8_t n) {
  return Hash16{{0xD0, n}};
}

class Golden : public ::testing::Test {
 protected:
  Golden() {
    std::string pattern = std::filesystem::temp_directory_path() / "mehr-golden-XXXXXX";
    place = mkdtemp(pattern.data());
    setenv("XDG_RUNTIME_DIR", place.c_str(), 1);
  }
  ~Golden() override { std::filesystem::remove_all(place); }

  std::unique_ptr<Dataplane> start(const std::vector<Bytes>& frames,
                                   std::vector<std::string> more = {}) {
    write_pcap(place + "/in.pcap", frames);
    std::vector<std::string> arguments{
        "--huge",    "no",
        "--memory",  "64",
        "--buffers", "4096",
        "--flows",   "1000",
        "--port",    "net_pcap0,rx_pcap=" + place + "/in.pcap,tx_pcap=" + place + "/out.pcap"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto plane = std::make_unique<Dataplane>(arguments);
    plane->tell({border::Hello{border::kVersion, kOwn, true, {}},
                 border::Reset{border::Reset::kFlows | border::Reset::kNeighbours}});
    return plane;
  }
  /// A path to destination(n) by neighbour n.
  static void tell_path(Dataplane& plane, std::uint8_t n) {
    plane.tell({border::SetNextHop{n, kNextTransport, n, false, false, 0xFFFF},
                border::SetFlow{destination(n), border::FlowTarget::kPath, n}});
  }
  /// Stops it and reads what it sent.
  std::vector<Bytes> sent(Dataplane& plane) {
    EXPECT_EQ(plane.stop(), 0);
    return read_pcap(place + "/out.pcap");
  }

  std::string place;
};

TEST_F(Golden, ForwardsFromEveryCarrierToEveryCarrier) {
  const std::vector<Endpoint> wires{udp4(0), udp6(1), ethernet(2)};
  std::vector<Bytes> in, expected;
  // Each neighbour sends one packet for the next one; VLAN tags, padding and IPv4 options do not
  // matter.
  for (std::uint8_t from = 0; from < 3; ++from) {
    const auto to = static_cast<std::uint8_t>((from + 1) % 3);
    const Bytes packet = transport_packet(destination(to), from);
    Wrap how;
    how.vlan = from == 1;
    how.padding = from == 2 ? 20 : 0;
    how.ip_options = from == 0 ? 8 : 0;
    in.push_back(wrapped(wires[from], sealed(from, 5, record(kP2, 0x10, packet)), how));
    how = Wrap{};
    how.inbound = false;
    expected.push_back(
        wrapped(wires[to], sealed_by_us(to, 0, record(kP2, 0, relayed(packet))), how));
  }
  auto plane = start(in, {"--ethernet"});
  for (std::uint8_t n = 0; n < 3; ++n) {
    plane->tell_neighbour(n, wires[n]);
    tell_path(*plane, n);
  }
  ASSERT_TRUE(plane->sync());
  ASSERT_TRUE(plane->frames_received(3));
  const auto out = sent(*plane);
  ASSERT_EQ(out.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(to_hex(out[i]), to_hex(expected[i])) << i;
}

TEST_F(Golden, WhatTravelsTogetherSharesAFrame) {
  const Bytes first = transport_packet(destination(1), 1),
              second = transport_packet(destination(1), 2);
  const Bytes urgent = transport_packet(destination(1), 3);
  const Bytes records = concat({record(kP2, 0, first), record(kP2, 0, second)});
  auto plane = start({wrapped(udp4(0), sealed(0, 0, records)),
                      wrapped(udp4(0), sealed(0, 1, record(0x00, 0, urgent)))});
  plane->tell_neighbour(0, udp4(0));
  plane->tell_neighbour(1, udp6(1));
  tell_path(*plane, 1);
  ASSERT_TRUE(plane->sync());
  ASSERT_TRUE(plane->frames_received(2));
  Wrap out_way;
  out_way.inbound = false;
  const Bytes together = concat({record(0x00, 0, relayed(urgent)), record(kP2, 0, relayed(first)),
                                 record(kP2, 0, relayed(second))});
  const auto out = sent(*plane);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(to_hex(out[0]), to_hex(wrapped(udp6(1), sealed_by_us(1, 0, together), out_way)));
}

TEST_F(Golden, WhatIsNotOursOrNotSoundGoesNowhere) {
  const Bytes good = sealed(0, 0, record(kP2, 0, transport_packet(destination(1), 1)));
  Bytes forged = sealed(0, 1, record(kP2, 0, transport_packet(destination(1), 2)));
  forged.back() ^= 1;
  Bytes stranger_index = good;
  stranger_index[4] ^= 0x40;
  Wrap fragment, last_fragment;
  fragment.fragment = 0x2000;
  last_fragment.fragment = 0x0010;
  Endpoint other_port = udp4(0);
  other_port.local_port = 53;
  Bytes cut = wrapped(udp4(0), good);
  cut.resize(cut.size() - 1);
  Bytes arp = wrapped(udp4(0), good);
  arp[13] = 0x06;
  const std::vector<Bytes> in{wrapped(udp4(0), good, fragment),
                              wrapped(udp4(0), good, last_fragment),
                              wrapped(other_port, good),
                              cut,
                              arp,
                              Bytes(14, 0xFF),
                              wrapped(ethernet(0), good),  // --ethernet was not given
                              wrapped(udp4(0), stranger_index),
                              wrapped(udp4(0), forged),
                              wrapped(udp4(0), good),
                              wrapped(udp4(0), good)};  // replay
  auto plane = start(in);
  plane->tell_neighbour(0, udp4(0));
  plane->tell_neighbour(1, udp4(1));
  tell_path(*plane, 1);
  ASSERT_TRUE(plane->sync());
  ASSERT_TRUE(plane->frames_received(in.size()));
  EXPECT_EQ(plane->counter(Counter::kHopMalformed), 7u);
  EXPECT_EQ(plane->counter(Counter::kHopUnknownIndex), 1u);
  EXPECT_EQ(plane->counter(Counter::kHopForged), 1u);
  EXPECT_EQ(plane->counter(Counter::kHopReplay), 1u);
  EXPECT_EQ(plane->counter(Counter::kHopOpened), 1u);
  EXPECT_EQ(plane->counter(Counter::kTxFrames), 1u);
  EXPECT_EQ(sent(*plane).size(), 1u);
  EXPECT_TRUE(plane->all<border::Moved>().empty());
}

TEST_F(Golden, WhatItDoesNotDecideComesUp) {
  Bytes hello(204, 0x77);
  hello[0] = wire::hop_first_byte(wire::HopFrameType::kHello);
  const Bytes unknown = transport_packet(destination(9), 1);
  const Bytes said = record(kControl, 6, Bytes(3, 1));
  const Bytes control = concat({said, record(kP2, 0x20, unknown)});
  const std::vector<Bytes> in{
      wrapped(udp6(7), hello), wrapped(udp4(0), sealed(0, 0, record(0x40, 0x20, unknown))),
      wrapped(udp4(0), sealed(0, 1, control)),
      wrapped(udp4(0), sealed(0, 2, record(kP2, 0x30, transport_packet(destination(1), 5))))};
  auto plane = start(in);
  plane->tell_neighbour(0, udp4(0));
  plane->tell_neighbour(1, udp4(1));
  tell_path(*plane, 1);
  ASSERT_TRUE(plane->sync());
  ASSERT_TRUE(plane->frames_received(in.size()));
  // Meters and flows in use come by and by.
  const auto carried = [&] {
    std::uint64_t bytes = 0;
    for (const auto& reading : plane->all<border::MeterReadings>()) {
      for (const auto& row : reading.rows) {
        EXPECT_EQ(row.neighbour, row.sent ? 1 : 0);
        bytes += row.bytes;
      }
    }
    return bytes;
  };
  ASSERT_TRUE(plane->hear_until([&](const Up&) {
    return carried() == 2 * unknown.size() && !plane->all<border::Activity>().empty();
  }));

  const auto strangers = plane->all<border::Stranger>();
  ASSERT_EQ(strangers.size(), 1u);
  EXPECT_EQ(to_bytes(strangers[0].frame), hello);
  EXPECT_EQ(strangers[0].endpoint, udp6(7));
  const auto punts = plane->all<border::Punt>();
  ASSERT_EQ(punts.size(), 1u);
  EXPECT_EQ(punts[0].neighbour, 0);
  EXPECT_EQ(punts[0].hop_class, 0x40);
  EXPECT_EQ(punts[0].price, 0x20);
  EXPECT_EQ(to_bytes(punts[0].packet), unknown);
  const auto records = plane->all<border::Records>();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(to_bytes(records[0].records), said) << "the packet beside it goes its own way";
  const auto keys = plane->all<border::KeyUse>();
  ASSERT_FALSE(keys.empty()) << "the first frame under keys is told at once";
  EXPECT_EQ(keys[0].rows[0].index, index_in(0));
  const auto active = plane->all<border::Activity>();
  ASSERT_FALSE(active.empty());
  EXPECT_EQ(active[0].keys[0], destination(1));
  EXPECT_EQ(plane->counter(Counter::kPuntStrangers), 1u);
  EXPECT_EQ(sent(*plane).size(), 1u);
}

TEST_F(Golden, AnotherAddressIsToldOnceItIsAuthenticated) {
  const Endpoint elsewhere = [] {
    Endpoint out = udp4(0);
    out.remote = {10, 9, 9, 9};
    out.remote_port = 999;
    return out;
  }();
  const auto frame = [](std::uint64_t sequence) {
    return sealed(
        0, sequence,
        record(kP2, 0, transport_packet(destination(1), static_cast<std::uint8_t>(sequence))));
  };
  Bytes forged = frame(8);
  forged.back() ^= 1;
  Endpoint liar = elsewhere;
  liar.remote = {10, 8, 8, 8};
  auto plane =
      start({wrapped(udp4(0), frame(5)), wrapped(liar, forged), wrapped(elsewhere, frame(3)),
             wrapped(elsewhere, frame(6)), wrapped(elsewhere, frame(7))});
  plane->tell_neighbour(0, udp4(0));
  plane->tell_neighbour(1, udp4(1));
  tell_path(*plane, 1);
  ASSERT_TRUE(plane->sync());
  ASSERT_TRUE(plane->frames_received(5));
  const auto moved = plane->all<border::Moved>();
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].neighbour, 0);
  EXPECT_EQ(moved[0].endpoint, elsewhere);
}

TEST_F(Golden, WhatTheControlPlaneSendsLeavesSealedAndIsRemembered) {
  const Bytes packet = transport_packet(destination(1), 1);
  const Bytes hello(204, 0x77);
  auto plane = start({wrapped(udp4(0), sealed(0, 0, record(kP2, 0, packet)))});
  plane->tell_neighbour(0, udp4(0));
  plane->tell_neighbour(1, udp6(1));
  tell_path(*plane, 1);
  plane->tell({border::Inject{1, 0x40, 0x21, packet}, border::Inject{1, kControl, 6, kOwn.view()},
               border::SendRaw{0, udp4(5), hello}});
  ASSERT_TRUE(plane->sync());
  ASSERT_TRUE(plane->frames_received(1));
  EXPECT_EQ(plane->counter(Counter::kPacketDuplicate), 1u);
  Wrap out_way;
  out_way.inbound = false;
  const auto out = sent(*plane);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(to_hex(out[0]),
            to_hex(wrapped(udp6(1), sealed_by_us(1, 0, record(0x40, 0x21, packet)), out_way)));
  EXPECT_EQ(
      to_hex(out[1]),
      to_hex(wrapped(udp6(1), sealed_by_us(1, 1, record(kControl, 6, kOwn.view())), out_way)));
  EXPECT_EQ(to_hex(out[2]), to_hex(wrapped(udp4(5), hello, out_way)));
}

TEST_F(Golden, WhatIsDroppedIsForgotten) {
  const Bytes packet = transport_packet(destination(1), 1),
              other = transport_packet(destination(2), 2);
  auto plane = start({wrapped(udp4(0), sealed(0, 6, record(kP2, 0, packet))),
                      wrapped(udp4(0), sealed(0, 5, record(kP2, 0, other))),
                      wrapped(udp4(1), sealed(1, 0, record(kP2, 0, packet))),
                      wrapped(udp4(3), sealed(3, 0, record(kP2, 0, packet)))});
  for (std::uint8_t n = 0; n < 4; ++n) {
    plane->tell_neighbour(n, udp4(n));
    tell_path(*plane, n);
  }
  // Sequences up to 5 are spent; the path to 1 is gone; 3 is no neighbour any more, nor are keys.
  plane->tell({border::SetReceive{
                   index_in(0), 0, border::Secret(key_in(0)), 1'000'000'000'000, 1'000'000, {5}},
               border::DropFlow{destination(1)}, border::DropReceive{index_in(1)},
               border::DropNeighbour{3},
               border::SetFlow{destination(2), border::FlowTarget::kPath, 100'000}});
  ASSERT_TRUE(plane->sync());
  ASSERT_TRUE(plane->frames_received(4));
  EXPECT_EQ(plane->counter(Counter::kHopReplay), 1u);
  EXPECT_EQ(plane->counter(Counter::kHopUnknownIndex), 2u);
  EXPECT_EQ(plane->counter(Counter::kBorderRefused), 1u);
  EXPECT_EQ(plane->all<border::Punt>().size(), 1u);
  EXPECT_TRUE(sent(*plane).empty());
}

TEST_F(Golden, PuntsAreRationed) {
  std::vector<Bytes> in;
  Bytes hello(204, 0x77);
  hello[0] = wire::hop_first_byte(wire::HopFrameType::kHello);
  for (int i = 0; i < 200; ++i)
    in.push_back(wrapped(udp4(7), hello));
  auto plane = start(in);
  plane->tell({border::Hello{border::kVersion, kOwn, true, {1, 0, 0}}});
  ASSERT_TRUE(plane->sync());
  ASSERT_TRUE(plane->frames_received(in.size()));
  EXPECT_EQ(plane->counter(Counter::kPuntStrangers), 64u) << "what a second's rate may save up";
  EXPECT_EQ(plane->counter(Counter::kPuntLimited), 136u);
  EXPECT_EQ(plane->all<border::Stranger>().size(), 64u);
}

TEST_F(Golden, SaysWhatFits) {
  auto plane = start({});
  ASSERT_TRUE(plane->sync());
  const auto ready = plane->all<border::Ready>();
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].flows, 1'000u);
  EXPECT_EQ(ready[0].neighbours, 1'024u);
  EXPECT_EQ(ready[0].counters, border::kCounterCount);
  ASSERT_EQ(ready[0].ports.size(), 1u);
  EXPECT_EQ(ready[0].ports[0].name, "net_pcap0");
  EXPECT_EQ(plane->stop(), 0);
}

}  // namespace
}  // namespace mehr::stages
