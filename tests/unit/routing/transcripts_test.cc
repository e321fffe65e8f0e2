// The eleven transcripts of the reference's transport logic, step by step: what comes in, and what
// must go out when and where. Paths the transcripts take for granted are restored as from a store.
#include <gtest/gtest.h>

#include "core/crypto/link_proof.h"
#include "tests/unit/routing/world.h"
#include "tests/unit/vector_file.h"

namespace mehr::routing {
namespace {

using mehr::test::fixed_hex;
using mehr::test::hex;
using mehr::test::Json;
using mehr::test::VectorFile;
using test::kEpoch;
using test::Transmission;
using test::World;

struct Seed {  ///< a path the transcript starts with
  std::string interface;
  std::string destination;
  std::uint8_t hops = 1;
  std::string next_hop;  ///< empty: the destination itself
  Bytes payload;         ///< announce payload; empty: 148 zero bytes
  std::string blob = "00000000006955b900";
};

PathEntry entry_of(const World& world, const Seed& seed) {
  PathEntry entry;
  entry.destination = fixed_from_hex<16>(seed.destination).value();
  entry.next_hop =
      seed.next_hop.empty() ? entry.destination : fixed_from_hex<16>(seed.next_hop).value();
  entry.hops = seed.hops;
  entry.interface_name = seed.interface;
  entry.learned = entry.last_used = world.time();
  entry.expires = world.time() + 7 * 24h;
  entry.announce_payload = seed.payload.empty() ? Bytes(148) : seed.payload;
  if (seed.blob.size() == 20) entry.blobs = {fixed_from_hex<10>(seed.blob).value()};
  return entry;
}

/// Payload of the announce in the transcript's answer to this destination.
Bytes answered_payload(const Json& transcript, const std::string& destination) {
  for (const Json& step : transcript.at("steps")) {
    if (!step.contains("out")) continue;
    const Bytes raw = hex(step.at("raw"));
    const auto packet = wire::decode_packet(raw).value();
    if (to_hex(packet.destination) == destination) return to_bytes(packet.data);
  }
  return {};
}

std::vector<Seed> seeds_of(const Json& transcript) {
  const std::string id = transcript.at("id");
  if (id.starts_with("data forwarding")) {
    return {{"B", transcript.at("learned").at("near"), 1, "", {}},
            {"C", transcript.at("learned").at("far"), 3, "2ec5497a7755d4b3604da32c9b104176", {}}};
  }
  if (id.starts_with("link relay")) {
    const auto owner = crypto::PrivateIdentity::from_bytes(hex(transcript.at("owner_private")));
    return {{"B", transcript.at("destination"), 1, "",
             concat({owner.value().public_identity().view(), Bytes(84)})}};
  }
  if (id.starts_with("path requests")) {
    const std::string near = "81493258704f34c9ef15625f60e20b73";
    const std::string far = "5533231362acd707e8f0efcb6a3cbc6e";
    return {{"B", near, 1, "", answered_payload(transcript, near)},
            {"C", far, 4, "2dfbdd73e83208ccac00e697bd5ec846", answered_payload(transcript, far)}};
  }
  return {};
}

void expect_path(const World& world, const Json& path) {
  ASSERT_FALSE(path.is_null());
  bool found = false;
  for (const auto& destination : world.router->path_destinations()) {
    const PathEntry* entry = world.router->path(destination);
    found = true;
    EXPECT_EQ(entry->hops, path.at("hops").get<int>());
    EXPECT_EQ(to_hex(entry->next_hop), path.at("next_hop"));
    EXPECT_EQ(entry->interface_name, path.at("interface"));
    ASSERT_EQ(entry->blobs.size(), path.at("random_blobs").size());
    EXPECT_EQ(to_hex(entry->blobs.back()), path.at("random_blobs").back());
    const double expires_in = to_seconds(entry->expires - world.time());
    EXPECT_NEAR(expires_in, path.at("expires_in").get<double>(), 0.5);
  }
  EXPECT_TRUE(found);
}

std::string shown(const Transmission& each) {
  return std::to_string(each.t) + " " + each.interface + " " + to_hex(each.raw);
}

void expect_sent(const World& world, const std::vector<Transmission>& expected) {
  ASSERT_EQ(world.sent.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(world.sent[i].t, expected[i].t, 1e-6) << shown(world.sent[i]);
    EXPECT_EQ(world.sent[i].interface, expected[i].interface) << i;
    EXPECT_EQ(to_hex(world.sent[i].raw), to_hex(expected[i].raw)) << i;
  }
}

std::unique_ptr<World> world_of(const VectorFile& file) {
  const auto id = fixed_hex<16>(file.root().at("transport_identity").at("hash"));
  auto world = std::make_unique<World>(true, RouterLimits{}, id);
  // What the reference simulated: interfaces that carry 8,192 bytes.
  InterfaceTraits traits;
  traits.hardware_mtu = 8192;
  traits.autoconfigure_mtu = true;
  for (const char* name : {"A", "B", "C"})
    world->up(name, traits);
  return world;
}

/// Feeds every step and collects what must leave.
std::vector<Transmission> play(World& world, const Json& transcript) {
  std::vector<Transmission> expected;
  for (const Json& step : transcript.at("steps")) {
    const double t = step.at("t");
    if (step.contains("out")) {
      expected.push_back({t, step.at("out"), hex(step.at("raw"))});
      continue;
    }
    world.advance(t);
    world.receive(step.at("in"), hex(step.at("raw")));
  }
  return expected;
}

/// The time the reference read the path: its age is what is missing from the full lifetime.
double end_of(const Json& transcript) {
  const Json& steps = transcript.at("steps");
  double end = steps.back().at("t");
  const auto path = transcript.find("path");
  if (path == transcript.end() || path->is_null()) return end + 10;
  double first = 0;
  for (const Json& step : steps) {
    if (step.contains("in")) first = step.at("t");
    if (step.contains("in")) break;
  }
  return std::max(end, first + 604'800 - path->at("expires_in").get<double>());
}

void run_plain(const VectorFile& file, const Json& transcript) {
  auto world = world_of(file);
  for (const Seed& seed : seeds_of(transcript)) {
    world->router->restore_path(entry_of(*world, seed), world->time());
  }
  const auto expected = play(*world, transcript);
  world->advance(end_of(transcript));
  expect_sent(*world, expected);
  if (transcript.contains("path")) expect_path(*world, transcript.at("path"));
}

/// Our deliberate deviation: in the reference the proof from the wrong interface destroys the
/// reverse entry, and the right proof that follows is lost. Here the entry stays, so the last step,
/// silent in the transcript, relays the proof to A.
void run_data(const VectorFile& file, const Json& transcript) {
  auto world = world_of(file);
  for (const Seed& seed : seeds_of(transcript)) {
    world->router->restore_path(entry_of(*world, seed), world->time());
  }
  auto expected = play(*world, transcript);
  const Json& last = transcript.at("steps").back();
  ASSERT_EQ(last.at("in"), "C");
  Bytes relayed = hex(last.at("raw"));
  relayed[1] = 1;
  expected.push_back({last.at("t"), "A", relayed});
  expect_sent(*world, expected);
  EXPECT_EQ(world->count(border::Counter::kProofWrongInterface), 1u);
}

/// The transcript does not tell the destination's key, so its link proofs are signed anew with a
/// key of this test; hops, interfaces, order and everything else of the packets stay as recorded.
Json signed_anew(Json transcript, const crypto::PrivateIdentity& owner) {
  const auto link = fixed_hex<16>(transcript.at("link_id"));
  const std::string valid = transcript.at("steps").back().at("raw");
  for (Json& step : transcript.at("steps")) {
    Bytes raw = hex(step.at("raw"));
    const auto packet = wire::decode_packet(raw).value();
    if (packet.packet_type != wire::PacketType::kProof) continue;
    const auto proof = wire::decode_link_proof(packet.data).value();
    const auto signature = owner.sign(crypto::link_proof_signed_data(
        link, proof.agreement_key, crypto::verify_key(owner.public_identity()), proof.signalling));
    const bool damaged = to_hex(raw).substr(4) != valid.substr(4);
    std::copy(signature.bytes.begin(), signature.bytes.end(), raw.begin() + wire::kHeaderMin);
    if (damaged) raw[wire::kHeaderMin] ^= 1;
    step["raw"] = to_hex(raw);
  }
  return transcript;
}

void run_rebalancing(const VectorFile& file, const Json& recorded) {
  auto world = world_of(file);
  const test::Originator owner(5);
  const Json transcript = signed_anew(recorded, owner.identity());
  const Json& before = transcript.at("path_before");
  const Seed seed{before.at("interface"),
                  transcript.at("destination"),
                  before.at("hops"),
                  before.at("next_hop"),
                  concat({owner.identity().public_identity().view(), Bytes(84)}),
                  before.at("random_blobs").at(0)};
  world->router->restore_path(entry_of(*world, seed), world->time());
  const auto expected = play(*world, transcript);
  expect_sent(*world, expected);
  expect_path(*world, transcript.at("path"));
  EXPECT_EQ(world->count(border::Counter::kPathRebalanced), 1u);
}

void run_discovery(const VectorFile& file, const Json& transcript) {
  const auto id = fixed_hex<16>(file.root().at("transport_identity").at("hash"));
  World world(true, RouterLimits{}, id);
  world.up("A");
  world.up("B");
  InterfaceTraits gateway;
  gateway.mode = InterfaceMode::kGateway;
  world.up("G", gateway);
  const auto expected = play(world, transcript);
  expect_sent(world, expected);
  // The announce came at 1 s; the path was read 3 s later.
  const Json& path = transcript.at("path");
  const PathEntry* entry = world.router->path(world.router->path_destinations().at(0));
  EXPECT_EQ(entry->hops, path.at("hops").get<int>());
  EXPECT_EQ(entry->interface_name, path.at("interface"));
  EXPECT_EQ(to_hex(entry->next_hop), path.at("next_hop"));
}

void run_tunnel(const VectorFile& file, const Json& transcript) {
  const auto id = fixed_hex<16>(file.root().at("transport_identity").at("hash"));
  World world(true, RouterLimits{}, id);
  InterfaceTraits client;
  client.parent = "server";
  world.up("A");
  world.up("B", client);
  world.receive("B", hex(transcript.at("steps").at(0).at("raw")));
  const Json& path = transcript.at("path");
  const Seed seed{"B", path.at("next_hop"), path.at("hops"), "", {}, path.at("random_blobs").at(0)};
  world.router->restore_path(entry_of(world, seed), world.time());
  const auto destination = fixed_hex<16>(path.at("next_hop"));
  ASSERT_NE(world.router->path(destination), nullptr);
  world.advance(4);
  world.down("B");
  EXPECT_EQ(world.router->path(destination), nullptr);
  world.advance(9);
  world.up("B2", client);
  world.receive("B2", hex(transcript.at("steps").at(1).at("raw")));
  EXPECT_TRUE(world.tunnels.contains(fixed_hex<32>(transcript.at("tunnel_id"))));
  expect_path(world, path);
}

TEST(Transcripts, All) {
  const VectorFile file("transport_transcripts");
  file.each("transcripts", [&](const Json& transcript) {
    const std::string id = transcript.at("id");
    if (id.starts_with("data forwarding")) {
      run_data(file, transcript);
    } else if (id.starts_with("path re-balancing")) {
      run_rebalancing(file, transcript);
    } else if (id.starts_with("recursive path")) {
      run_discovery(file, transcript);
    } else if (id.starts_with("tunnel")) {
      run_tunnel(file, transcript);
    } else {
      run_plain(file, transcript);
    }
  });
}

}  // namespace
}  // namespace mehr::routing
