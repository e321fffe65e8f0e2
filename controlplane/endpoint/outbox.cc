// Accepting messages, their states, and what becomes of an attempt. How an attempt travels is in
// outbox_send.cc.
#include "controlplane/endpoint/outbox.h"

#include <absl/strings/str_cat.h>

#include <algorithm>

#include "controlplane/endpoint/timing.h"
#include "core/crypto/hash.h"
#include "core/wire/lxmf.h"

namespace mehr::endpoint {

using border::Counter;

Outbox::Outbox(Context& context, Peers& peers, Links& links, Receipts& receipts)
    : context_(context), peers_(peers), links_(links), receipts_(receipts) {}

Result<Message> Outbox::send(const DestinationHash& source, const DestinationHash& destination,
                             std::string title, std::string content) {
  const std::size_t size = title.size() + content.size();
  if (size > context_.config.max_message_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("title and content have ", size, " bytes, more than the ",
                     context_.config.max_message_bytes, " that max_message_bytes allows"));
  }
  if (queue_.size() >= context_.config.max_outbound_messages) {
    return absl::ResourceExhaustedError(absl::StrCat(
        queue_.size(), " messages are waiting for delivery already; try again when some are done"));
  }
  if (destination == source) {
    return absl::InvalidArgumentError("this is the node's own address");
  }
  Message message;
  message.source = source;
  message.destination = destination;
  message.title = std::move(title);
  message.content = std::move(content);
  message.fields = Bytes{0x80};  // an empty msgpack map
  message.timestamp = static_cast<double>(context_.wall().time_since_epoch().count()) / 1e6;
  const Bytes payload = wire::encode_lxmf_payload(message.timestamp, as_bytes(message.title),
                                                  as_bytes(message.content), message.fields);
  message.id = crypto::sha256(wire::lxmf_hashed_part(destination, source, payload));
  if (index_.contains(message.id)) {
    return absl::AlreadyExistsError("the same message was queued in the same instant");
  }
  // Durable first: the attempt itself starts with the next tick.
  context_.sink.message_changed(message);
  Message accepted = message;
  if (Status status = enqueue(std::move(message)); !status.ok()) return status;
  return accepted;
}

void Outbox::resume(Message message) {
  if (index_.contains(message.id)) return;
  message.state = MessageState::kQueued;
  Message copy = message;
  const Status status =
      queue_.size() < context_.config.max_outbound_messages
          ? enqueue(std::move(message))
          : absl::ResourceExhaustedError("more messages are waiting than allowed");
  if (status.ok()) return;
  copy.state = MessageState::kFailed;
  copy.reason = std::string(status.message());
  context_.count(Counter::kMessageFailed);
  context_.sink.message_changed(copy);
}

Status Outbox::enqueue(Message message) {
  Item item;
  item.payload = wire::encode_lxmf_payload(message.timestamp, as_bytes(message.title),
                                           as_bytes(message.content),
                                           message.fields.empty() ? Bytes{0x80} : message.fields);
  const Hash32 id =
      crypto::sha256(wire::lxmf_hashed_part(message.destination, message.source, item.payload));
  if (id != message.id) return absl::DataLossError("the stored message does not match its id");
  item.message = std::move(message);
  item.due = item.pathless_since = context_.now;
  queue_.push_back(std::move(item));
  index_[id] = std::prev(queue_.end());
  sign(queue_.back());
  return absl::OkStatus();
}

void Outbox::sign(const Item& item) {
  const Message& message = item.message;
  context_.sign(
      signer::Purpose::kMessage,
      wire::lxmf_signed_material(message.destination, message.source, item.payload, message.id),
      [this, id = message.id](const Signature& signature) {
        Item* signed_item = find(id);
        if (signed_item == nullptr) return;
        const Message& m = signed_item->message;
        signed_item->packed =
            wire::encode_lxmf(m.destination, m.source, signature, signed_item->payload);
        signed_item->stage = Stage::kReady;
        signed_item->due = context_.now;
      });
}

Outbox::Item* Outbox::find(const Hash32& id) {
  const auto found = index_.find(id);
  return found == index_.end() ? nullptr : &*found->second;
}

void Outbox::changed(Item& item, MessageState state) {
  item.message.state = state;
  context_.sink.message_changed(item.message);
}

void Outbox::attempt_begins(Item& item, MessageMethod method, std::uint8_t hops) {
  ++item.attempts;
  ++item.message.attempts;
  item.message.method = method;
  item.message.hops = hops;
  item.path_requests = 0;
  context_.count(Counter::kMessageAttempts);
}

void Outbox::attempt_failed(Item& item, std::string reason) {
  if (item.attempts >= kMessageAttempts) {
    return fail(item, absl::StrCat(reason, "; gave up after ", item.attempts, " attempts"));
  }
  const Duration wait = kRetryWaits[std::max<std::uint32_t>(item.attempts, 1) - 1];
  // A tenth of spread keeps messages that failed together from colliding again.
  item.due = context_.now + wait + context_.random.jitter(wait / 10);
  item.pathless_since = item.due;
  item.stage = Stage::kReady;
  item.message.reason = std::move(reason);
  changed(item, MessageState::kQueued);
  const bool elsewhere = context_.router.path_failed(item.message.destination, context_.now);
  if (!elsewhere && item.attempts >= kAttemptsBeforePathDrop) {
    context_.router.drop_path(item.message.destination);
  }
  context_.router.request_path(item.message.destination, context_.now, true);
}

