// The same verdict from both planes: long sequences of every kind of packet, most of them good,
// through the router alone and through the dataplane with the router behind it.
#include <cstdlib>
#include <deque>

#include "controlplane/routing/candidates.h"
#include "core/crypto/hash.h"
#include "core/crypto/link_proof.h"
#include "core/wire/hop_signals.h"
#include "core/wire/path_cost.h"
#include "core/wire/path_request.h"
#include "tests/unit/dataplane/planes.h"

namespace mehr::dataplane::test {
namespace {

using border::Counter;
using routing::test::in_transport;
using routing::test::kEpoch;
using routing::test::Originator;

/// Somebody reachable behind `neighbour`, which is itself when `last`.
struct Place {
  Originator owner;
  NeighbourIndex neighbour;
  bool last;
  std::uint8_t hops;  ///< counted for our reception
};

struct LinkUnderWay {
  LinkId id;
  NeighbourIndex initiator, next;
  std::uint8_t taken, remaining;  ///< hop counts of good packets, counted for our reception
  std::size_t place;
  bool proved = false;
};

struct Carried {
  Arrival arrival;
  NeighbourIndex to = 0;
  bool proved = false;
};

class Traffic {
 public:
  explicit Traffic(Planes& planes, std::uint64_t seed) : planes_(planes), random_(seed) {
    for (std::uint64_t i = 0; i < kPlaces; ++i) {
      const auto to = static_cast<NeighbourIndex>(i % Planes::kNeighbours);
      places_.push_back({Originator(1'000 + i), to, i % 4 == 3, 0});
      announce(places_.back());
    }
    planes_.for_both([&](routing::test::World& world) {
      world.router->add_local_destination(local_);
      world.router->add_local_link(local_link_);
    });
    planes_.beside.follow_flows();
    for (int i = 0; i < 64; ++i)
      open_link();
  }

  /// A burst of packets, mixed.
  std::vector<Arrival> burst() {
    std::vector<Arrival> out;
    for (std::size_t count = 1 + random_.below(kBurst); count > 0; --count) {
      const NeighbourIndex from =
          out.empty() || random_.below(3) == 0 ? any_neighbour() : out.back().from;
      out.push_back(draw(from));
    }
    return out;
  }
  /// Now and then: things that change what the tables say, in bursts of their own.
  bool disturb() {
    bool same = true;
    if (random_.below(8) == 0) open_link();
    if (random_.below(16) == 0) same = planes_.step({bad_link_proof()});
    if (random_.below(300) == 0) {
      // The same destination again, or another in its place. It stays behind one neighbour: what
      // proofs teach of the one way or the other is not told by the dataplane, so the router alone
      // might choose among two ways otherwise than the router behind.
      Place& place = places_[random_.below(places_.size())];
      if (random_.below(2) == 0) {
        place.owner = Originator(2'000 + ++newcomers_);
        place.neighbour = any_neighbour();
      }
      announce(place);
    }
    if (random_.below(600) == 0) congest();
    if (random_.below(40) == 0) too_big();
    return same;
  }

 private:
  static constexpr std::uint64_t kPlaces = 200;

  NeighbourIndex any_neighbour() {
    return static_cast<NeighbourIndex>(random_.below(Planes::kNeighbours));
  }
  NeighbourIndex other_than(NeighbourIndex one) {
    return static_cast<NeighbourIndex>((one + 1 + random_.below(Planes::kNeighbours - 1)) %
                                       Planes::kNeighbours);
  }
  Bytes body(std::size_t size) {
    Bytes out(size);
    random_.fill(out);
    return out;
  }
  std::size_t some_size() { return random_.below(20) == 0 ? 900 : 16 + random_.below(300); }

  void announce(Place& place) {
    place.hops = place.last ? 1 : static_cast<std::uint8_t>(2 + random_.below(5));
    const Bytes raw = place.owner.announce(kEpoch + ++emission_);
    const Hash16 key =
        routing::announce_key(place.owner.destination(), wire::decode_packet(raw)->data);
    const wire::PathCost cost{0, 20, 200, static_cast<std::uint8_t>(place.hops - 1), 48};
    planes_.control(place.neighbour, wire::HopControl::kPathCost,
                    wire::encode_path_cost_record({key, 1, cost}));
    const auto via =
        place.last ? std::nullopt : std::optional(Planes::identity_of(place.neighbour));
    EXPECT_TRUE(planes_.step(
        {{place.neighbour, Originator::carried(raw, static_cast<std::uint8_t>(place.hops - 1), via),
          0x80}}));
    const auto* path = planes_.alone.router->path(place.owner.destination());
    ASSERT_NE(path, nullptr);
    EXPECT_EQ(path->interface, planes_.alone.ids.at(Planes::name_of(place.neighbour)));
  }

  void open_link() {
    const std::size_t which = random_.below(places_.size());
    Place& place = places_[which];
    LinkUnderWay link{{},
                      other_than(place.neighbour),
                      place.neighbour,
                      static_cast<std::uint8_t>(1 + random_.below(9)),
                      place.hops,
                      which};
    const Bytes request =
        in_transport(Planes::own(), place.owner.destination(), wire::PacketType::kLinkRequest,
                     body(64), static_cast<std::uint8_t>(link.taken - 1));
    link.id = crypto::link_id(request);
    Arrival asked{link.initiator, request, 0x40};
    // Its first packet may be right behind.
    std::vector<Arrival> both{asked};
    if (random_.below(2) == 0) both.push_back(on_link(link, true));
    EXPECT_TRUE(planes_.step(both));
    if (random_.below(5) != 0) {
      if (random_.below(4) == 0) link.remaining = static_cast<std::uint8_t>(1 + random_.below(9));
      EXPECT_TRUE(planes_.step({{link.next, link_proof(link, link.remaining, true), 0x40}}));
      link.proved = true;
    }
    links_.push_back(link);
    if (links_.size() > 400) links_.pop_front();
  }
  Bytes link_proof(const LinkUnderWay& link, std::uint8_t hops, bool genuine) {
    wire::LinkProof out;
    out.agreement_key = Hash32{{3}};
    const auto& identity = places_[link.place].owner.identity();
    out.signature = identity.sign(crypto::link_proof_signed_data(
        link.id, out.agreement_key, crypto::verify_key(identity.public_identity()), std::nullopt));
    if (!genuine) out.signature.bytes[5] ^= 1;
    Bytes raw = crypto::encode_link_proof_packet(link.id, out);
    raw[1] = static_cast<std::uint8_t>(hops - 1);
    return raw;
  }
  Arrival bad_link_proof() {
    const LinkUnderWay& link = links_[random_.below(links_.size())];
    return {link.next, link_proof(link, link.remaining, false), 0x40};
  }
  void congest() {
    const NeighbourIndex who = any_neighbour();
    wire::CongestionSignal signal;
    signal.severity = static_cast<wire::CongestionSeverity>(random_.below(3));
    signal.drain_ms = 1;
    planes_.control(who, wire::HopControl::kCongestion, wire::encode_congestion(signal));
  }
  void too_big() {
    const Place& place = places_[random_.below(places_.size())];
    const wire::PacketTooBig message{place.owner.destination(),
                                     static_cast<std::uint16_t>(600 + random_.below(300))};
    planes_.control(place.neighbour, wire::HopControl::kPacketTooBig,
                    wire::encode_packet_too_big(message));
  }

  std::uint8_t some_class() {
    return static_cast<std::uint8_t>(random_.below(4) << 6 |
                                     (random_.below(200) == 0 ? random_.below(8) << 3 : 0));
  }
  Arrival on_link(const LinkUnderWay& link, bool down) {
    wire::Packet packet;
    packet.destination_type = wire::DestinationType::kLink;
    packet.destination = link.id;
    packet.hops = static_cast<std::uint8_t>((down ? link.taken : link.remaining) - 1);
    const std::uint64_t which = random_.below(24);
    if (which < 3) {
      constexpr wire::Context kRepeated[] = {wire::Context::kResource, wire::Context::kChannel,
                                             wire::Context::kKeepalive};
      packet.context = kRepeated[which];
    }
    const Bytes data = body(some_size());
    packet.data = data;
    return {down ? link.initiator : link.next, wire::encode_packet(packet), some_class()};
  }
  Arrival along_path() {
    const Place& place = places_[random_.below(places_.size())];
    return {other_than(place.neighbour),
            in_transport(Planes::own(), place.owner.destination(), wire::PacketType::kData,
                         body(some_size()), static_cast<std::uint8_t>(random_.below(20))),
            some_class()};
  }
  Arrival remember(Arrival arrival) {
    recent_.push_back({arrival, 0, false});
    if (recent_.size() > 300) recent_.pop_front();
    return arrival;
  }

  Arrival draw(NeighbourIndex from) {
    const std::uint64_t which = random_.below(100);
    if (which < 34) {
      Arrival arrival = along_path();
      paths_.push_back(arrival);
      if (paths_.size() > 300) paths_.pop_front();
      return remember(arrival);
    }
    if (which < 66)
      return remember(on_link(links_[random_.below(links_.size())], random_.below(2) == 0));
    if (which < 72 && !paths_.empty()) return proof(false);
    return odd(which, from);
  }

  /// A proof of something that went along a path not long ago.
  Arrival proof(bool elsewhere) {
    const Arrival& of = paths_[random_.below(paths_.size())];
    const auto packet = wire::decode_packet(of.packet);
    wire::Packet proof;
    proof.packet_type = wire::PacketType::kProof;
    proof.destination = crypto::truncate(crypto::packet_hash(of.packet));
    proof.hops =
        static_cast<std::uint8_t>(random_.below(200) == 0 ? wire::kMaxHops - 1 : random_.below(9));
    const Bytes data = body(64);
    proof.data = data;
    NeighbourIndex from = 0;
    for (const Place& place : places_) {
      if (place.owner.destination() == packet->destination) from = place.neighbour;
    }
    return {elsewhere ? other_than(from) : from, wire::encode_packet(proof), 0x40};
  }

  /// What must not go on, or is not for the dataplane.
  Arrival odd(std::uint64_t which, NeighbourIndex from) {
    switch (which) {
      case 72:
      case 73:
      case 74: {
        if (recent_.empty()) return {from, body(10), 0};
        Arrival again = recent_[random_.below(recent_.size())].arrival;
        if (random_.below(2) == 0) again.from = from;
        return again;
      }
      case 75:
        return proof(true);
      case 76:
      case 77: {  // the wrong hops, and from a stranger to the link
        Arrival arrival = on_link(links_[random_.below(links_.size())], random_.below(2) == 0);
        if (which == 76) arrival.packet[1] = static_cast<std::uint8_t>(arrival.packet[1] + 11);
        if (which == 77) arrival.from = from;
        return remember(arrival);
      }
      case 78: {
        Bytes bytes = body(random_.below(40));
        if (!bytes.empty() && random_.below(2) == 0) bytes[0] |= 0x80;
        return {from, bytes, some_class()};
      }
      case 79: {
        Arrival arrival = along_path();
        arrival.packet[3] ^= 1;  // another transport node's
        return arrival;
      }
      case 80: {
        wire::Packet packet;
        packet.destination_type =
            random_.below(2) == 0 ? wire::DestinationType::kPlain : wire::DestinationType::kGroup;
        packet.destination = random_.fixed<16>();
        packet.hops = static_cast<std::uint8_t>(random_.below(3));
        const Bytes data = body(40);
        packet.data = data;
        return {from, wire::encode_packet(packet), some_class()};
      }
      case 81: {
        Arrival arrival = along_path();
        arrival.packet[1] = wire::kMaxHops - 1;
        return remember(arrival);
      }
      case 82: {
        const Hash16 nobody = random_.fixed<16>();
        return {from, in_transport(Planes::own(), nobody, wire::PacketType::kData, body(50)),
                some_class()};
      }
      case 83: {
        wire::Packet packet;
        packet.destination = random_.fixed<16>();
        const Bytes data = body(40);
        packet.data = data;
        return remember({from, wire::encode_packet(packet), some_class()});
      }
      case 84: {
        LinkUnderWay nothing{random_.fixed<16>(), from, from, 1, 1, 0};
        return on_link(nothing, true);
      }
      default:
        return other(which, from);
    }
  }

  /// The same, second part: for this host, too large, the wrong way, broken.
  Arrival other(std::uint64_t which, NeighbourIndex from) {
    switch (which) {
      case 85: {
        wire::Packet packet;
        packet.destination = local_;
        const Bytes data = body(40);
        packet.data = data;
        return remember({from, wire::encode_packet(packet), some_class()});
      }
      case 86: {
        LinkUnderWay own{local_link_, from, from, 1, 1, 0};
        return remember(on_link(own, true));
      }
      case 87: {
        const Place& place = places_[random_.below(places_.size())];
        Bytes packet = in_transport(Planes::own(), place.owner.destination(),
                                    wire::PacketType::kData, body(some_size()));
        return remember({place.neighbour, packet, some_class()});  // would go back
      }
      case 88: {
        Arrival arrival = along_path();
        append(arrival.packet, body(500 + random_.below(500)));
        return remember(arrival);  // larger than some next hops take, or all
      }
      case 89: {
        const Place& place = places_[random_.below(places_.size())];
        return {other_than(place.neighbour),
                in_transport(Planes::own(), place.owner.destination(),
                             wire::PacketType::kLinkRequest, body(10)),
                0x40};  // no link request has that size
      }
      case 90: {
        wire::Packet packet;
        packet.packet_type = wire::PacketType::kProof;
        packet.destination = random_.fixed<16>();
        const Bytes data = body(64);
        packet.data = data;
        return {from, wire::encode_packet(packet), 0x40};  // of something nobody sent
      }
      case 91: {
        Arrival arrival = on_link(links_[random_.below(links_.size())], random_.below(2) == 0);
        arrival.packet[0] |= 3;  // a proof that travels on the link
        return remember(arrival);
      }
      default: {
        Arrival arrival = random_.below(2) == 0
                              ? along_path()
                              : on_link(links_[random_.below(links_.size())], true);
        arrival.packet[random_.below(20)] ^= static_cast<std::uint8_t>(1u << random_.below(8));
        return arrival;
      }
    }
  }

  Planes& planes_;
  SeededRandom random_;
  std::vector<Place> places_;
  std::deque<LinkUnderWay> links_;
  std::deque<Carried> recent_;
  std::deque<Arrival> paths_;
  Hash16 local_{{0x77, 1}}, local_link_{{0x78, 2}};
  std::uint64_t emission_ = 0, newcomers_ = 0;
};

std::string_view name_of(Counter counter) {
  return border::counter_table()[static_cast<std::size_t>(counter)].name;
}

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
constexpr std::uint64_t kPackets = 40'000;
#else
constexpr std::uint64_t kPackets = 1'000'000;
#endif

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* said = std::getenv(name);
  return said == nullptr ? otherwise : std::strtoull(said, nullptr, 10);
}

/// Everything the dataplane decides by itself.
constexpr Counter kDecided[] = {
    Counter::kDataRelayed,     Counter::kLinkRelayed,        Counter::kProofRelayed,
    Counter::kPacketMalformed, Counter::kPacketDuplicate,    Counter::kPacketOtherTransport,
    Counter::kPacketPlainHops, Counter::kPacketHopLimit,     Counter::kLinkWrongInterface,
    Counter::kLinkWrongHops,   Counter::kProofWrongInterface};
/// What becomes of punted packets, so that the way up is tried as often.
constexpr Counter kPunted[] = {
    Counter::kDataDelivered, Counter::kDataUnknownPath, Counter::kDataNotForUs,
    Counter::kDataTooBig,    Counter::kDataBackward,    Counter::kDataCongested,
    Counter::kLinkRequested, Counter::kLinkProved,      Counter::kLinkDelivered,
    Counter::kLinkMalformed, Counter::kLinkUnknown,     Counter::kLinkBadProof,
    Counter::kProofDelivered};

TEST(AgainstRouter, BothPlanesGiveTheSameVerdicts) {
  Planes planes;
  Traffic traffic(planes, from_environment("MEHR_DIFFERENTIAL_SEED", 5));
  const std::uint64_t wanted = from_environment("MEHR_DIFFERENTIAL_PACKETS", kPackets);
  std::uint64_t packets = 0, steps = 0;
  while (packets < wanted) {
    const auto burst = traffic.burst();
    packets += burst.size();
    ASSERT_TRUE(planes.step(burst)) << "in the burst before packet " << packets;
    ASSERT_TRUE(traffic.disturb());
    if (++steps % 500 == 0) planes.advance(static_cast<double>(steps) / 2'500);
  }
  std::uint64_t carried = 0, here = 0;
  for (const Counter counter :
       {Counter::kDataRelayed, Counter::kLinkRelayed, Counter::kProofRelayed}) {
    carried += planes.count(counter);
    here += planes.decided_here(counter);
  }
  std::printf("%llu packets, %llu carried, %llu of them by the dataplane; %llu punted\n",
              static_cast<unsigned long long>(packets), static_cast<unsigned long long>(carried),
              static_cast<unsigned long long>(here),
              static_cast<unsigned long long>(planes.beside.punted));
  EXPECT_GT(carried * 10, packets * 6) << "most are good";
  EXPECT_GT(here * 100, carried * 85) << "and carried by the dataplane itself";
  if (packets < 100'000) return;
  for (const Counter counter : kDecided)
    EXPECT_GE(planes.decided_here(counter) * 1'000, packets) << name_of(counter);
  for (const Counter counter : kPunted)
    EXPECT_GE(planes.count(counter) * 1'000, packets) << name_of(counter);
}

}  // namespace
}  // namespace mehr::dataplane::test
