// The table of links and the way of a packet through it.
#include "controlplane/endpoint/links.h"

#include <algorithm>

#include "core/crypto/hash.h"
#include "core/wire/msgpack.h"

namespace mehr::endpoint {

using border::Counter;
using Kind = wire::Context;

namespace {
constexpr std::uint32_t kDefaultMtu = static_cast<std::uint32_t>(wire::kMtu);
constexpr std::uint8_t kKeepaliveQuestion = 0xFF;
}  // namespace

Links::Links(Context& context, Peers& peers, Receipts& receipts, LinkHooks hooks)
    : context_(context), peers_(peers), receipts_(receipts), hooks_(std::move(hooks)) {}

Links::~Links() = default;

Link* Links::find(const LinkId& id) {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : found->second.link.get();
}

Transfers* Links::transfers(const LinkId& id) {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : found->second.transfers.get();
}

bool Links::make_room() {
  if (links_.size() < context_.config.max_links) return true;
  Entry* oldest = nullptr;
  for (auto& [id, entry] : links_) {
    if (entry.link->state() != Link::State::kHandshake) continue;
    if (oldest == nullptr || entry.link->created() < oldest->link->created()) oldest = &entry;
  }
  if (oldest == nullptr) return false;
  const LinkId id = oldest->link->id();
  context_.router.remove_local_link(id);
  links_.erase(id);  // never active: nobody waits for it
  return true;
}

void Links::add(std::unique_ptr<Link> link) {
  context_.router.add_local_link(link->id());
  auto transfers = std::make_unique<Transfers>(context_, *link, hooks_.transfers);
  const LinkId id = link->id();
  links_[id] = Entry{std::move(link), std::move(transfers)};
}

std::uint32_t Links::offered_mtu(const DestinationHash& destination) const {
  const routing::PathEntry* path = context_.router.path(destination);
  const routing::InterfaceTraits* traits =
      path == nullptr ? nullptr : context_.router.interface(path->interface);
  if (traits == nullptr || !traits->hardware_mtu) return kDefaultMtu;
  if (!traits->autoconfigure_mtu && !traits->fixed_mtu) return kDefaultMtu;
  const std::uint32_t known = std::min(
      *traits->hardware_mtu, context_.router.packet_limit(destination).value_or(wire::kLinkMtuMax));
  return std::clamp(known, kDefaultMtu, wire::kLinkMtuMax);
}

std::uint32_t Links::accepted_mtu(const wire::LinkRequest& request,
                                  routing::InterfaceId from) const {
  const routing::InterfaceTraits* traits = context_.router.interface(from);
  if (traits == nullptr || !traits->hardware_mtu) return kDefaultMtu;
  const bool discovers = traits->autoconfigure_mtu || traits->fixed_mtu;
  const std::uint32_t ours = discovers ? std::max(*traits->hardware_mtu, kDefaultMtu) : kDefaultMtu;
  const std::uint32_t asked = request.mtu() == 0 ? kDefaultMtu : request.mtu();
  return std::min(ours, asked);
}

std::optional<LinkId> Links::connect(const DestinationHash& destination) {
  for (const auto& [id, entry] : links_) {
    if (entry.link->peer() == destination &&
        (entry.link->usable() || entry.link->state() == Link::State::kPending)) {
      return id;
    }
  }
  const auto identity = peers_.identity(destination);
  if (!identity || !make_room()) return std::nullopt;
  auto link = Link::to(context_, destination, *identity, offered_mtu(destination));
  const LinkId id = link->id();
  add(std::move(link));
  if (links_[id].link->send_request()) return id;
  context_.router.remove_local_link(id);
  links_.erase(id);
  return std::nullopt;
}

void Links::close(const LinkId& id) {
  if (Link* link = find(id); link != nullptr) link->close();
}

void Links::request_arrived(const routing::Delivery& delivery) {
  const ByteView payload = delivery.packet.data;
  const auto request = wire::decode_link_request(payload);
  const bool sized = payload.size() == wire::kLinkRequestSize ||
                     payload.size() == wire::kLinkRequestSize + wire::kLinkSignallingSize;
  if (!request || !sized || request->mode != wire::kLinkModeAes256Cbc) {
    return context_.count(Counter::kEndpointLinkRefused);
  }
  const LinkId id = crypto::link_id(delivery.raw);
  if (links_.contains(id)) return;  // the same request by another way
  const std::uint32_t mtu = accepted_mtu(*request, delivery.from);
  if (mtu < kDefaultMtu || !make_room()) return context_.count(Counter::kEndpointLinkRefused);
  auto link = Link::from(context_, *request, id, delivery.packet.destination, delivery.from,
                         delivery.packet.hops, mtu);
  if (!link) return context_.count(Counter::kEndpointLinkRefused);
  Link& accepted = *link;
  add(std::move(link));
  accepted.send_proof();
}

void Links::packet_arrived(const routing::Delivery& delivery) {
  const auto found = links_.find(delivery.packet.destination);
  if (found == links_.end() || found->second.link->state() == Link::State::kClosed) {
    return context_.count(Counter::kEndpointLinkUnknown);
  }
  Entry& entry = found->second;
  Link& link = *entry.link;
  const bool proof = delivery.packet.packet_type == wire::PacketType::kProof;
  if (proof && delivery.packet.context == Kind::kLinkRequestProof) {
    if (link.prove(delivery)) hooks_.established(link);
    return;
  }
  if (link.interface() != delivery.from) return context_.count(Counter::kEndpointLinkInterface);
  if (!proof) return data_arrived(entry, delivery);
  if (delivery.packet.context == Kind::kResourceProof) {
    link.heard(delivery, false);
    return entry.transfers->proved(delivery.packet.data);
  }
  if (receipts_.proof_arrived(delivery)) {
    if (Link* still = find(delivery.packet.destination); still != nullptr) {
      still->heard(delivery, false);
    }
  }
}

void Links::data_arrived(Entry& entry, const routing::Delivery& delivery) {
  Link& link = *entry.link;
  const ByteView data = delivery.packet.data;
  switch (delivery.packet.context) {
    case Kind::kKeepalive: {
      const bool question = data.size() == 1 && data[0] == kKeepaliveQuestion;
      if (question && link.initiator()) return;  // an echo of our own
      link.heard(delivery, true);
      if (question && link.usable()) link.answer_keepalive();
      return;
    }
    case Kind::kResource:
      link.heard(delivery, false);
      return entry.transfers->part(data);
    case Kind::kCacheRequest:
      link.heard(delivery, false);
      return entry.transfers->proof_asked(data);
    default:
      return sealed_arrived(entry, delivery);
  }
}

void Links::sealed_arrived(Entry& entry, const routing::Delivery& delivery) {
  Link& link = *entry.link;
  const auto plaintext = link.open(delivery);
  if (!plaintext) return;
  link.heard(delivery, false);
  if (link.state() == Link::State::kHandshake) {
    // Normally the first packet is the round trip report. When it was lost, whatever decrypts shows
    // as well that the initiator has our proof.
    std::optional<double> rtt_s;
    if (delivery.packet.context == Kind::kLinkRequestRtt) {
      rtt_s = wire::MsgpackReader(*plaintext).number();
    }
    link.activate(rtt_s);
    hooks_.accepted(link);
  }
  dispatch(entry, delivery, *plaintext);
}

void Links::dispatch(Entry& entry, const routing::Delivery& delivery, const Bytes& plaintext) {
  Link& link = *entry.link;
  Transfers& transfers = *entry.transfers;
  switch (delivery.packet.context) {
    case Kind::kNone:
      return hooks_.packet(link, plaintext, delivery);
    case Kind::kLinkRequestRtt:
      return;
    case Kind::kLinkIdentify:
      return link.identify(plaintext);
    case Kind::kLinkClose:
      if (plaintext == to_bytes(link.id().view())) link.closed_by_peer();
      return;
    case Kind::kResourceAdvertisement:
      return transfers.advertised(plaintext);
    case Kind::kResourceRequest:
      return transfers.requested(plaintext, delivery.hash);
    case Kind::kResourceHashmapUpdate:
      return transfers.map_update(plaintext);
    case Kind::kResourceInitiatorCancel:
      return transfers.cancelled_by_sender(plaintext);
    case Kind::kResourceReceiverCancel:
      return transfers.cancelled_by_receiver(plaintext);
    default:
      return context_.count(Counter::kEndpointUnwanted);  // requests, channels
  }
}

void Links::interface_down(routing::InterfaceId id) {
  for (auto& [link_id, entry] : links_) {
    if (entry.link->interface() == id) entry.link->closed_by_peer();
  }
}

void Links::tick() {
  for (auto& [id, entry] : links_) {
    entry.link->tick();
    if (entry.link->usable()) entry.transfers->tick();
  }
}

bool Links::sweep() {
  bool any = false;
  for (auto at = links_.begin(); at != links_.end();) {
    if (at->second.link->state() != Link::State::kClosed) {
      ++at;
      continue;
    }
    any = true;
    const LinkId id = at->first;
    Entry gone = std::move(at->second);
    links_.erase(at);
    context_.router.remove_local_link(id);
    gone.transfers->abandon();
    hooks_.closed(id);
    at = links_.upper_bound(id);  // the hooks may have opened others
  }
  return any;
}

Time Links::next_due() const {
  Time due = Time::max();
  for (const auto& [id, entry] : links_) {
    due = std::min({due, entry.link->next_due(), entry.transfers->next_due()});
  }
  return due;
}

std::size_t Links::open() const {
  return static_cast<std::size_t>(std::count_if(
      links_.begin(), links_.end(), [](const auto& item) { return item.second.link->usable(); }));
}

}  // namespace mehr::endpoint
