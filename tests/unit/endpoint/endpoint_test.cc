// The endpoint's other duties: announces, names, ratchets, pings, late signers, and hostile
// packets.
#include <gtest/gtest.h>

#include "core/crypto/announce.h"
#include "core/crypto/hash.h"
#include "core/crypto/token.h"
#include "core/wire/lxmf.h"
#include "tests/unit/endpoint/network.h"

namespace mehr::endpoint {
namespace {

using test::Host;
using test::Network;
using test::WireSettings;

const WireSettings kDiscovering{.mode = routing::InterfaceMode::kGateway};

std::optional<PingResult> ping(Network& net, Host& from, const DestinationHash& to,
                               std::size_t size = 16, Duration timeout = 10s) {
  std::optional<PingResult> result;
  from.endpoint->ping(
      to, size, timeout, [&](const PingResult& got) { result = got; }, net.now());
  from.settle();
  net.run_until([&] { return result.has_value(); }, timeout + 1s);
  return result;
}

TEST(Endpoint, AnnouncesNeverGrowOlderWhenTheClockIsSetBack) {
  Network net;
  Host &a = net.add(), &b = net.add();
  net.join(a, b);
  const auto known = [&] {
    const routing::PathEntry* path = b.router->path(a.address());
    return path == nullptr ? 0 : wire::Announce::emission_time(path->blobs.back());
  };
  net.wall_shift = 24h * 365 * 8;
  a.endpoint->announce(net.now());
  net.run(3s);
  const std::uint64_t future = known();
  ASSERT_GT(future, 0U);
  net.wall_shift = {};
  a.endpoint->announce(net.now());
  net.run(3s);
  EXPECT_EQ(known(), future + 1) << "nobody would have taken it as news";
}

// A announced itself from a future that its clock then forgot, and starts anew.
class AfterTheFuture : public testing::Test {
 protected:
  AfterTheFuture() {
    net.join(a, b);
    net.wall_shift = 24h * 365 * 8;
    a.endpoint->announce(net.now());
    net.run(3s);
    future = known();
    net.wall_shift = {};
    a.stop();
  }
  std::uint64_t known() const {
    const routing::PathEntry* path = b.router->path(a.address());
    return path == nullptr ? 0 : wire::Announce::emission_time(path->blobs.back());
  }
  Network net;
  Host &a = net.add(), &b = net.add();
  std::uint64_t future = 0;
};

TEST_F(AfterTheFuture, TheStoreRemembersTheLatestAnnounce) {
  ASSERT_GT(future, 0U);
  a.start();
  a.endpoint->announce(net.now());
  net.run(3s);
  EXPECT_EQ(known(), future + 1);
}

TEST_F(AfterTheFuture, WithoutItANeighbourDoes) {
  a.emissions.clear();
  a.start();
  a.endpoint->announce(net.now());
  net.run(3s);
  EXPECT_EQ(known(), future) << "which is old news";
  net.run(10s);
  EXPECT_EQ(known(), future + 1);
  EXPECT_EQ(to_seconds(a.emissions[a.address()].time_since_epoch()),
            static_cast<double>(future + 1));
}

TEST_F(AfterTheFuture, OneThatNobodySignedTeachesNothing) {
  a.start();
  const auto before = a.emissions[a.address()];
  const routing::PathEntry* path = b.router->path(a.address());
  Bytes forged = path->announce_payload;
  forged[74 + 5] ^= 1;  // emitted long after
  wire::Packet packet;
  packet.packet_type = wire::PacketType::kAnnounce;
  packet.destination = a.address();
  packet.data = forged;
  a.receive(a.interfaces.begin()->first, wire::encode_packet(packet));
  net.run(10s);
  EXPECT_EQ(a.emissions[a.address()], before);
}

TEST(Endpoint, AnnouncesOnStartAndAtIntervals) {
  EndpointConfig config;
  config.announce_interval = 600s;
  Network net;
  Host& a = net.add(config);
  Host& b = net.add();
  net.join(a, b);
  net.run(10s);
  EXPECT_EQ(a.counters.value(border::Counter::kEndpointAnnounces), 2U);
  EXPECT_NE(b.router->path(a.address()), nullptr);
  EXPECT_NE(b.router->path(a.probe_address()), nullptr);
  EXPECT_EQ(b.endpoint->peer_name(a.address()), "host 1");
  EXPECT_EQ(b.endpoint->peer_name(a.probe_address()), "");
  EXPECT_TRUE(a.endpoint->local_destinations()[0].announced);
  EXPECT_FALSE(b.endpoint->local_destinations()[0].announced) << "an interval of zero means never";
  net.run(1300s);
  EXPECT_EQ(a.counters.value(border::Counter::kEndpointAnnounces), 6U);
}

TEST(Endpoint, AnInterfaceThatComesUpLaterHearsTheLatestAnnounces) {
  EndpointConfig config;
  config.announce_interval = 6h;
  Network net;
  Host& a = net.add(config);
  Host& early = net.add();
  net.join(a, early);
  net.run(60s);
  ASSERT_EQ(a.counters.value(border::Counter::kEndpointAnnounces), 2U);
  Host& late = net.add();
  Host& guest = net.add();
  net.join(a, late);
  net.join(a, guest, {.mode = routing::InterfaceMode::kAccessPoint});
  net.run(10s);
  EXPECT_NE(late.router->path(a.address()), nullptr);
  EXPECT_NE(late.router->path(a.probe_address()), nullptr);
  EXPECT_EQ(guest.router->path(a.address()), nullptr) << "access points hear of nobody unasked";
  EXPECT_EQ(a.counters.value(border::Counter::kEndpointAnnounces), 2U) << "the same emission";
}

TEST(Endpoint, NamesSurviveInThePathTable) {
  Network net;
  Host& a = net.add();
  Host& b = net.add();
  net.join(a, b);
  net.announce();
  b.stop();
  b.start();
  EXPECT_EQ(b.endpoint->peer_name(a.address()), "host 1");
}

TEST(Endpoint, AnswersPathRequestsOnTheirInterface) {
  Network net;
  Host& a = net.add();
  Host& g = net.add();
  Host& b = net.add();
  net.join(a, g, kDiscovering);
  net.join(g, b, kDiscovering);
  a.router->request_path(b.address(), net.now(), true);
  net.run(10s);
  ASSERT_NE(a.router->path(b.address()), nullptr);
  EXPECT_EQ(a.router->path(b.address())->hops, 2);
}

TEST(Ping, ReachesProbeAndDeliveryDestinations) {
  Network net;
  Host& a = net.add();
  Host& g = net.add();
  Host& b = net.add();
  net.join(a, g, kDiscovering);
  net.join(g, b, kDiscovering);
  for (const DestinationHash& to : {b.probe_address(), b.address(), g.probe_address()}) {
    for (const std::size_t size : {0U, 16U, 80U}) {
      const auto result = ping(net, a, to, size);
      ASSERT_TRUE(result);
      EXPECT_TRUE(result->answered) << result->reason;
      EXPECT_EQ(result->hops, to == g.probe_address() ? 1 : 2);
      EXPECT_GT(result->rtt_ms, 3.9);
      EXPECT_LT(result->rtt_ms, 100);
      EXPECT_GT(result->wire_bytes, 19 + 32 + 48 + size);
    }
  }
  EXPECT_EQ(ping(net, a, b.probe_address(), 383)->answered, true);
  EXPECT_EQ(ping(net, a, b.probe_address(), 384)->answered, false);
}

TEST(Ping, SaysWhyNot) {
  EndpointConfig silent;
  silent.respond_to_probes = false;
  Network net;
  Host& a = net.add();
  Host& b = net.add(silent);
  net.join(a, b);
  net.announce();
  const auto nowhere = ping(net, a, b.probe_address());
  ASSERT_TRUE(nowhere);
  EXPECT_FALSE(nowhere->answered);
  EXPECT_EQ(nowhere->reason, "no path to the destination");
  b.stop();
  const auto lost = ping(net, a, b.address());
  ASSERT_TRUE(lost);
  EXPECT_FALSE(lost->answered);
  EXPECT_EQ(lost->reason, "no proof came back in time");
}

TEST(Ping, TooManyAreRefused) {
  Network net;
  Host& a = net.add();
  int refused = 0;
  DestinationHash to;
  for (int i = 0; i < 70; ++i) {
    a.endpoint->ping(
        to, 16, 10s, [&](const PingResult& r) { refused += r.reason[0] == '6'; }, net.now());
  }
  EXPECT_EQ(refused, 6);
}

/// A peer made by hand: its announces and packets are injected as raw bytes.
class ByHand : public testing::Test {
 protected:
  void SetUp() override { net.join(b, other); }
  Bytes announce(const std::optional<Hash32>& ratchet, std::string_view name = "by hand") {
    crypto::AnnounceDraft draft;
    draft.name = crypto::name_hash("lxmf.delivery");
    draft.destination = address();
    draft.identity = peer.public_identity();
    draft.random_hash = crypto::announce_random_hash(random.fixed<5>(), net.wall());
    draft.ratchet = ratchet;
    draft.app_data = wire::encode_lxmf_announce(name);
    return crypto::encode_announce(draft, peer.sign(crypto::signed_material(draft)),
                                   wire::Context::kNone);
  }
  DestinationHash address() const {
    return crypto::destination_hash(crypto::name_hash("lxmf.delivery"), peer.hash());
  }
  routing::InterfaceId wire_id() const { return b.interfaces.begin()->first; }
  void inject(const Bytes& raw) { b.receive(wire_id(), raw); }
  Bytes packed(std::string_view content, bool sign_right = true) {
    const Bytes payload =
        wire::encode_lxmf_payload(1'767'225'600.5, {}, as_bytes(content), Bytes{0x80});
    const Hash32 id = crypto::sha256(wire::lxmf_hashed_part(b.address(), address(), payload));
    Signature signature =
        peer.sign(wire::lxmf_signed_material(b.address(), address(), payload, id));
    if (!sign_right) signature.bytes[5] ^= 1;
    return wire::encode_lxmf(b.address(), address(), signature, payload);
  }
  Bytes to_b(ByteView plaintext) {
    const auto sealed = crypto::seal_to_identity(*net_identity(), std::nullopt, plaintext, random);
    wire::Packet packet;
    packet.destination = b.address();
    packet.data = *sealed;
    return wire::encode_packet(packet);
  }
  std::optional<PublicIdentity> net_identity() { return other.router->known_identity(b.address()); }

  Network net;
  Host& b = net.add();
  Host& other = net.add();
  SeededRandom random{77};
  crypto::PrivateIdentity peer = crypto::PrivateIdentity::generate(random);
};

TEST_F(ByHand, NewestRatchetIsUsed) {
  const Hash32 first = random.fixed<32>(), second = random.fixed<32>();
  std::vector<Bytes> seen;
  b.swallow = [&](const wire::Packet& packet) {
    if (packet.destination == address() && packet.packet_type == wire::PacketType::kData) {
      seen.push_back(to_bytes(packet.data));
    }
    return false;
  };
  const auto opens = [&](std::optional<Hash32> ratchet) {
    seen.clear();
    EXPECT_TRUE(b.endpoint->send_message(address(), "", "hello", net.now()).ok());
    net.run(1s);
    if (seen.empty()) return false;
    std::vector<Hash32> keys;
    if (ratchet) keys.push_back(*ratchet);
    return crypto::open_from_identity(peer, keys, ratchet.has_value(), seen.back()).has_value();
  };
  inject(announce(crypto::agreement_public(first.view())));
  EXPECT_TRUE(opens(first));
  net.run(30s);
  inject(announce(crypto::agreement_public(second.view())));
  EXPECT_TRUE(opens(second));
  net.run(30s);
  inject(announce(std::nullopt));
  EXPECT_TRUE(opens(std::nullopt));
}

TEST_F(ByHand, ForgedMessagesAreDroppedUnknownSendersVerifiedLater) {
  net.announce();
  inject(to_b(ByteView(packed("before the announce")).subspan(16)));
  ASSERT_EQ(b.inbox.size(), 1U);
  EXPECT_FALSE(b.inbox.begin()->second.signature_verified);
  inject(announce(std::nullopt));
  net.run(1s);
  EXPECT_TRUE(b.inbox.begin()->second.signature_verified);
  EXPECT_EQ(b.endpoint->peer_name(address()), "by hand");

  inject(to_b(ByteView(packed("forged", false)).subspan(16)));
  EXPECT_EQ(b.inbox.size(), 1U);
  EXPECT_EQ(b.counters.value(border::Counter::kMessageForged), 1U);
  const std::size_t before = b.transmitted;
  inject(to_b(Bytes(200, 0x55)));
  EXPECT_EQ(b.counters.value(border::Counter::kMessageMalformed), 1U);
  EXPECT_EQ(b.transmitted, before) << "what is no message must not be proved";
  Bytes damaged = to_b(ByteView(packed("damaged")).subspan(16));
  damaged.back() ^= 1;
  inject(damaged);
  EXPECT_EQ(b.counters.value(border::Counter::kEndpointUndecryptable), 1U);
  EXPECT_EQ(b.inbox.size(), 1U);
}

TEST_F(ByHand, AMessageForSomebodyElseIsNotOurs) {
  net.announce();
  inject(announce(std::nullopt));
  // Addressed inside to another destination; the outer packet is ours.
  Bytes inside = packed("x");
  inside[0] ^= 1;
  inject(to_b(inside));
  EXPECT_TRUE(b.inbox.empty());
}

TEST_F(ByHand, RandomPacketsToOurDestinationsDoNothing) {
  net.announce();
  for (int i = 0; i < 3'000; ++i) {
    wire::Packet packet;
    packet.destination = i % 2 == 0 ? b.address() : b.probe_address();
    packet.packet_type = static_cast<wire::PacketType>(random.below(4));
    packet.destination_type = static_cast<wire::DestinationType>(random.below(4));
    packet.context = static_cast<wire::Context>(random.below(256));
    Bytes data(random.below(300));
    random.fill(data);
    packet.data = data;
    inject(wire::encode_packet(packet));
  }
  net.run(10s);
  EXPECT_TRUE(b.inbox.empty());
  EXPECT_LE(b.endpoint->open_links(), 0U);
}

/// Answers only when told to.
class LateSigner final : public signer::Signer {
 public:
  explicit LateSigner(crypto::PrivateIdentity identity) : inner_(std::move(identity)) {}
  const PublicIdentity& identity() const override { return inner_.identity(); }
  const IdentityHash& identity_hash() const override { return inner_.identity_hash(); }
  void sign(signer::Purpose purpose, Bytes material, signer::SignDone done) override {
    waiting.push_back([this, purpose, material, done] { inner_.sign(purpose, material, done); });
  }
  void open(Bytes ciphertext, std::vector<Hash32>, signer::OpenDone done) override {
    waiting.push_back([this, ciphertext, done] { inner_.open(ciphertext, {}, done); });
  }
  std::vector<std::function<void()>> waiting;

