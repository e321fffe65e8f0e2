// Queue, checks and segments of the resources on a link.
#include "controlplane/endpoint/transfers.h"

#include <algorithm>
#include <utility>

#include "controlplane/endpoint/timing.h"
#include "core/crypto/hash.h"
#include "core/wire/lxmf.h"

namespace mehr::endpoint {
namespace {

using border::Counter;

// Encryption adds 48 and up to 16 of padding, the prefix 4; nothing honest is longer than that.
constexpr std::size_t kStreamOverhead = 80;

/// Metadata stands in front of the data with a three-byte length; messages have no use for it.
std::optional<Bytes> without_metadata(Bytes data) {
  if (data.size() < 3) return std::nullopt;
  const std::size_t size =
      static_cast<std::size_t>(data[0]) << 16 | static_cast<std::size_t>(data[1]) << 8 | data[2];
  if (data.size() - 3 < size) return std::nullopt;
  data.erase(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(3 + size));
  return data;
}

Bytes proof_packet(const LinkId& link, const wire::ResourceProof& proof) {
  const Bytes data = wire::encode_resource_proof(proof);
  wire::Packet packet;
  packet.destination_type = wire::DestinationType::kLink;
  packet.packet_type = wire::PacketType::kProof;
  packet.destination = link;
  packet.context = wire::Context::kResourceProof;
  packet.data = data;
  return wire::encode_packet(packet);
}

}  // namespace

Transfers::Transfers(Context& context, Link& link, const TransferHooks& hooks)
    : context_(context), link_(link), hooks_(hooks) {}

Transfers::~Transfers() {
  for (const Incoming& incoming : incoming_)
    context_.resource_memory -= incoming.reserved;
  assembly_.reset();
  charge_assembly();
}

void Transfers::charge_assembly() {
  const std::size_t holds = assembly_ ? assembly_->data.size() : 0;
  context_.resource_memory += holds;
  context_.resource_memory -= std::exchange(assembly_charged_, holds);
}

std::size_t Transfers::data_limit() const {
  return context_.config.max_message_bytes + wire::kLxmfOverhead;
}

bool Transfers::send(const Hash32& token, Bytes data, bool compress) {
  if (outgoing_.size() >= kQueuedTransfersPerLink) return false;
  outgoing_.push_back({token, std::make_unique<ResourceSender>(link_, std::move(data), compress)});
  if (outgoing_.size() == 1) outgoing_.front().sender->start();
  return true;
}

void Transfers::settle_outgoing() {
  while (!outgoing_.empty() && outgoing_.front().sender->finished()) {
    const Outgoing done = std::move(outgoing_.front());
    outgoing_.pop_front();
    if (!outgoing_.empty()) outgoing_.front().sender->start();
    TransferOutcome outcome = TransferOutcome::kFailed;
    if (done.sender->state() == ResourceSender::State::kComplete) {
      outcome = TransferOutcome::kComplete;
    } else {
      context_.count(Counter::kEndpointResourceFailed);
      if (done.sender->state() == ResourceSender::State::kRefused) {
        outcome = TransferOutcome::kRefused;
      }
    }
    hooks_.sent(done.token, outcome, done.sender->wire_bytes());
  }
}

Transfers::Verdict Transfers::judge(const wire::ResourceAdvertisement& advertisement) const {
  if (advertisement.is_request || advertisement.is_response) return Verdict::kRefuse;
  const std::size_t part_size = wire::resource_sdu(link_.mtu());
  const std::uint64_t parts = (advertisement.transfer_size - 1) / part_size + 1;
  const std::uint64_t segment_data =
      std::min<std::uint64_t>(advertisement.data_size, wire::kResourceSegmentMax);
  if (advertisement.parts != parts ||
      advertisement.map.size() != std::min<std::uint64_t>(parts, wire::kResourceMapEntries) ||
      advertisement.transfer_size > segment_data + kStreamOverhead) {
    return Verdict::kMalformed;
  }
  if (advertisement.data_size > data_limit()) return Verdict::kRefuse;
  if (incoming_.size() >= kResourcesPerLink) return Verdict::kRefuse;
  if (advertisement.segment > 1) {
    const bool follows = assembly_ && assembly_->original_hash == advertisement.original_hash &&
                         assembly_->next_segment == advertisement.segment &&
                         assembly_->segments == advertisement.segments;
    if (!follows) return Verdict::kRefuse;
  }
  return Verdict::kTake;
}

void Transfers::advertised(ByteView plaintext) {
  const auto advertisement = wire::decode_resource_advertisement(plaintext);
  if (!advertisement) return context_.count(Counter::kEndpointResourceMalformed);
  if (RememberedProof* done = remembered(advertisement->hash); done != nullptr) {
    if (done->sent) send_proof(done->proof);
    return;
  }
  for (const Incoming& incoming : incoming_) {
    if (incoming.receiver->advertisement().hash == advertisement->hash) {
      return incoming.receiver->advertised_again();
    }
  }
  Verdict verdict = judge(*advertisement);
  std::size_t limit = data_limit();
  if (verdict == Verdict::kTake && advertisement->segment > 1) limit -= assembly_->data.size();
  limit = std::min(
      {limit, wire::kResourceSegmentMax, static_cast<std::size_t>(advertisement->data_size)});
  auto receiver = verdict == Verdict::kTake
                      ? std::make_unique<ResourceReceiver>(link_, *advertisement, limit, rate_)
                      : nullptr;
  if (receiver && context_.resource_memory + receiver->memory() > kResourceMemoryMax) {
    verdict = Verdict::kRefuse;
  }
  switch (verdict) {
    case Verdict::kMalformed:
      return context_.count(Counter::kEndpointResourceMalformed);
    case Verdict::kRefuse:
      context_.count(Counter::kEndpointResourceRefused);
      link_.send(wire::Context::kResourceReceiverCancel, advertisement->hash.view());
      return;
    case Verdict::kTake:
      break;
  }
  if (advertisement->segment == 1 && advertisement->segments > 1) {
    assembly_ = Assembly{advertisement->original_hash, 1,  advertisement->segments,
                         advertisement->has_metadata,  {}, 0};
    charge_assembly();
  }
  const std::size_t reserved = receiver->memory();
  context_.resource_memory += reserved;
  incoming_.push_back({std::move(receiver), reserved});
  incoming_.back().receiver->start();
}

void Transfers::requested(ByteView plaintext, const Hash32& packet_hash) {
  const auto request = wire::decode_resource_request(plaintext);
  if (!request) return context_.count(Counter::kEndpointResourceMalformed);
  if (outgoing_.empty()) return;
  outgoing_.front().sender->requested(*request, packet_hash);
  settle_outgoing();
}

void Transfers::part(ByteView data) {
  for (const Incoming& incoming : incoming_)
    incoming.receiver->part(data);
  settle_incoming();
}

void Transfers::map_update(ByteView plaintext) {
  const auto update = wire::decode_resource_map_update(plaintext);
  if (!update) return context_.count(Counter::kEndpointResourceMalformed);
  for (const Incoming& incoming : incoming_) {
    if (incoming.receiver->advertisement().hash == update->hash) {
      incoming.receiver->map_update(*update);
    }
  }
}

void Transfers::cancelled_by_sender(ByteView plaintext) {
  const auto hash = Hash32::from(plaintext);
  for (const Incoming& incoming : incoming_) {
    if (incoming.receiver->advertisement().hash == hash) incoming.receiver->cancelled();
  }
  settle_incoming();
}

void Transfers::cancelled_by_receiver(ByteView plaintext) {
  const auto hash = Hash32::from(plaintext);
  if (outgoing_.empty() || outgoing_.front().sender->hash() != hash) return;
  outgoing_.front().sender->refused();
  settle_outgoing();
}

void Transfers::proved(ByteView data) {
  const auto proof = wire::decode_resource_proof(data);
  if (!proof) return context_.count(Counter::kEndpointResourceMalformed);
  if (outgoing_.empty()) return;
  outgoing_.front().sender->proved(*proof);
  settle_outgoing();
}

void Transfers::settle_incoming() {
  using State = ResourceReceiver::State;
  for (std::size_t i = 0; i < incoming_.size();) {
    if (incoming_[i].receiver->state() == State::kTransferring) {
      ++i;
      continue;
    }
    const Incoming done = std::move(incoming_[i]);
    incoming_.erase(incoming_.begin() + static_cast<std::ptrdiff_t>(i));
    context_.resource_memory -= done.reserved;
    if (done.receiver->state() == State::kComplete) {
      segment_complete(*done.receiver);
      continue;
    }
    const auto& advertisement = done.receiver->advertisement();
    if (advertisement.segments > 1) {
      assembly_.reset();
      charge_assembly();
    }
    context_.count(done.receiver->state() == State::kCorrupt ? Counter::kEndpointResourceCorrupt
                                                             : Counter::kEndpointResourceFailed);
  }
}

void Transfers::segment_complete(ResourceReceiver& receiver) {
  rate_ = receiver.rate();
  const wire::ResourceAdvertisement& advertisement = receiver.advertisement();
  const wire::ResourceProof proof{advertisement.hash, receiver.proof()};
  proofs_.push_back({proof, false});
  if (proofs_.size() > kRememberedResourceProofs) proofs_.pop_front();
  Bytes data = receiver.take_data();
  std::size_t wire_bytes = receiver.wire_bytes();
  bool has_metadata = advertisement.has_metadata;
  if (advertisement.segments > 1) {
    const bool next = assembly_ && assembly_->original_hash == advertisement.original_hash &&
                      assembly_->next_segment == advertisement.segment;
    if (!next) return context_.count(Counter::kEndpointResourceCorrupt);
    append(assembly_->data, data);
    charge_assembly();
    assembly_->wire_bytes += wire_bytes;
    if (advertisement.segment < advertisement.segments) {
      ++assembly_->next_segment;
      return prove(proof);  // so that the next segment comes; only the last one vouches for all
    }
    data = std::move(assembly_->data);
    wire_bytes = assembly_->wire_bytes;
    has_metadata = assembly_->has_metadata;
    assembly_.reset();
    charge_assembly();
  }
  if (has_metadata) {
    auto rest = without_metadata(std::move(data));
    if (!rest) return context_.count(Counter::kEndpointResourceCorrupt);
    data = std::move(*rest);
  }
  hooks_.received(link_, std::move(data), proof, wire_bytes);
}

Transfers::RememberedProof* Transfers::remembered(const Hash32& hash) {
  for (RememberedProof& entry : proofs_) {
    if (entry.proof.hash == hash) return &entry;
  }
  return nullptr;
}

void Transfers::prove(const wire::ResourceProof& proof) {
  if (RememberedProof* entry = remembered(proof.hash); entry != nullptr) entry->sent = true;
  send_proof(proof);
}

void Transfers::send_proof(const wire::ResourceProof& proof) {
  link_.send_clear(wire::PacketType::kProof, wire::Context::kResourceProof,
                   wire::encode_resource_proof(proof));
}

void Transfers::proof_asked(ByteView packet_hash) {
  for (const RememberedProof& entry : proofs_) {
    if (!entry.sent) continue;
    const Hash32 hash = crypto::packet_hash(proof_packet(link_.id(), entry.proof));
    if (Hash32::from(packet_hash) == hash) return send_proof(entry.proof);
  }
}

void Transfers::tick() {
  if (!outgoing_.empty()) outgoing_.front().sender->tick();
  for (const Incoming& incoming : incoming_)
    incoming.receiver->tick();
  settle_outgoing();
  settle_incoming();
}

Time Transfers::next_due() const {
  Time due = outgoing_.empty() ? Time::max() : outgoing_.front().sender->next_due();
  for (const Incoming& incoming : incoming_)
    due = std::min(due, incoming.receiver->next_due());
  return due;
}

void Transfers::abandon() {
  while (!outgoing_.empty()) {
    const Outgoing lost = std::move(outgoing_.front());
    outgoing_.pop_front();
    context_.count(Counter::kEndpointResourceFailed);
    hooks_.sent(lost.token, TransferOutcome::kFailed, lost.sender->wire_bytes());
  }
}

}  // namespace mehr::endpoint
