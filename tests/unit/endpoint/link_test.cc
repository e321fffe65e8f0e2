// Links: the four transcripts of links.json replayed from both ends byte for byte, and the life of
// a link: keepalives, silence, idleness, limits.
#include "controlplane/endpoint/link.h"

#include <gtest/gtest.h>

#include <deque>

#include "controlplane/endpoint/timing.h"
#include "core/crypto/hash.h"
#include "core/crypto/link_proof.h"
#include "tests/unit/endpoint/network.h"
#include "tests/unit/vector_file.h"

namespace mehr::endpoint {
namespace {

using test::fixed_hex;
using test::hex;
using test::Host;
using test::Json;
using test::Network;
using test::VectorFile;

/// Hands out given bytes first, then a seeded stream.
class ScriptedRandom final : public Random {
 public:
  void fill(MutableByteView out) override {
    if (script.empty()) return rest_.fill(out);
    ASSERT_EQ(script.front().size(), out.size());
    std::copy(script.front().begin(), script.front().end(), out.begin());
    script.pop_front();
  }
  std::deque<Bytes> script;

 private:
  SeededRandom rest_{1};
};

class Sink final : public routing::RouterSink, public EndpointSink {
 public:
  bool control(routing::InterfaceId, wire::HopControl, ByteView) override { return true; }
  void transmit(routing::InterfaceId, ByteView raw, wire::HopClass) override {
    out.push_back(to_bytes(raw));
  }
  void deliver(const routing::Delivery&) override {}
  void announce_heard(const routing::HeardAnnounce&) override {}
  void announce_wanted(const DestinationHash&, routing::InterfaceId) override {}
  void path_changed(const routing::PathEntry&) override {}
  void path_removed(const DestinationHash&) override {}
  void tunnel_changed(const routing::TunnelEntry&) override {}
  void tunnel_synthesis_wanted(routing::InterfaceId, const Hash32&) override {}
  void message_received(const Message&) override {}
  void message_changed(const Message&) override {}
  void announced(const DestinationHash&, UnixTime) override {}
  std::deque<Bytes> out;
};

constexpr routing::InterfaceId kInterface{1};

/// One host with one interface, and the owner's identity of the vector.
struct Side {
  explicit Side(const Json& item)
      : owner(*crypto::PrivateIdentity::from_bytes(hex(item["owner_private"]))),
        signer(owner),
        router({true, owner.public_identity(), owner.hash(), {}}, sink, random, counters),
        context{{}, router, signer, sink, random, counters, [] { return UnixTime{}; }} {
    routing::InterfaceTraits traits;
    traits.name = "wire";
    router.interface_up(kInterface, traits, context.now);
  }
  static routing::Delivery delivery(const Bytes& raw) {
    return {kInterface, {}, raw, *wire::decode_packet(raw), crypto::packet_hash(raw)};
  }
  Bytes sent() {
    if (sink.out.empty()) return {};
    Bytes out = sink.out.front();
    sink.out.pop_front();
    return out;
  }
  Sink sink;
  ScriptedRandom random;
  border::Counters counters;
  crypto::PrivateIdentity owner;
  signer::LocalSigner signer;
  routing::Router router;
  Context context;
};

class Transcript {
 public:
  explicit Transcript(const Json& item) : item_(item), initiator_(item), responder_(item) {}

  void run() {
    const auto mtu = item_["signalled_mtu"].get<std::uint32_t>();
    initiator_.random.script = {hex(item_["initiator_x25519_private"]),
                                hex(item_["initiator_ed25519_seed"])};
    from_ = Link::to(initiator_.context, fixed_hex<16>(item_["destination_hash"]),
                     initiator_.owner.public_identity(), mtu);
    EXPECT_EQ(from_->id(), fixed_hex<16>(item_["link_id"]));
    ASSERT_TRUE(from_->send_request());
    const Bytes request = raw("link_request");
    EXPECT_EQ(initiator_.sent(), request);

    responder_.random.script = {hex(item_["responder_x25519_private"])};
    const auto packet = wire::decode_packet(request);
    to_ = Link::from(responder_.context, *wire::decode_link_request(packet->data),
                     crypto::link_id(request), packet->destination, kInterface, 1, mtu);
    ASSERT_TRUE(to_);
    to_->send_proof();
    EXPECT_EQ(responder_.sent(), raw("link_proof"));

    initiator_.context.now += 100ms;
    ASSERT_TRUE(from_->prove(Side::delivery(raw("link_proof"))));
    EXPECT_EQ(from_->state(), Link::State::kActive);
    EXPECT_EQ(from_->mtu(), mtu);
    EXPECT_EQ(wire::link_mdu(from_->mtu()), item_["link_mdu"].is_null()
                                                ? wire::link_mdu(mtu)
                                                : item_["link_mdu"].get<std::size_t>());
    const Bytes rtt = initiator_.sent();
    ASSERT_EQ(rtt.size(), raw("rtt").size());
    EXPECT_EQ(to_bytes(ByteView(rtt).first(19)), to_bytes(ByteView(raw("rtt")).first(19)));
    for (const Json& step : item_["steps"])
      check(step);
  }