void Outbox::delivered(const Hash32& id, const ProofSeen* proof) {
  Item* item = find(id);
  if (item == nullptr) return;
  item->message.reason.clear();
  // A late proof may belong to an earlier packet than the last one; its receipt knows.
  const bool packet = proof != nullptr && item->message.method == MessageMethod::kOpportunistic;
  item->message.rtt_ms = to_seconds(packet ? proof->rtt : context_.now - item->sent) * 1e3;
  if (proof != nullptr) item->message.signal = proof->signal;
  changed(*item, MessageState::kDelivered);
  context_.count(Counter::kMessageDelivered);
  queue_.erase(index_[id]);
  index_.erase(id);
}

void Outbox::fail(Item& item, std::string reason) {
  item.message.reason = std::move(reason);
  changed(item, MessageState::kFailed);
  context_.count(Counter::kMessageFailed);
  const Hash32 id = item.message.id;
  queue_.erase(index_[id]);
  index_.erase(id);
}

Receipts::Proved Outbox::on_proof(const Hash32& id) {
  return [this, id](const ProofSeen& proof) { delivered(id, &proof); };
}

void Outbox::announce_heard(const routing::HeardAnnounce& heard) {
  for (Item& item : queue_) {
    if (item.message.destination != heard.destination) continue;
    // A fresh announce of somebody we are waiting out means: reachable again. An answer to a path
    // request says nothing new, unless a path was what we lacked.
    const bool waiting = item.stage == Stage::kReady && !heard.path_response;
    if (item.stage == Stage::kPathless || waiting) {
      item.stage = Stage::kReady;
      item.due = std::min(item.due, context_.now);
    }
  }
}

void Outbox::link_established(Link& link) {
  for (Item& item : queue_) {
    if (item.stage == Stage::kLinking && item.link == link.id()) send_over(item, link);
  }
}

void Outbox::link_closed(const LinkId& id) {
  std::vector<Hash32> concerned;
  for (const Item& item : queue_) {
    const bool on_link = item.stage == Stage::kLinking || item.stage == Stage::kLinkProof ||
                         item.stage == Stage::kTransfer;
    if (on_link && item.link == id) concerned.push_back(item.message.id);
  }
  for (const Hash32& message : concerned) {
    Item* item = find(message);
    if (item == nullptr) continue;
    if (item->stage != Stage::kLinking) {
      attempt_failed(*item, "the link to the destination was lost");
      continue;
    }
    const routing::PathEntry* path = context_.router.path(item->message.destination);
    if (item->link_requests < kLinkRequests && path != nullptr) {
      open_link(*item, *path);
    } else {
      attempt_failed(*item, "the destination did not answer the link request");
    }
  }
}

void Outbox::transferred(const Hash32& token, TransferOutcome outcome, std::size_t wire_bytes) {
  Item* item = find(token);
  if (item == nullptr || item->stage != Stage::kTransfer) return;
  item->message.wire_bytes = wire_bytes;
  switch (outcome) {
    case TransferOutcome::kComplete:
      return delivered(token, nullptr);
    case TransferOutcome::kRefused:
      return fail(*item, "the destination refused the message; it may be larger than it accepts");
    case TransferOutcome::kFailed:
      links_.close(item->link);  // it carried nothing through: the next attempt opens a new one
      return attempt_failed(*item, "the transfer to the destination was broken off");
  }
}

void Outbox::tick() {
  // By id: an attempt can fail at once, and a failed message leaves the queue.
  std::vector<Hash32> due;
  for (const Item& item : queue_) {
    const bool idle = item.stage == Stage::kSigning || item.stage == Stage::kLinking ||
                      item.stage == Stage::kTransfer;
    if (!idle && item.due <= context_.now) due.push_back(item.message.id);
  }
  for (const Hash32& id : due) {
    Item* item = find(id);
    if (item == nullptr || item->due > context_.now) continue;
    switch (item->stage) {
      case Stage::kReady:
      case Stage::kPathless:
        advance(*item);
        break;
      case Stage::kProof:
        attempt_failed(*item, "no proof of delivery came back");
        break;
      case Stage::kLinkProof:
        link_proof_late(*item);
        break;
      case Stage::kSigning:
      case Stage::kLinking:
      case Stage::kTransfer:
        break;
    }
  }
}

Time Outbox::next_due() const {
  Time due = Time::max();
  for (const Item& item : queue_) {
    const bool idle = item.stage == Stage::kSigning || item.stage == Stage::kLinking ||
                      item.stage == Stage::kTransfer;
    if (!idle) due = std::min(due, item.due);
  }
  return due;
}

}  // namespace mehr::endpoint
