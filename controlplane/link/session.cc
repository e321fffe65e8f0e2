// Sessions and their re-keying, declared in session.h.
#include "controlplane/link/session.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace mehr::link {
namespace {

Bytes control_record(wire::HopControl type, ByteView body) {
  wire::HopRecord record;
  record.hop_class.priority = wire::HopPriority::kP0;
  record.hop_class.control = true;
  record.price_or_type = static_cast<std::uint8_t>(type);
  record.body = body;
  Bytes out;
  wire::append_hop_record(out, record);
  return out;
}

bool is_control(const wire::HopRecord& record, wire::HopControl type) {
  return record.hop_class.control && record.price_or_type == static_cast<std::uint8_t>(type);
}

/// The answering side offers only when the other has let it go this far beyond the limit.
constexpr double kResponderPatience = 1.1;

}  // namespace

Session::Session(const SessionSeed& seed, SessionOptions options, Random& random,
                 NewIndex new_index, Time now)
    : options_(options),
      random_(random),
      new_index_(std::move(new_index)),
      peer_(seed.peer),
      capabilities_(seed.peer_capabilities),
      side_(seed.side),
      current_(std::make_unique<Epoch>(0, seed.side, seed.local_index, seed.remote_index, seed.keys,
                                       options.receive_lanes, options.compact, now)),
      previous_until_(now) {}

std::vector<std::uint32_t> Session::local_indices() const {
  std::vector<std::uint32_t> out{current_->local_index()};
  if (previous_) out.push_back(previous_->local_index());
  if (next_) out.push_back(next_->local_index());
  if (offer_) out.push_back(offer_->local_index);
  return out;
}

bool Session::dead(Time now) const {
  return current_->worn(options_.limits, now, RekeyLimits::kHardStop);
}

std::optional<Bytes> Session::seal(ByteView records, std::uint8_t lane, Time now,
                                   std::size_t padding) {
  const std::uint8_t lanes = options_.compact ? 1 : std::max<std::uint8_t>(capabilities_.lanes, 1);
  return current_->seal(records, static_cast<std::uint8_t>(lane % lanes), options_.limits, now,
                        padding);
}

Epoch* Session::epoch_of(std::uint32_t local_index) const {
  for (Epoch* epoch : {current_.get(), next_.get(), previous_.get()}) {
    if (epoch != nullptr && epoch->local_index() == local_index) return epoch;
  }
  return nullptr;
}

Session::Opened Session::open(const wire::HopDataFrame& frame, Time now) {
  Opened out;
  Epoch* epoch = epoch_of(frame.receiver_index);
  if (epoch == nullptr) return out;
  Bytes plaintext;
  out.verdict = epoch->open(frame, options_.limits, now, plaintext, out.newest);
  if (out.verdict != Epoch::Verdict::kOpened) return out;
  if (epoch == next_.get()) promote_next(now);
  out.newest = out.newest && epoch == current_.get();
  out.outdated = epoch == previous_.get();
  if (!receive_records(plaintext, out.records, now)) {
    out.verdict = Epoch::Verdict::kForged;
    out.records.clear();
  }
  return out;
}

bool Session::receive_records(ByteView plaintext, Bytes& passed, Time now) {
  return wire::decode_hop_records(plaintext, [&](const wire::HopRecord& record) {
    if (is_control(record, wire::HopControl::kRekeyOffer)) {
      receive_offer(record.body, now);
    } else if (is_control(record, wire::HopControl::kRekeyAnswer)) {
      receive_answer(record.body, now);
    } else {
      wire::append_hop_record(passed, record);
    }
  });
}

std::optional<wire::HopRekey> Session::next_half(ByteView body) const {
  auto theirs = wire::decode_hop_rekey(body);
  if (!theirs || theirs->epoch != current_->number() + 1) return std::nullopt;
  if (options_.compact && theirs->sender_index > wire::kHopCompactIndexMax) return std::nullopt;
  return theirs;
}

void Session::receive_offer(ByteView body, Time now) {
  const auto theirs = next_half(body);
  if (!theirs) return;
  const Bytes offered = to_bytes(body);
  if (next_) {
    // One offer a pair: a peer that changes its mind would have us compute keys for nothing.
    if (offered == answered_offer_) {
      reply_ = control_record(wire::HopControl::kRekeyAnswer, answer_body_);
    }
    return;
  }
  if (offer_) {
    if (side_ == crypto::HopSide::kInitiator) return;
    offer_.reset();
  }
  const Ephemeral ephemeral(random_);
  auto shared = ephemeral.agree(theirs->ephemeral);
  if (!shared) return;
  const std::uint32_t index = new_index_();
  answered_offer_ = offered;
  answer_body_ = wire::encode_hop_rekey({theirs->epoch, index, ephemeral.public_key()});
  next_ = std::make_unique<Epoch>(
      theirs->epoch, side_, index, theirs->sender_index,
      crypto::hop_next_keys(current_->chain(), *shared, offered, answer_body_),
      options_.receive_lanes, options_.compact, now);
  wipe(shared->mutable_view());
  reply_ = control_record(wire::HopControl::kRekeyAnswer, answer_body_);
}

