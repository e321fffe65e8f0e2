// One attempt of one message: which way it goes and what is sent. States and retries are in
// outbox.cc.
#include <absl/strings/str_cat.h>

#include <algorithm>

#include "controlplane/endpoint/outbox.h"
#include "controlplane/endpoint/timing.h"
#include "core/crypto/hash.h"
#include "core/wire/lxmf.h"

namespace mehr::endpoint {
namespace {

// A queue that is full for now is looked at again this soon.
constexpr Duration kCrowdedWait = 2s;

}  // namespace

void Outbox::advance(Item& item) {
  const DestinationHash& destination = item.message.destination;
  const routing::PathEntry* path = context_.router.path(destination);
  if (path == nullptr || !peers_.identity(destination)) {
    return lack_path(item, item.stage == Stage::kPathless);
  }
  item.stage = Stage::kReady;
  const std::size_t limit = path->hops <= 1 ? wire::kLxmfPacketNear : wire::kLxmfPacketFar;
  // In a packet of its own the destination hash is in the header.
  if (item.packed.size() - DestinationHash::kSize <= limit) {
    if (in_flight(destination) >= kInFlightPerDestination) {
      item.due = context_.now + kCrowdedWait;
      return;
    }
    return send_packet(item);
  }
  open_link(item, *path);
}

std::size_t Outbox::in_flight(const DestinationHash& destination) const {
  return static_cast<std::size_t>(
      std::count_if(queue_.begin(), queue_.end(), [&](const Item& item) {
        return item.stage == Stage::kProof && item.message.destination == destination;
      }));
}

void Outbox::lack_path(Item& item, bool again) {
  if (!again) {
    item.pathless_since = context_.now;
    item.path_requests = 0;
  } else if (context_.now - item.pathless_since >= kPathlessPatience) {
    return fail(
        item,
        absl::StrCat("no path to the destination was found within ",
                     std::chrono::duration_cast<std::chrono::seconds>(kPathlessPatience).count(),
                     " s"));
  }
  item.stage = Stage::kPathless;
  ++item.path_requests;
  const Duration wait = std::min(kPathRequestStep * item.path_requests, kPathRequestWaitMax);
  item.due = std::min(context_.now + wait, item.pathless_since + kPathlessPatience);
  context_.router.request_path(item.message.destination, context_.now, true);
}

void Outbox::send_packet(Item& item) {
  const ByteView plaintext = ByteView(item.packed).subspan(DestinationHash::kSize);
  const auto sealed = peers_.seal(item.message.destination, plaintext);
  const auto identity = peers_.identity(item.message.destination);
  if (!sealed || !identity) return fail(item, "the destination's public key is not usable");
  wire::Packet packet;
  packet.destination = item.message.destination;
  packet.data = *sealed;
  const Bytes raw = wire::encode_packet(packet);
  const routing::SendOutcome outcome = context_.router.send(raw, context_.now);
  if (!outcome.sent) return lack_path(item, false);
  attempt_begins(item, MessageMethod::kOpportunistic, outcome.hops);
  item.sent = context_.now;
  item.message.wire_bytes = raw.size();
  receipts_.add(crypto::packet_hash(raw), crypto::verify_key(*identity), on_proof(item.message.id));
  // The first hop's timeout holds one packet's airtime; those sent before wait in the same queue.
  const Duration airtime = std::max(outcome.first_hop_timeout - kPerHopTimeout, Duration::zero());
  const auto ahead = static_cast<Duration::rep>(in_flight(item.message.destination));
  item.due =
      context_.now + outcome.first_hop_timeout + airtime * ahead + patience_for(outcome.hops);
  item.stage = Stage::kProof;
  changed(item, MessageState::kSent);
}

void Outbox::open_link(Item& item, const routing::PathEntry& path) {
  const std::uint8_t hops = path.hops;
  const auto id = links_.connect(item.message.destination);
  if (!id) {
    item.due = context_.now + kCrowdedWait;
    item.stage = Stage::kReady;
    if (context_.now - item.pathless_since >= kPathlessPatience) {
      fail(item, "no link to the destination could be opened");
    }
    return;
  }
  if (item.stage != Stage::kLinking) {
    attempt_begins(item, MessageMethod::kLink, hops);
    item.link_requests = 0;
  }
  ++item.link_requests;
  item.link = *id;
  item.stage = Stage::kLinking;
  item.link_tries = 0;
  item.link_bytes = 0;
  if (Link* link = links_.find(*id); link != nullptr && link->usable()) send_over(item, *link);
}

void Outbox::send_over(Item& item, Link& link) {
  item.sent = context_.now;
  if (item.packed.size() <= wire::link_mdu(link.mtu())) return send_link_packet(item, link);
  Transfers* transfers = links_.transfers(link.id());
  const bool compress = peers_.takes_compressed(item.message.destination);
  if (transfers == nullptr || !transfers->send(item.message.id, item.packed, compress)) {
    // Not an attempt: the queue of the link is full.
    --item.attempts;
    item.stage = Stage::kReady;
    item.due = context_.now + kCrowdedWait;
    return;
  }
  item.stage = Stage::kTransfer;
  item.message.method = MessageMethod::kResource;
  changed(item, MessageState::kSent);
}

void Outbox::send_link_packet(Item& item, Link& link) {
  const Sent sent = link.send(wire::Context::kNone, item.packed);
  item.link_bytes += sent.wire_bytes;
  item.message.wire_bytes = item.link_bytes;
  ++item.link_tries;
  receipts_.add(sent.packet_hash, link.peer_verify_key(), on_proof(item.message.id));
  const double airtime_s = static_cast<double>(sent.wire_bytes) * 8 / link.bits_per_second();
  const int patience = 1 << std::min(item.link_tries - 1, 3);
  item.due = context_.now + (link.rtt() * kTrafficTimeoutFactor + kProcessingGrace) * patience +
             from_seconds(std::min(airtime_s, 60.0));
  item.stage = Stage::kLinkProof;
  changed(item, MessageState::kSent);
}

void Outbox::link_proof_late(Item& item) {
  Link* link = links_.find(item.link);
  if (link == nullptr || !link->usable()) {
    return attempt_failed(item, "the link to the destination was lost");
  }
  if (item.link_tries < kLinkPacketTries) {
    // When nothing at all came back, the other end may not know yet that the link is up.
    if (link->initiator() && !link->heard_since_active()) link->repeat_rtt();
    return send_link_packet(item, *link);
  }
  if (link->last_inbound() >= item.sent)
    return attempt_failed(item, "no proof of delivery came back");
  links_.close(item.link);  // nobody is there: every message on it fails its attempt
}

}  // namespace mehr::endpoint
