// The two handshakes, the packet path and the watchdog of one link.
#include "controlplane/endpoint/link.h"

#include <algorithm>

#include "controlplane/endpoint/timing.h"
#include "core/crypto/hash.h"
#include "core/crypto/link_proof.h"
#include "core/crypto/proof.h"
#include "core/crypto/token.h"
#include "core/wire/msgpack.h"

namespace mehr::endpoint {

using border::Counter;

Link::Link(Context& context, bool initiator)
    : context_(context),
      initiator_(initiator),
      agreement_private_(context.random.fixed<32>()),
      agreement_public_(crypto::agreement_public(agreement_private_.view())),
      mtu_(static_cast<std::uint32_t>(wire::kMtu)),
      created_(context.now),
      deadline_(context.now),
      last_inbound_(context.now),
      last_outbound_(context.now),
      last_keepalive_(context.now),
      last_payload_(context.now) {}

Link::~Link() {
  wipe(agreement_private_.mutable_view());
  wipe(key_.mutable_view());
}

std::unique_ptr<Link> Link::to(Context& context, const DestinationHash& destination,
                               const PublicIdentity& identity, std::uint32_t mtu) {
  std::unique_ptr<Link> link(new Link(context, true));
  Hash32 seed = context.random.fixed<32>();
  link->signing_.emplace(seed.view());
  wipe(seed.mutable_view());
  link->peer_ = link->destination_ = destination;
  link->identity_ = identity;
  link->peer_verify_key_ = *Hash32::from(crypto::verify_key(identity));
  link->mtu_ = mtu;
  wire::LinkRequest request;
  request.agreement_key = link->agreement_public_;
  request.verify_key = link->signing_->public_key();
  request.signalling = wire::LinkSignalling{mtu, wire::kLinkModeAes256Cbc};
  const Bytes payload = wire::encode_link_request(request);
  wire::Packet packet;
  packet.packet_type = wire::PacketType::kLinkRequest;
  packet.destination = destination;
  packet.data = payload;
  link->request_ = wire::encode_packet(packet);
  link->id_ = crypto::link_id(link->request_);
  return link;
}

std::unique_ptr<Link> Link::from(Context& context, const wire::LinkRequest& request,
                                 const LinkId& id, const DestinationHash& destination,
                                 routing::InterfaceId interface, std::uint8_t hops,
                                 std::uint32_t mtu) {
  std::unique_ptr<Link> link(new Link(context, false));
  link->id_ = id;
  link->destination_ = destination;
  link->interface_ = interface;
  link->hops_ = hops;
  link->mtu_ = mtu;
  link->peer_verify_key_ = request.verify_key;
  auto shared = crypto::agree(link->agreement_private_.view(), request.agreement_key.view());
  if (!shared) return nullptr;
  link->derive_key(*shared);
  link->state_ = State::kHandshake;
  link->deadline_ = context.now + patience_for(hops) + kResponderPatience;
  return link;
}

void Link::derive_key(Hash32& shared) {
  key_ = crypto::link_key(shared, id_);
  wipe(shared.mutable_view());
  wipe(agreement_private_.mutable_view());
}

bool Link::send_request() {
  const routing::SendOutcome outcome = context_.router.send(request_, context_.now);
  hops_ = outcome.hops;
  created_ = context_.now;
  deadline_ = context_.now + outcome.first_hop_timeout + patience_for(outcome.hops);
  sent(request_.size(), true);
  handshake_bytes_ += request_.size();
  return outcome.sent;
}

bool Link::prove(const routing::Delivery& delivery) {
  if (!initiator_ || state_ != State::kPending) return false;
  const auto proof = crypto::check_link_proof(id_, delivery.packet.data, *identity_);
  std::uint32_t agreed = static_cast<std::uint32_t>(wire::kMtu);
  std::uint8_t mode = wire::kLinkModeAes256Cbc;
  if (proof && proof->signalling) {
    const wire::LinkSignalling signalling = wire::decode_link_signalling(*proof->signalling);
    mode = signalling.mode;
    if (signalling.mtu != 0) agreed = signalling.mtu;
  }
  // A confirmed MTU above the offered one would not fit our own interface.
  const bool good = proof && mode == wire::kLinkModeAes256Cbc && agreed >= wire::kMtu &&
                    agreed <= std::max(mtu_, static_cast<std::uint32_t>(wire::kMtu));
  auto shared =
      good ? crypto::agree(agreement_private_.view(), proof->agreement_key.view()) : std::nullopt;
  if (!shared) {
    context_.count(Counter::kEndpointLinkProofBad);
    return false;
  }
  derive_key(*shared);
  mtu_ = agreed;
  interface_ = delivery.from;
  hops_ = delivery.packet.hops;
  signal_ = delivery.signal;
  last_inbound_ = context_.now;
  handshake_bytes_ += delivery.raw.size();
  became_active(context_.now - created_);
  repeat_rtt();
  return true;
}

void Link::repeat_rtt() {
  send(wire::Context::kLinkRequestRtt, wire::MsgpackWriter().real(to_seconds(rtt_)).take());
}

void Link::send_proof() {
  const auto signalling = wire::encode_link_signalling({mtu_, wire::kLinkModeAes256Cbc});
  Bytes material = crypto::link_proof_signed_data(
      id_, agreement_public_, crypto::verify_key(context_.signer.identity()), signalling);
  context_.sign(
      signer::Purpose::kLinkProof, std::move(material),
      [&context = context_, id = id_, key = agreement_public_, signalling, interface = *interface_,
       destination = destination_](const Signature& signature) {
        // By values only: the link may be gone when the signature comes late.
        const Bytes raw = crypto::encode_link_proof_packet(id, {signature, key, signalling});
        context.router.send_on(interface, raw, context.now, destination);
      });
  sent(wire::kHeaderMin + wire::kLinkProofSize + wire::kLinkSignallingSize, true);
}

void Link::activate(std::optional<double> reported_rtt_s) {
  if (initiator_ || state_ != State::kHandshake) return;
  Duration rtt = context_.now - created_;
  // The other end's measure counts only if believable: it sets how long we wait for things.
  if (reported_rtt_s && *reported_rtt_s > 0 && *reported_rtt_s < 3600) {
    rtt = std::max(rtt, from_seconds(*reported_rtt_s));
  }
  became_active(rtt);
}

void Link::became_active(Duration rtt) {
  rtt_ = rtt;
  const double wanted = to_seconds(rtt) * kKeepalivePerRtt;
  keepalive_ = std::clamp(from_seconds(std::min(wanted, to_seconds(kKeepaliveMax))), kKeepaliveMin,
                          kKeepaliveMax);
  state_ = State::kActive;
  last_keepalive_ = last_payload_ = context_.now;
  context_.count(Counter::kEndpointLinksOpened);
}

std::optional<Bytes> Link::unseal(ByteView token) const {
  return crypto::open_token(key_.view(), token);
}

std::optional<Bytes> Link::open(const routing::Delivery& delivery) {
  auto plaintext = unseal(delivery.packet.data);
  if (!plaintext) context_.count(Counter::kEndpointLinkUndecryptable);
  return plaintext;
}

void Link::heard(const routing::Delivery& delivery, bool keepalive) {
  last_inbound_ = context_.now;
  if (!keepalive) last_payload_ = context_.now;
  if (state_ == State::kStale) state_ = State::kActive;
  stale_until_.reset();
  heard_since_active_ = heard_since_active_ || usable();
  signal_ = delivery.signal;
  hops_ = delivery.packet.hops;
}

void Link::prove_packet(const Hash32& packet_hash) {
  const auto send_it = [&context = context_, id = id_, hash = packet_hash, interface = *interface_,
                        destination = destination_](const Signature& signature) {
    context.router.send_on(interface, crypto::encode_link_packet_proof(id, hash, signature),
                           context.now, destination);
  };
  sent(0, true);
  if (initiator_) {
    send_it(signing_->sign(packet_hash.view()));
  } else {
    context_.sign(signer::Purpose::kLinkPacketProof, to_bytes(packet_hash.view()), send_it);
  }
}

void Link::answer_keepalive() {
  // Whatever we sent just now tells as much. Not a whole interval back, as the reference has it:
  // the question is only asked when nothing arrives, so our last packet was probably lost.
  if (context_.now < last_outbound_ + keepalive_ / (kSilentKeepalives + 1)) return;
  constexpr std::array<std::uint8_t, 1> kAnswer{0xFE};
  transmit(wire::PacketType::kData, wire::Context::kKeepalive, kAnswer);
  sent(0, false);
}

void Link::identify(ByteView plaintext) {
  if (initiator_ || identity_) return;
  const auto identity = crypto::check_link_identify(id_, plaintext);
  if (!identity) return;
  identity_ = identity;
  peer_ = crypto::destination_hash(crypto::name_hash("lxmf.delivery"),
                                   crypto::identity_hash(*identity));
}

void Link::close() {
  if (state_ == State::kActive || state_ == State::kStale || state_ == State::kHandshake) {
    send(wire::Context::kLinkClose, id_.view());
  }
  state_ = State::kClosed;
}

Bytes Link::seal(ByteView plaintext) {
  return crypto::seal_token(key_.view(), context_.random.fixed<16>(), plaintext);
}

Sent Link::send(wire::Context kind, ByteView plaintext) {
  const Bytes token = seal(plaintext);
  const Sent out = transmit(wire::PacketType::kData, kind, token);
  sent(out.wire_bytes, true);
  return out;
}

Sent Link::send_clear(wire::PacketType type, wire::Context kind, ByteView data) {
  const Sent out = transmit(type, kind, data);
  sent(out.wire_bytes, true);
  return out;
}

Sent Link::transmit(wire::PacketType type, wire::Context kind, ByteView data) {
  wire::Packet packet;
  packet.destination_type = wire::DestinationType::kLink;
  packet.packet_type = type;
  packet.destination = id_;
  packet.context = kind;
  packet.data = data;
  const Bytes raw = wire::encode_packet(packet);
  const routing::SendOutcome outcome =
      context_.router.send_on(*interface_, raw, context_.now, destination_);
  return {outcome.packet_hash, raw.size()};
}

void Link::sent(std::size_t bytes, bool payload) {
  last_outbound_ = context_.now;
  if (payload) last_payload_ = context_.now;
  if (!payload) last_keepalive_ = context_.now;
  if (state_ == State::kHandshake) handshake_bytes_ += bytes;
}

double Link::bits_per_second() const {
  const double rtt_s = std::max(to_seconds(rtt_), 1e-4);
  return std::max(100.0,
                  static_cast<double>(std::max<std::size_t>(handshake_bytes_, 118)) * 8 / rtt_s);
}

Time Link::keepalive_due() const {
  const bool silent = context_.now >= last_inbound_ + keepalive_;
  const Time quiet = std::min(last_inbound_, last_outbound_) + keepalive_;
  return std::max(quiet, last_keepalive_ + (silent ? keepalive_ / kSilentKeepalives : keepalive_));
}

void Link::tick() {
  const Time now = context_.now;
  switch (state_) {
    case State::kPending:
    case State::kHandshake:
      if (now < deadline_) return;
      state_ = State::kClosed;
      context_.count(Counter::kEndpointLinksTimedOut);
      return;
    case State::kActive: {
      // Both ends cut resources by the agreed MTU: when less fits now, only a new link helps.
      if (context_.router.packet_limit(id_).value_or(wire::kLinkMtuMax) < mtu_) return close();
      if (initiator_ && now >= keepalive_due()) {
        constexpr std::array<std::uint8_t, 1> kQuestion{0xFF};
        transmit(wire::PacketType::kData, wire::Context::kKeepalive, kQuestion);
        sent(0, false);
      }
      if (now >= last_inbound_ + keepalive_ * kStaleFactor) {
        state_ = State::kStale;
        stale_until_ = now + rtt_ * kStaleRttFactor + kStaleGrace;
      } else if (initiator_ && now >= last_payload_ + kLinkIdleClose) {
        close();
      }
      return;
    }
    case State::kStale:
      if (now < *stale_until_) return;
      context_.count(Counter::kEndpointLinksTimedOut);
      close();
      return;
    case State::kClosed:
      return;
  }
}

Time Link::next_due() const {
  switch (state_) {
    case State::kPending:
    case State::kHandshake:
      return deadline_;
    case State::kActive: {
      Time due = last_inbound_ + keepalive_ * kStaleFactor;
      if (!initiator_) return due;
      return std::min({due, keepalive_due(), last_payload_ + kLinkIdleClose});
    }
    case State::kStale:
      return *stale_until_;
    case State::kClosed:
      break;
  }
  return Time::max();
}

}  // namespace mehr::endpoint