void Session::receive_answer(ByteView body, Time now) {
  const auto theirs = next_half(body);
  if (!theirs || !offer_) return;
  auto shared = offer_->ephemeral.agree(theirs->ephemeral);
  if (!shared) return;
  next_ =
      std::make_unique<Epoch>(theirs->epoch, side_, offer_->local_index, theirs->sender_index,
                              crypto::hop_next_keys(current_->chain(), *shared, offer_->body, body),
                              options_.receive_lanes, options_.compact, now);
  wipe(shared->mutable_view());
  promote_next(now);
}

void Session::promote_next(Time now) {
  MEHR_ASSERT(next_ != nullptr);
  previous_ = std::move(current_);
  previous_->forget_chain();
  previous_until_ = now + options_.old_keys_kept;
  current_ = std::move(next_);
  offer_.reset();
  answered_offer_.clear();
}

Bytes Session::maintain(Time now, bool force) {
  if (previous_ && now >= previous_until_) previous_.reset();
  if (offer_) {
    if (now < offer_->repeat_at) return {};
    offer_->repeat_at = now + options_.offer_repeat;
    return control_record(wire::HopControl::kRekeyOffer, offer_->body);
  }
  const double share = side_ == crypto::HopSide::kInitiator ? 1.0 : kResponderPatience;
  if (next_ || !(force || current_->worn(options_.limits, now, share))) return {};
  Ephemeral ephemeral(random_);
  const std::uint32_t index = new_index_();
  Bytes body = wire::encode_hop_rekey({current_->number() + 1, index, ephemeral.public_key()});
  Bytes record = control_record(wire::HopControl::kRekeyOffer, body);
  offer_.emplace(Offer{std::move(ephemeral), std::move(body), now + options_.offer_repeat, index});
  return record;
}

std::vector<std::uint32_t> Session::receive_indices() const {
  std::vector<std::uint32_t> out;
  for (const Epoch* epoch : {current_.get(), next_.get(), previous_.get()}) {
    if (epoch != nullptr) out.push_back(epoch->local_index());
  }
  return out;
}

std::optional<border::SetReceive> Session::lend_receive(std::uint32_t local_index, Time now) {
  Epoch* epoch = epoch_of(local_index);
  if (epoch == nullptr) return std::nullopt;
  return epoch->lend_receive(options_.limits, now);
}

std::optional<border::SetSend> Session::lend_send(std::uint8_t lane, Time now) {
  return current_->lend_send(lane, options_.limits, now);
}

Session::Opened Session::used_elsewhere(const border::KeyUse::Row& row, std::uint64_t& bytes,
                                        Time now) {
  Opened out;
  if (row.sending) {
    for (Epoch* epoch : {current_.get(), previous_.get()}) {
      if (epoch != nullptr && epoch->remote_index() == row.index)
        bytes = epoch->used_elsewhere(row);
    }
    return out;
  }
  Epoch* epoch = epoch_of(row.index);
  if (epoch == nullptr) return out;
  bytes = epoch->used_elsewhere(row);
  out.verdict = Epoch::Verdict::kOpened;
  if (epoch == next_.get() && bytes > 0) promote_next(now);
  out.outdated = epoch == previous_.get() && bytes > 0;
  return out;
}

Session::Opened Session::opened_elsewhere(ByteView records, Time now) {
  Opened out;
  const bool sound = receive_records(records, out.records, now);
  out.verdict = sound ? Epoch::Verdict::kOpened : Epoch::Verdict::kForged;
  if (!sound) out.records.clear();
  return out;
}

Bytes Session::take_reply() {
  return std::exchange(reply_, {});
}

Time Session::next_due() const {
  Time due = current_->worn_at(options_.limits,
                               side_ == crypto::HopSide::kInitiator ? 1.0 : kResponderPatience);
  // Answered, and the peer does not follow: nothing to do but to end when the keys do.
  if (next_) due = current_->worn_at(options_.limits, RekeyLimits::kHardStop);
  if (offer_) due = offer_->repeat_at;
  if (previous_ && previous_until_ < due) due = previous_until_;
  return due;
}

}  // namespace mehr::link