 private:
  signer::LocalSigner inner_;
};

TEST(Endpoint, ALateSignerDelaysAndADeadEndpointIsNotTouched) {
  Network net;
  Host& host = net.add();  // lends its sinks
  SeededRandom random(5);
  border::Counters counters;
  LateSigner late(crypto::PrivateIdentity::generate(random));
  auto endpoint = std::make_unique<Endpoint>(EndpointConfig{}, *host.router, late, host, random,
                                             counters, [&] { return net.wall(); });
  endpoint->tick(net.now());
  endpoint->announce(net.now());
  EXPECT_EQ(counters.value(border::Counter::kEndpointAnnounces), 0U);
  DestinationHash to;
  ASSERT_TRUE(endpoint->send_message(to, "", "x", net.now()).ok());
  EXPECT_EQ(endpoint->next_due(), Time::max());
  const auto requests = std::move(late.waiting);
  late.waiting.clear();
  for (const auto& request : requests)
    request();
  EXPECT_EQ(counters.value(border::Counter::kEndpointAnnounces), 2U);
  EXPECT_EQ(endpoint->next_due(), net.now()) << "the signed message can be sent now";
  endpoint->announce(net.now());
  endpoint.reset();
  for (const auto& request : late.waiting)
    request();
  EXPECT_EQ(counters.value(border::Counter::kEndpointAnnounces), 2U);
}

}  // namespace
}  // namespace mehr::endpoint
