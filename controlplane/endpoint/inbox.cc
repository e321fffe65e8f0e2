// From bytes to a stored and proved message.
#include "controlplane/endpoint/inbox.h"

#include <algorithm>

#include "controlplane/endpoint/timing.h"
#include "core/crypto/hash.h"
#include "core/crypto/proof.h"
#include "core/wire/lxmf.h"

namespace mehr::endpoint {

using border::Counter;

Inbox::Inbox(Context& context, Peers& peers, Links& links, const DestinationHash& delivery)
    : context_(context), peers_(peers), links_(links), delivery_(delivery) {}

bool Inbox::received(ByteView packed, Arrival arrival) {
  const auto lxmf = wire::decode_lxmf(packed);
  if (!lxmf || lxmf->destination != delivery_) return false;
  Message message;
  message.id =
      crypto::sha256(wire::lxmf_hashed_part(lxmf->destination, lxmf->source, lxmf->payload));
  if (recent_.contains(message.id)) {
    context_.count(Counter::kMessageDuplicate);
    prove(arrival.origin);  // the first proof was lost
    return true;
  }
  message.incoming = true;
  message.state = MessageState::kReceived;
  message.source = lxmf->source;
  message.destination = lxmf->destination;
  message.title = as_text(lxmf->title);
  message.content = as_text(lxmf->content);
  message.fields = lxmf->fields;
  message.timestamp = lxmf->timestamp;
  message.method = arrival.method;
  message.hops = arrival.hops;
  message.wire_bytes = arrival.wire_bytes;
  message.signal = arrival.signal;
  if (!verify(*lxmf, message, arrival)) {
    context_.count(Counter::kMessageForged);
    return true;
  }
  auto waiting = unstored_.find(message.id);
  if (waiting == unstored_.end()) {
    if (unstored_.size() >= kMaxUnstored) {
      context_.count(Counter::kMessageNoRoom);
      return true;
    }
    waiting = unstored_.emplace(message.id, Unstored{context_.now, {}}).first;
    unstored_order_.emplace_back(context_.now, message.id);
    context_.count(Counter::kMessageReceived);
  } else {
    context_.count(Counter::kMessageDuplicate);
  }
  std::vector<Origin>& origins = waiting->second.origins;
  if (origins.size() < kMaxProofsPerMessage) origins.push_back(std::move(arrival.origin));
  context_.sink.message_received(message);
  return true;
}

bool Inbox::verify(const wire::Lxmf& lxmf, Message& message, const Arrival& arrival) {
  auto identity = peers_.identity(lxmf.source);
  if (!identity && arrival.link_identity) {
    const auto address = crypto::destination_hash(crypto::name_hash("lxmf.delivery"),
                                                  crypto::identity_hash(*arrival.link_identity));
    if (address == lxmf.source) identity = arrival.link_identity;
  }
  Bytes material =
      wire::lxmf_signed_material(lxmf.destination, lxmf.source, lxmf.payload, message.id);
  if (identity) {
    message.signature_verified =
        crypto::verify(crypto::verify_key(*identity), material, lxmf.signature);
    return message.signature_verified;
  }
  context_.count(Counter::kMessageUnverified);
  context_.router.request_path(lxmf.source, context_.now);
  if (material.size() <= kUnverifiedBytesMax) {
    if (unverified_.size() >= kMaxUnverified) unverified_.pop_front();
    unverified_.push_back({message, std::move(material), lxmf.signature});
  }
  return true;
}

void Inbox::announce_heard(const routing::HeardAnnounce& heard) {
  for (std::size_t i = 0; i < unverified_.size();) {
    if (unverified_[i].message.source != heard.destination) {
      ++i;
      continue;
    }
    Unverified late = std::move(unverified_[i]);
    unverified_.erase(unverified_.begin() + static_cast<std::ptrdiff_t>(i));
    if (crypto::verify(crypto::verify_key(heard.announce.identity), late.material,
                       late.signature)) {
      late.message.signature_verified = true;
      context_.sink.message_received(late.message);
    } else {
      context_.count(Counter::kMessageForged);
    }
  }
}

void Inbox::stored(const Hash32& id) {
  const auto waiting = unstored_.find(id);
  if (waiting == unstored_.end())
    return;  // proved long ago, or stored again with a verified sender
  const std::vector<Origin> origins = std::move(waiting->second.origins);
  unstored_.erase(waiting);
  while (!unstored_order_.empty() && !unstored_.contains(unstored_order_.front().second)) {
    unstored_order_.pop_front();
  }
  remember(id);
  for (const Origin& origin : origins)
    prove(origin);
}

void Inbox::remember(const Hash32& id) {
  if (!recent_.insert(id).second) return;
  recent_order_.push_back(id);
  if (recent_order_.size() <= kRecentMessages) return;
  recent_.erase(recent_order_.front());
  recent_order_.pop_front();
}

void Inbox::prove(const Origin& origin) {
  if (const auto* packet = std::get_if<PacketOrigin>(&origin)) return prove_packet(*packet);
  if (const auto* on_link = std::get_if<LinkPacketOrigin>(&origin)) {
    Link* link = links_.find(on_link->link);
    if (link != nullptr && link->usable()) link->prove_packet(on_link->packet_hash);
    return;
  }
  const auto& resource = std::get<ResourceOrigin>(origin);
  Link* link = links_.find(resource.link);
  if (link != nullptr && link->usable()) links_.transfers(resource.link)->prove(resource.proof);
}

void Inbox::prove_packet(const PacketOrigin& origin) {
  context_.sign(signer::Purpose::kPacketProof, to_bytes(origin.packet_hash.view()),
                [this, origin](const Signature& signature) {
                  const Bytes raw = crypto::encode_packet_proof(origin.packet_hash, signature,
                                                                crypto::ProofForm::kImplicit);
                  context_.router.send_on(origin.from, raw, context_.now, origin.destination);
                });
}

void Inbox::tick() {
  while (!unstored_order_.empty() &&
         context_.now - unstored_order_.front().first >= kUnstoredLife) {
    unstored_.erase(unstored_order_.front().second);
    unstored_order_.pop_front();
  }
}

Time Inbox::next_due() const {
  return unstored_order_.empty() ? Time::max() : unstored_order_.front().first + kUnstoredLife;
}

}  // namespace mehr::endpoint
