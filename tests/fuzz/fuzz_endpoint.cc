// Packets into an endpoint that has an open link: raw ones, ones sealed to its address and ones
// sealed with the link's keys, so that the bytes inside are hostile as well. The input is a list of
// steps: operation 1, length 2, bytes. Nothing may crash, and every table must stay in its bounds.
#include <array>
#include <cstdlib>
#include <deque>

#include "controlplane/endpoint/endpoint.h"
#include "controlplane/signer/local_signer.h"
#include "core/crypto/announce.h"
#include "core/crypto/hash.h"
#include "core/crypto/link_proof.h"
#include "core/crypto/token.h"
#include "core/wire/link.h"

using namespace mehr;

namespace {

constexpr routing::InterfaceId kInterface{1};

/// A host whose router, endpoint and sinks are real, and an attacker on its only interface who
/// knows every key it is entitled to.
class Scene final : public routing::RouterSink, public endpoint::EndpointSink {
 public:
  Scene() {
    routing::InterfaceTraits traits;
    traits.name = "wire";
    traits.hardware_mtu = 1064;
    traits.autoconfigure_mtu = true;
    router_.interface_up(kInterface, traits, now_);
    endpoint_.tick(now_);
    announce();
    open_link();
    // An outgoing message to the attacker, waiting for proofs and links he can fake or answer.
    (void)endpoint_.send_message(peer_address_, "t", std::string(2'000, 'c'), now_);
    advance(10ms);
  }

  void step(std::uint8_t operation, ByteView bytes) {
    switch (operation % 6) {
      case 0:
        inject(bytes);
        break;
      case 1:
        link_packet(bytes, true);
        break;
      case 2:
        link_packet(bytes, false);
        break;
      case 3: {
        wire::Packet packet;
        packet.destination = address_;
        const auto sealed =
            crypto::seal_to_identity(identity_.public_identity(), std::nullopt, bytes, random_);
        packet.data = *sealed;
        inject(wire::encode_packet(packet));
        break;
      }
      case 4:
        advance(from_seconds(bytes.empty() ? 0.01 : bytes[0] * 0.5));
        break;
      default:
        answer(bytes);
        break;
    }
    if (endpoint_.open_links() > 8 || received_ > 10'000) std::abort();
  }

  bool control(routing::InterfaceId, wire::HopControl, ByteView) override { return true; }
  void transmit(routing::InterfaceId, ByteView raw, wire::HopClass) override {
    last_ = to_bytes(raw);
    if (const auto packet = wire::decode_packet(raw)) {
      if (packet->packet_type == wire::PacketType::kLinkRequest) request_ = last_;
      if (packet->context == wire::Context::kLinkRequestProof) proof_ = last_;
    }
  }
  void deliver(const routing::Delivery& d) override {
    queue_.push_back({d.from, to_bytes(d.raw), d.hash});
  }
  void announce_heard(const routing::HeardAnnounce& heard) override {
    heard_.emplace_back(heard, to_bytes(heard.announce.app_data));
  }
  void announce_wanted(const DestinationHash& d, routing::InterfaceId) override {
    wanted_.push_back(d);
  }
  void path_changed(const routing::PathEntry&) override {}
  void path_removed(const DestinationHash&) override {}
  void tunnel_changed(const routing::TunnelEntry&) override {}
  void tunnel_synthesis_wanted(routing::InterfaceId, const Hash32&) override {}
  void message_received(const endpoint::Message& message) override {
    ++received_;
    endpoint_.message_stored(message.id, now_);
  }
  void message_changed(const endpoint::Message&) override {}
  void announced(const DestinationHash&, UnixTime) override {}

 private:
  struct Held {
    routing::InterfaceId from;
    Bytes raw;
    Hash32 hash;
  };

  void inject(ByteView raw) {
    router_.receive(kInterface, raw, {}, now_);
    settle();
  }
  void settle() {
    while (!queue_.empty() || !heard_.empty() || !wanted_.empty()) {
      if (!queue_.empty()) {
        const Held held = std::move(queue_.front());
        queue_.pop_front();
        const auto packet = wire::decode_packet(held.raw);
        endpoint_.deliver({held.from, {}, held.raw, *packet, held.hash}, now_);
      } else if (!heard_.empty()) {
        auto [heard, app_data] = std::move(heard_.front());
        heard_.pop_front();
        heard.announce.app_data = app_data;
        endpoint_.announce_heard(heard, now_);
      } else {
        const DestinationHash destination = wanted_.front();
        wanted_.pop_front();
        endpoint_.announce_wanted(destination, kInterface, now_);
      }
    }
  }
  void advance(Duration time) {
    now_ += time;
    router_.tick(now_);
    settle();
    for (int i = 0; i < 10 && endpoint_.next_due() <= now_; ++i)
      endpoint_.tick(now_);
    settle();
  }
  void announce() {
    crypto::AnnounceDraft draft;
    draft.name = crypto::name_hash("lxmf.delivery");
    draft.destination = peer_address_;
    draft.identity = peer_.public_identity();
    draft.random_hash = crypto::announce_random_hash(random_.fixed<5>(), UnixTime{} + 100s);
    inject(crypto::encode_announce(draft, peer_.sign(crypto::signed_material(draft)),
                                   wire::Context::kNone));
  }
  void open_link() {
    const Hash32 agreement = random_.fixed<32>();
    wire::LinkRequest request;
    request.agreement_key = crypto::agreement_public(agreement.view());
    request.verify_key = crypto::SigningKey(random_.fixed<32>().view()).public_key();
    request.signalling = wire::LinkSignalling{500, wire::kLinkModeAes256Cbc};
    const Bytes payload = wire::encode_link_request(request);
    wire::Packet packet;
    packet.packet_type = wire::PacketType::kLinkRequest;
    packet.destination = address_;
    packet.data = payload;
    const Bytes raw = wire::encode_packet(packet);
    inject(raw);
    link_ = crypto::link_id(raw);
    const auto proof = wire::decode_link_proof(wire::decode_packet(proof_)->data);
    key_ = crypto::link_key(*crypto::agree(agreement.view(), proof->agreement_key.view()), link_);
    const Bytes rtt = *from_hex("fecb3f50624dd2f1a9fc");
    link_packet(rtt, true);
    if (endpoint_.open_links() != 1) std::abort();
  }
  /// First byte: context, and in clear packets the packet type from the length's parity.
  void link_packet(ByteView bytes, bool sealed) {
    if (bytes.empty()) return;
    wire::Packet packet;
    packet.destination_type = wire::DestinationType::kLink;
    packet.destination = link_;
    packet.context = static_cast<wire::Context>(bytes[0]);
    const ByteView body = bytes.subspan(1);
    const Bytes data =
        sealed ? crypto::seal_token(key_.view(), random_.fixed<16>(), body) : to_bytes(body);
    if (!sealed && bytes.size() % 2 == 0) packet.packet_type = wire::PacketType::kProof;
    packet.data = data;
    inject(wire::encode_packet(packet));
  }
  /// As the responder of the endpoint's own link request: a valid proof, then sealed contents.
  void answer(ByteView bytes) {
    if (request_.empty()) return;
    const auto packet = wire::decode_packet(request_);
    const auto request = wire::decode_link_request(packet->data);
    const LinkId id = crypto::link_id(request_);
    const Hash32 agreement = random_.fixed<32>();
    const auto shared = crypto::agree(agreement.view(), request->agreement_key.view());
    if (!shared) return;
    const Hash32 key = crypto::agreement_public(agreement.view());
    const auto signalling = wire::encode_link_signalling(*request->signalling);
    const Signature signature = peer_.sign(crypto::link_proof_signed_data(
        id, key, crypto::verify_key(peer_.public_identity()), signalling));
    inject(crypto::encode_link_proof_packet(id, {signature, key, signalling}));
    request_.clear();
    link_ = id;
    key_ = crypto::link_key(*shared, id);
    link_packet(bytes, true);
  }

  SeededRandom random_{1};
  border::Counters counters_;
  Time now_{1s};
  std::deque<Held> queue_;
  std::deque<std::pair<routing::HeardAnnounce, Bytes>> heard_;
  std::deque<DestinationHash> wanted_;
  Bytes last_, request_, proof_;
  std::size_t received_ = 0;
  crypto::PrivateIdentity identity_ = crypto::PrivateIdentity::generate(random_);
  crypto::PrivateIdentity peer_ = crypto::PrivateIdentity::generate(random_);
  DestinationHash address_ =
      crypto::destination_hash(crypto::name_hash("lxmf.delivery"), identity_.hash());
  DestinationHash peer_address_ =
      crypto::destination_hash(crypto::name_hash("lxmf.delivery"), peer_.hash());
  LinkId link_;
  FixedBytes<64> key_;
  signer::LocalSigner signer_{identity_};
  routing::Router router_{
      {true, identity_.public_identity(), identity_.hash(), {}}, *this, random_, counters_};
  endpoint::EndpointConfig config_ = [] {
    endpoint::EndpointConfig config;
    config.max_links = 8;
    config.max_message_bytes = 20'000;
    return config;
  }();
  endpoint::Endpoint endpoint_{config_, router_, signer_, *this, random_, counters_, [this] {
                                 return UnixTime{} + now_.time_since_epoch();
                               }};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Scene scene;
  ByteReader steps({data, size});
  for (int i = 0; i < 64 && steps.remaining() >= 3; ++i) {
    const std::uint8_t operation = steps.u8();
    const std::size_t length = std::min<std::size_t>(steps.u16_be(), steps.remaining());
    scene.step(operation, steps.take(std::min<std::size_t>(length, 480)));
  }
  return 0;
}
