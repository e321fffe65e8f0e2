// 100,000 damaged and invented packets on each of three interfaces: nothing crashes, no table grows
// past its cap, and every packet ends in exactly one counter.
#include <gtest/gtest.h>

#include "core/crypto/tunnel.h"
#include "core/wire/path_request.h"
#include "tests/unit/routing/caps.h"
#include "tests/unit/routing/world.h"
#include "tests/unit/vector_file.h"

namespace mehr::routing {
namespace {

using border::Counter;
using mehr::test::Json;
using mehr::test::VectorFile;
using test::in_transport;
using test::kEpoch;
using test::Originator;
using test::outcomes;
using test::over_cap;
using test::small_limits;
using test::World;

const Hash16 kOwn{{0x7e, 0xc4}};
constexpr int kPackets = 300'000;

void gather(const Json& json, std::vector<Bytes>& packets) {
  if (json.is_structured()) {
    for (const auto& each : json)
      gather(each, packets);
  } else if (json.is_string()) {
    const auto bytes = from_hex(json.get<std::string>());
    if (bytes && bytes->size() >= wire::kHeaderMin && bytes->size() <= 600 &&
        wire::decode_packet(*bytes)) {
      packets.push_back(*bytes);
    }
  }
}

/// Packets of every type: those of the vectors, and some that reach into this router.
std::vector<Bytes> material(const Originator& local, Originator& origin) {
  std::vector<Bytes> packets;
  for (const char* name :
       {"transport_transcripts", "transport_rules", "announces", "links", "proofs", "path"}) {
    gather(VectorFile(name).root(), packets);
  }
  for (const auto type : {wire::PacketType::kData, wire::PacketType::kLinkRequest}) {
    packets.push_back(in_transport(kOwn, origin.destination(), type, Bytes(67, 1)));
    packets.push_back(in_transport(kOwn, local.destination(), type, Bytes(64, 1)));
  }
  for (std::uint8_t tag = 0; tag < 4; ++tag) {
    const Bytes value(8, tag);
    packets.push_back(wire::encode_path_request({origin.destination(), kOwn, value}));
    packets.push_back(wire::encode_path_request({local.destination(), std::nullopt, value}));
    packets.push_back(wire::encode_path_request({Hash16{{tag}}, std::nullopt, value}));
  }
  packets.push_back(origin.announce(kEpoch + 1));
  return packets;
}

class Mutator {
 public:
  explicit Mutator(std::vector<Bytes> packets) : packets_(std::move(packets)) {}

  Bytes next() {
    if (random_.below(8) == 0) return noise();
    Bytes packet = packets_[random_.below(packets_.size())];
    switch (random_.below(6)) {
      case 0:
        break;  // as it is: duplicates and replays
      case 1:
        flip(packet, 1);
        break;
      case 2:
        flip(packet, 1 + random_.below(8));
        break;
      case 3:
        packet.resize(random_.below(packet.size() + 1));
        break;
      case 4:
        packet.resize(packet.size() + random_.below(40));
        break;
      default:
        readdress(packet);
    }
    return packet;
  }

 private:
  Bytes noise() {
    Bytes bytes(random_.below(520));
    random_.fill(bytes);
    return bytes;
  }
  void flip(Bytes& packet, std::uint64_t times) {
    while (times-- > 0) {
      packet[random_.below(packet.size())] ^= static_cast<std::uint8_t>(1u << random_.below(8));
    }
  }
  /// New payload to a known address, addressed to us where there is a transport id.
  void readdress(Bytes& packet) {
    if (packet.size() > wire::kHeaderMax) {
      if ((packet[0] & 0x40) != 0) std::copy_n(kOwn.bytes.begin(), 16, packet.begin() + 2);
      packet.back() = static_cast<std::uint8_t>(random_.below(256));
    }
    packet[1] = static_cast<std::uint8_t>(random_.below(4));
  }

