// Every case of the reference's decision tables that concern announces: path updates, modes, rate,
// ingress control and the announce cap.
#include <gtest/gtest.h>

#include <cmath>

#include "controlplane/routing/announce_rate.h"
#include "controlplane/routing/dedup.h"
#include "tests/unit/routing/world.h"
#include "tests/unit/vector_file.h"

namespace mehr::routing {
namespace {

using border::Counter;
using mehr::test::fixed_hex;
using mehr::test::hex;
using mehr::test::Json;
using mehr::test::VectorFile;
using test::kEpoch;
using test::Originator;
using test::World;

InterfaceMode mode_of(std::string name) {
  if (name == "pointtopoint" || name == "point to point") name = "point_to_point";
  if (name == "access point") name = "access_point";
  return mode_from_name(name).value();
}

void expect_path(const World& world, const DestinationHash& destination, const Json& path) {
  const PathEntry* entry = world.router->path(destination);
  if (path.is_null()) {
    EXPECT_EQ(entry, nullptr);
    return;
  }
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->hops, path.at("hops").get<int>());
  EXPECT_EQ(to_hex(entry->next_hop), path.at("next_hop"));
  EXPECT_EQ(entry->interface_name, path.at("interface"));
  EXPECT_EQ(to_seconds(entry->expires - world.time()), path.at("expires_in").get<double>());
  ASSERT_EQ(entry->blobs.size(), path.at("random_blobs").size());
  for (std::size_t i = 0; i < entry->blobs.size(); ++i) {
    EXPECT_EQ(to_hex(entry->blobs[i]), path.at("random_blobs")[i]);
  }
}

/// What the id of a path update case says about interface A and B.
std::pair<InterfaceTraits, InterfaceTraits> traits_of(const std::string& id) {
  InterfaceTraits a;
  InterfaceTraits b;
  if (id.find("higher gravity") != std::string::npos) b.gravity = 10;
  if (id.find("lower gravity") != std::string::npos) b.gravity = -10;
  if (id.starts_with("expiry on a ")) {
    const std::string mode = id.substr(12);
    a.mode = mode_of(mode.substr(0, mode.size() - std::string(" interface").size()));
  }
  return {a, b};
}

TEST(Rules, PathUpdates) {
  const VectorFile file("transport_rules");
  file.each("path_updates", [](const Json& item) {
    const std::string id = item.at("id");
    const auto [a, b] = traits_of(id);
    auto world = std::make_unique<World>();
    world->up("A", a);
    world->up("B", b);
    for (const Json& step : item.at("steps")) {
      world->jump(step.at("after_seconds"));
      const Bytes raw = hex(step.at("raw"));
      const auto before = world->count(Counter::kAnnounceAccepted);
      world->receive(step.at("interface"), raw);
      EXPECT_EQ(world->count(Counter::kAnnounceAccepted) - before == 1, step.at("accepted"));
      const auto destination = fixed_from_hex<16>(
          item.at("steps")[0].at("raw").get<std::string>().substr(raw[0] & 0x40 ? 36 : 4, 32));
      expect_path(*world, *destination, step.at("path"));
      // The reference marks a path unresponsive from outside; the store can say the same.
      if (id.find("marked unresponsive") != std::string::npos &&
          world->router->path(*destination)) {
        PathEntry entry = *world->router->path(*destination);
        entry.state = PathState::kUnresponsive;
        entry.expires -= world->time() - world->at(0);
        world = std::make_unique<World>();
        world->up("A", a);
        world->up("B", b);
        entry.expires = world->at(604'800);
        world->router->restore_path(entry, world->time());
      }
    }
  });
}

TEST(Rules, AnnounceModes) {
  const VectorFile file("transport_rules");
  const Bytes raw = hex(file.root().at("path_updates")[0].at("steps")[0].at("raw"));
  file.each("announce_modes", [&](const Json& item) {
    World world;
    InterfaceTraits in;
    in.mode = mode_of(item.at("received_on"));
    in.announces_to_internal = item.at("announces_to_internal_on_in").is_boolean() &&
                               item.at("announces_to_internal_on_in").get<bool>();
    InterfaceTraits out;
    out.mode = mode_of(item.at("sent_on"));
    out.announces_from_internal = item.at("announces_from_internal_on_out");
    world.up("in", in);
    world.up("out", out);
    world.advance(0);
    world.receive("in", raw);
    world.advance(2);
    EXPECT_EQ(world.sent_on("out").size(), item.at("relayed").get<bool>() ? 1u : 0u);
    EXPECT_EQ(world.sent_on("in").size(), item.at("relayed_back").get<bool>() ? 1u : 0u);
  });
}

TEST(Rules, PacketFilter) {
  const VectorFile file("transport_rules");
  const auto own = fixed_hex<16>(file.root().at("transport_identity").at("hash"));
  file.each("packet_filter", [&](const Json& item) {
    const Bytes raw = hex(item.at("packet"));
    auto packet = wire::decode_packet(raw).value();
    ++packet.hops;
    PacketHashes hashes(16);
    const auto admitted = [&] {
      switch (filter_packet(packet, own)) {
        case FilterVerdict::kAccept:
          return true;
        case FilterVerdict::kAcceptIfUnseen:
          return !hashes.seen(crypto::packet_hash(raw));
        case FilterVerdict::kOtherTransport:
        case FilterVerdict::kPlainHops:
          break;
      }
      return false;
    };
    EXPECT_EQ(admitted(), item.at("first_time").get<bool>());
    hashes.remember(crypto::packet_hash(raw));
    if (item.contains("second_time")) {
      EXPECT_EQ(admitted(), item.at("second_time").get<bool>());
    }
  });
}

TEST(Rules, AnnounceRate) {
  const VectorFile file("transport_rules");
  file.each("announce_rate", [](const Json& item) {
    const Time start = Time{} + 30 * 24h;
    AnnounceRates rates(4);
    std::optional<AnnounceRate> rate;
    if (!item.at("target").is_null()) {
      rate = AnnounceRate{from_seconds(item.at("target")), item.at("grace"),
                          from_seconds(item.at("penalty"))};
    }
    for (const Json& step : item.at("announces")) {
      const Time now = start + from_seconds(step.at("t"));
      const bool blocked = rate && rates.blocked({}, InterfaceId{1}, *rate, now);
      EXPECT_EQ(!blocked, step.at("queued_for_relay").get<bool>()) << step.dump();
      const RateRecord* record = rates.record({});
      EXPECT_EQ(record == nullptr, step.at("violations").is_null());
      if (record == nullptr) continue;
      EXPECT_EQ(record->violations, step.at("violations").get<unsigned>()) << step.dump();
      if (step.at("blocked_until").is_null()) {
        EXPECT_EQ(record->blocked_until, Time::min());
      } else {
        EXPECT_EQ(to_seconds(record->blocked_until - start),
                  step.at("blocked_until").get<double>());
      }
    }
  });
}

TEST(Rules, IngressControl) {
  const VectorFile file("transport_rules");
  file.each("ingress_control", [](const Json& item) {
    World world;
    const double age = item.at("interface_age");
    world.up("A");
    world.jump(age);
    world.advance(age);
    std::uint64_t seed = 100;
    double t = 0;
    for (const Json& step : item.at("announces")) {
      t = step.at("t");
      world.advance(age + t);
      const auto held = world.count(Counter::kAnnounceHeld);
      world.receive("A", Originator(seed++).announce(kEpoch));
      EXPECT_EQ(world.count(Counter::kAnnounceHeld) - held, step.at("held").get<bool>() ? 1u : 0u)
          << step.dump();
      EXPECT_EQ(world.router->tables().held, step.at("held_total").get<std::size_t>())
          << step.dump();
      EXPECT_EQ(step.at("burst"), step.at("held"));
    }
    EXPECT_EQ(world.router->tables().held, item.at("held_before_quiet").get<std::size_t>());
    world.advance(age + t + 60);
    EXPECT_EQ(world.router->tables().held, item.at("held_after_60s_quiet").get<std::size_t>());
  });
}

TEST(Rules, AnnounceCap) {
  const VectorFile file("transport_rules");
  file.each("announce_cap", [](const Json& item) {
    World world;
    InterfaceTraits in;
    in.ingress_control = false;
    in.mode = InterfaceMode::kAccessPoint;
    in.bitrate_bps = 1'000'000'000;
    world.up("in", in);
    InterfaceTraits out;
    out.bitrate_bps = item.at("bitrate");
    out.announce_cap = item.at("announce_cap");
    world.up("out", out);
    // The reference was stepped finer where the waits are shorter.
    const double step = out.bitrate_bps >= 62'500 ? 0.05 : 0.25;
    world.advance(0, step);
    std::map<DestinationHash, int> index;
    for (const Json& hops : item.at("hops_on_wire")) {
      Originator origin(200 + index.size());
      const int number = static_cast<int>(index.size());
      index[origin.destination()] = number;
      world.receive("in", origin.announce(kEpoch, hops, Hash16{{9}}));
    }
    const Json& expected = item.at("transmissions");
    world.advance(expected.back().at("t").get<double>() + 200, step);
    ASSERT_EQ(world.sent.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto packet = wire::decode_packet(world.sent[i].raw).value();
      EXPECT_NEAR(world.sent[i].t, expected[i].at("t").get<double>(), 1e-3) << i;
      EXPECT_EQ(index.at(packet.destination), expected[i].at("announce").get<int>()) << i;
      EXPECT_EQ(packet.hops, expected[i].at("hops").get<int>()) << i;
      EXPECT_EQ(world.sent[i].raw.size(), expected[i].at("length").get<std::size_t>()) << i;
    }
  });
}

}  // namespace
}  // namespace mehr::routing