 private:
  Bytes raw(const std::string& name) {
    for (const Json& step : item_["steps"]) {
      if (step["step"] == name) return hex(step["raw"]);
    }
    ADD_FAILURE() << name;
    return {};
  }
  /// Every token of the transcript opens at the end it is for; every proof comes out the same.
  void check(const Json& step) {
    const std::string name = step["step"];
    SCOPED_TRACE(name);
    const Bytes bytes = hex(step["raw"]);
    const bool outbound = step["dir"] == "initiator";
    Link& receiver = outbound ? *to_ : *from_;
    Link& sender = outbound ? *from_ : *to_;
    Side& sending = outbound ? initiator_ : responder_;
    if (name == "keepalive" || name == "keepalive_answer") {
      const ByteView data = wire::decode_packet(bytes)->data;
      sender.send_clear(wire::PacketType::kData, wire::Context::kKeepalive, data);
      EXPECT_EQ(sending.sent(), bytes);
      return;
    }
    if (name == "data_proof" || name == "channel_proof") {
      const std::string proved = name.substr(0, name.find('_'));
      sender.prove_packet(crypto::packet_hash(raw(proved)));
      EXPECT_EQ(sending.sent(), bytes);
      return;
    }
    if (!step.contains("plaintext")) return;  // request and proof, checked above
    const routing::Delivery delivery = Side::delivery(bytes);
    const auto plaintext = receiver.open(delivery);
    ASSERT_TRUE(plaintext);
    EXPECT_EQ(*plaintext, hex(step["plaintext"]));
    if (name == "rtt") {
      to_->activate(0.1);
      EXPECT_EQ(to_->state(), Link::State::kActive);
      EXPECT_EQ(to_->rtt(), 100ms);
    }
    if (name == "identify") {
      to_->identify(*plaintext);
      const auto who = crypto::PrivateIdentity::from_bytes(hex(step["identity_private"]));
      EXPECT_EQ(to_->peer_identity(), who->public_identity());
      to_->identify(*plaintext);
    }
    if (name == "close") {
      EXPECT_EQ(*plaintext, to_bytes(to_->id().view()));
    }
    // And what we seal, the other end opens.
    sender.send(delivery.packet.context, *plaintext);
    const Bytes ours = sending.sent();
    EXPECT_EQ(ours.size(), bytes.size());
    EXPECT_EQ(receiver.open(Side::delivery(ours)), plaintext);
  }