  SeededRandom random_{2026};
  std::vector<Bytes> packets_;
};

void bring_up(World& world) {
  InterfaceTraits gateway;
  gateway.mode = InterfaceMode::kGateway;
  InterfaceTraits radio;
  radio.mode = InterfaceMode::kRoaming;
  radio.bitrate_bps = 3125;
  radio.ingress_control = false;
  radio.hardware_mtu = 508;
  if (!world.ids.contains("full")) world.up("full");
  if (!world.ids.contains("gateway")) world.up("gateway", gateway);
  if (!world.ids.contains("radio")) world.up("radio", radio);
}

TEST(Hostile, EveryPacketIsCountedOnceAndTablesStayWithinTheirCaps) {
  const RouterLimits limits = small_limits();
  World world(true, limits, kOwn);
  bring_up(world);
  const Originator local(1);
  Originator origin(2);
  world.router->add_local_destination(local.destination());
  world.router->add_local_link(Hash16{{0xe0, 0x6f}});
  Mutator mutator(material(local, origin));
  SeededRandom random(9);
  const std::array<std::string, 3> names{"full", "gateway", "radio"};

  double t = 0;
  world.advance(0);
  world.receive("full", origin.announce(kEpoch));
  for (int i = 0; i < kPackets; ++i) {
    world.receive(names[static_cast<std::size_t>(i) % 3], mutator.next());
    if (i % 16 == 0) world.advance(t += 0.1);
    if (i % 5'000 == 4'999) {
      const std::string& name = names[random.below(3)];
      world.down(name);
      world.ids.erase(name);
      bring_up(world);
      world.advance(t += 30);
    }
    if (i % 64 == 0) {
      const char* full = over_cap(world.router->tables(), limits, 3);
      ASSERT_EQ(full, nullptr) << full << " after " << i;
      world.sent.clear();
      world.delivered.clear();
      world.removed.clear();
    }
  }
  EXPECT_EQ(world.count(Counter::kPacketReceived),
            kPackets + 1 + world.count(Counter::kAnnounceReleased));
  EXPECT_EQ(outcomes(world.counters), world.count(Counter::kPacketReceived));
  // The flood did reach the handlers it was made for.
  for (const Counter counter :
       {Counter::kPacketMalformed, Counter::kPacketDuplicate, Counter::kAnnounceAccepted,
        Counter::kAnnounceBadSignature, Counter::kAnnounceWrongAddress, Counter::kRequestAnswered,
        Counter::kRequestLocal, Counter::kRequestDiscovering, Counter::kDataRelayed,
        Counter::kLinkRequested, Counter::kDataDelivered, Counter::kTunnelEstablished,
        Counter::kProofDelivered, Counter::kLinkUnknown}) {
    EXPECT_GT(world.count(counter), 0u)
        << border::counter_table()[static_cast<std::size_t>(counter)].name;
  }
}

TEST(Hostile, AFloodOfValidUnknownAnnouncesKeepsUsedPaths) {
  RouterLimits limits = small_limits();
  World world(true, limits, kOwn);
  InterfaceTraits open;
  open.ingress_control = false;
  world.up("A", open);
  world.up("B", open);
  Originator friendly(1);
  world.receive("A", friendly.announce(kEpoch));
  const Bytes data = in_transport(kOwn, friendly.destination(), wire::PacketType::kData, Bytes(20));
  world.receive("B", data);
  Originator quiet(2);
  world.receive("B", quiet.announce(kEpoch));
  world.advance(0);
  for (std::uint64_t seed = 10; seed < 210; ++seed) {
    world.receive("A", Originator(seed).announce(kEpoch));
    world.advance(static_cast<double>(seed) / 10);
  }
  EXPECT_NE(world.router->path(friendly.destination()), nullptr);
  EXPECT_NE(world.router->path(quiet.destination()), nullptr);
  EXPECT_EQ(world.router->tables().paths, limits.paths / 4 + 1);
  EXPECT_EQ(over_cap(world.router->tables(), limits, 2), nullptr);
  EXPECT_GT(world.count(Counter::kPathEvicted), 0u);
  EXPECT_EQ(world.removed.size(), world.count(Counter::kPathEvicted));
}

TEST(Hostile, BadSignaturesAreRationedPerInterface) {
  World world(true, {}, kOwn);
  world.up("A");
  world.up("B");
  Originator origin(1);
  Bytes raw = origin.announce(kEpoch);
  raw.back() ^= 1;
  for (int i = 0; i < 1'000; ++i)
    world.receive("A", raw);
  EXPECT_EQ(world.count(Counter::kAnnounceBadSignature), 400u);
  EXPECT_EQ(world.count(Counter::kAnnounceCheckQuota), 600u);
  world.receive("B", origin.announce(kEpoch));
  EXPECT_EQ(world.count(Counter::kAnnounceAccepted), 1u);
}

}  // namespace
}  // namespace mehr::routing