  const Json& item_;
  Side initiator_, responder_;
  std::unique_ptr<Link> from_, to_;
};

TEST(Link, EveryTranscriptOfTheReference) {
  VectorFile("links").each("links", [](const Json& item) { Transcript(item).run(); });
}

TEST(Link, BadProofsAreRefusedAndCounted) {
  const VectorFile file("links");
  const Json& item = file.root()["links"][0];
  Side side(item);
  const auto owner = side.owner.public_identity();
  auto link = Link::to(side.context, fixed_hex<16>(item["destination_hash"]), owner, 500);
  Hash32 key = crypto::agreement_public(Hash32{}.view());
  const auto proof = [&](std::uint32_t mtu, std::uint8_t mode, bool sign) {
    const auto signalling = wire::encode_link_signalling({mtu, mode});
    const Bytes material =
        crypto::link_proof_signed_data(link->id(), key, crypto::verify_key(owner), signalling);
    Signature signature = side.owner.sign(material);
    if (!sign) signature.bytes[0] ^= 1;
    return crypto::encode_link_proof_packet(link->id(), {signature, key, signalling});
  };
  for (const Bytes& bad : {proof(500, 1, false), proof(501, 1, true), proof(100, 1, true),
                           proof(500, 0, true), proof(500, 2, true)}) {
    EXPECT_FALSE(link->prove(Side::delivery(bad)));
    EXPECT_EQ(link->state(), Link::State::kPending);
  }
  EXPECT_EQ(side.counters.value(border::Counter::kEndpointLinkProofBad), 5U);
  EXPECT_TRUE(link->prove(Side::delivery(proof(500, 1, true))));
}

/// Two hosts with a link that carried a message.
class Linked : public testing::Test {
 protected:
  void SetUp() override {
    net.join(a, b);
    net.announce();
    const auto sent = a.endpoint->send_message(b.address(), "", std::string(1'000, 'm'), net.now());
    ASSERT_TRUE(
        net.run_until([&] { return a.outbox[sent->id].state == MessageState::kDelivered; }, 30s));
    ASSERT_EQ(a.endpoint->open_links(), 1U);
    ASSERT_EQ(b.endpoint->open_links(), 1U);
  }
  Network net;
  Host& a = net.add();
  Host& b = net.add();
};

TEST_F(Linked, KeepalivesHoldItOpenUntilItIsIdleTooLong) {
  net.run(kLinkIdleClose - 60s);
  EXPECT_EQ(a.endpoint->open_links(), 1U);
  EXPECT_EQ(b.endpoint->open_links(), 1U);
  net.run(70s);
  EXPECT_EQ(a.endpoint->open_links(), 0U);
  EXPECT_EQ(b.endpoint->open_links(), 0U) << "the close was not understood";
}

TEST_F(Linked, IsUsedAgainForTheNextMessage) {
  const auto opened = a.counters.value(border::Counter::kEndpointLinksOpened);
  const auto sent = a.endpoint->send_message(b.address(), "", std::string(2'000, 'n'), net.now());
  net.run(5s);
  EXPECT_EQ(a.outbox[sent->id].state, MessageState::kDelivered);
  EXPECT_EQ(a.counters.value(border::Counter::kEndpointLinksOpened), opened);
}

TEST_F(Linked, SilenceClosesBothEnds) {
  net.set_loss(1);
  net.run(60s);
  EXPECT_EQ(a.endpoint->open_links(), 0U);
  EXPECT_EQ(b.endpoint->open_links(), 0U);
}

TEST_F(Linked, ARestartedPeerCostsANewLinkNotTheMessage) {
  b.stop();
  b.start();
  const auto sent = a.endpoint->send_message(b.address(), "", std::string(3'000, 'n'), net.now());
  EXPECT_TRUE(
      net.run_until([&] { return a.outbox[sent->id].state == MessageState::kDelivered; }, 120s))
      << a.outbox[sent->id].reason;
}

TEST_F(Linked, AnInterfaceThatGoesDownTakesItsLinks) {
  const routing::InterfaceId id = a.interfaces.begin()->first;
  a.router->interface_down(id, net.now());
  a.endpoint->interface_down(id, net.now());
  EXPECT_EQ(a.endpoint->open_links(), 0U);
}

TEST(Links, AreBounded) {
  EndpointConfig config;
  config.max_links = 4;
  Network net;
  Host& b = net.add(config);
  std::vector<Host*> others;
  for (int i = 0; i < 6; ++i) {
    others.push_back(&net.add());
    net.join(*others.back(), b);
  }
  net.announce();
  std::vector<Hash32> ids;
  for (Host* host : others) {
    ids.push_back(
        host->endpoint->send_message(b.address(), "", std::string(1'000, 'm'), net.now())->id);
  }
  net.run(60s);
  EXPECT_EQ(b.endpoint->open_links(), 4U);
  EXPECT_GT(b.counters.value(border::Counter::kEndpointLinkRefused), 0U);
}

TEST(Links, HalfOpenOnesGiveWay) {
  EndpointConfig config;
  config.max_links = 4;
  Network net;
  Host& a = net.add();
  Host& b = net.add(config);
  net.join(a, b);
  net.announce();
  // Requests whose initiator never goes on.
  for (std::uint8_t i = 0; i < 20; ++i) {
    wire::LinkRequest request;
    SeededRandom random(i);
    request.agreement_key = crypto::agreement_public(random.fixed<32>().view());
    request.verify_key = random.fixed<32>();
    const Bytes payload = wire::encode_link_request(request);
    wire::Packet packet;
    packet.packet_type = wire::PacketType::kLinkRequest;
    packet.destination = b.address();
    packet.data = payload;
    b.receive(b.interfaces.begin()->first, wire::encode_packet(packet));
  }
  const auto sent = a.endpoint->send_message(b.address(), "", std::string(1'000, 'm'), net.now());
  EXPECT_TRUE(
      net.run_until([&] { return a.outbox[sent->id].state == MessageState::kDelivered; }, 60s));
}

TEST(Links, MalformedRequestsAreCounted) {
  Network net;
  Host& a = net.add();
  Host& b = net.add();
  net.join(a, b);
  SeededRandom random(3);
  for (const std::size_t size : {0U, 63U, 65U, 66U, 68U, 67U}) {
    Bytes payload(size);
    random.fill(payload);
    if (size == 67) payload[64] = 0x40;  // mode 2
    wire::Packet packet;
    packet.packet_type = wire::PacketType::kLinkRequest;
    packet.destination = b.address();
    packet.data = payload;
    b.receive(b.interfaces.begin()->first, wire::encode_packet(packet));
  }
  EXPECT_EQ(b.counters.value(border::Counter::kEndpointLinkRefused), 6U);
}

}  // namespace
}  // namespace mehr::endpoint
