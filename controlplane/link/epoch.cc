// Sealing and opening under one pair of keys, declared in epoch.h.
#include "controlplane/link/epoch.h"

#include <algorithm>

#include "core/crypto/aead.h"

namespace mehr::link {

RekeyLimits RekeyLimits::for_bitrate(std::uint64_t bitrate_bps) {
  constexpr std::uint64_t kLeast = 1'000'000;
  constexpr std::uint64_t kSeconds = 60;
  RekeyLimits limits;
  limits.bytes = std::max(kLeast, bitrate_bps / 8 * kSeconds);
  return limits;
}

Epoch::Epoch(std::uint32_t number, crypto::HopSide side, std::uint32_t local_index,
             std::uint32_t remote_index, const crypto::HopTrafficKeys& keys,
             std::uint8_t receive_lanes, bool compact, Time now)
    : number_(number),
      local_index_(local_index),
      remote_index_(remote_index),
      compact_(compact),
      chain_(keys.chain),
      send_key_(side == crypto::HopSide::kInitiator ? keys.initiator_to_responder
                                                    : keys.responder_to_initiator),
      receive_key_(side == crypto::HopSide::kInitiator ? keys.responder_to_initiator
                                                       : keys.initiator_to_responder),
      begun_(now),
      windows_(std::max<std::size_t>(receive_lanes, 1)) {}

Epoch::~Epoch() {
  wipe(chain_.mutable_view());
  wipe(send_key_.mutable_view());
  wipe(receive_key_.mutable_view());
}

std::optional<Bytes> Epoch::seal(ByteView records, std::uint8_t lane, const RekeyLimits& limits,
                                 Time now, std::size_t padding) {
  if (next_sequence_.size() <= lane) next_sequence_.resize(std::size_t{lane} + 1);
  const wire::HopCounter counter{lane, next_sequence_[lane]};
  if (counter.sequence > wire::kHopSequenceMax || worn(limits, now, RekeyLimits::kHardStop)) {
    return std::nullopt;
  }
  ++next_sequence_[lane];
  Bytes frame;
  frame.reserve(wire::kHopOverhead + records.size() + padding);
  wire::append_hop_header(frame, remote_index_, counter, compact_);
  const std::size_t header = frame.size();
  append(frame, records);
  if (padding > 0) wire::append_hop_padding(frame, padding);
  frame.resize(frame.size() + wire::kHopTag);
  crypto::seal_aead_in_place(send_key_, counter.packed(), ByteView(frame).first(header),
                             MutableByteView(frame).subspan(header));
  sent_bytes_ += frame.size();
  return frame;
}

Epoch::Verdict Epoch::open(const wire::HopDataFrame& frame, const RekeyLimits& limits, Time now,
                           Bytes& records, bool& newest) {
  if (frame.counter.lane >= windows_.size()) return Verdict::kBadLane;
  if (worn(limits, now, RekeyLimits::kHardStop)) return Verdict::kExpired;
  ReplayWindow& window = windows_[frame.counter.lane];
  wire::HopCounter counter = frame.counter;
  if (compact_) {
    counter.sequence = wire::rebuild_hop_sequence(
        window.highest(), static_cast<std::uint32_t>(frame.counter.sequence));
  }
  if (!window.fresh(counter.sequence)) return Verdict::kReplay;
  auto opened = crypto::open_aead(receive_key_, counter.packed(), frame.header, frame.sealed);
  if (!opened) return Verdict::kForged;
  newest = window.ahead(counter.sequence);
  window.mark(counter.sequence);
  received_bytes_ += frame.header.size() + frame.sealed.size();
  records = std::move(*opened);
  return Verdict::kOpened;
}

namespace {

/// What the other plane may use of a key's bytes; the rest is for what is sealed here meanwhile.
constexpr double kLentShare = 1.2;
/// Between two loans of a lane: more frames than a key lives for at any rate, and 2^16 loans fit.
constexpr std::uint64_t kLoanSequences = std::uint64_t{1} << 40;

std::uint64_t bytes_left(const RekeyLimits& limits, std::uint64_t used) {
  const auto all = static_cast<std::uint64_t>(static_cast<double>(limits.bytes) * kLentShare);
  return all > used ? all - used : 0;
}

std::uint64_t nanoseconds_left(const RekeyLimits& limits, Time begun, Time now) {
  const Time end = begun + from_seconds(to_seconds(limits.age) * RekeyLimits::kHardStop);
  const std::int64_t left = std::chrono::duration_cast<std::chrono::nanoseconds>(end - now).count();
  return std::min<std::uint64_t>(border::kLifetimeMax,
                                 static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0)));
}

}  // namespace

border::SetReceive Epoch::lend_receive(const RekeyLimits& limits, Time now) {
  border::SetReceive out;
  out.index = local_index_;
  out.key = border::Secret(receive_key_);
  out.remaining_ns = nanoseconds_left(limits, begun_, now);
  out.bytes_left = receive_left_ = bytes_left(limits, received_bytes_);
  for (const ReplayWindow& window : windows_)
    out.highest.push_back(window.any() ? window.highest() : border::kNoSequence);
  return out;
}

std::optional<border::SetSend> Epoch::lend_send(std::uint8_t lane, const RekeyLimits& limits,
                                                Time now) {
  if (next_sequence_.size() <= lane) next_sequence_.resize(std::size_t{lane} + 1);
  if (next_sequence_[lane] > wire::kHopSequenceMax - kLoanSequences) return std::nullopt;
  border::SetSend out;
  out.lane = lane;
  out.remote_index = remote_index_;
  out.key = border::Secret(send_key_);
  out.next_sequence = next_sequence_[lane];
  out.remaining_ns = nanoseconds_left(limits, begun_, now);
  out.bytes_left = send_left_ = bytes_left(limits, sent_bytes_);
  next_sequence_[lane] += kLoanSequences;
  return out;
}

std::uint64_t Epoch::used_elsewhere(const border::KeyUse::Row& row) {
  if (!row.sending && row.lane < windows_.size() && row.next_sequence > 0) {
    windows_[row.lane].take_up_to(row.next_sequence - 1);
  }
  std::uint64_t& left = row.sending ? send_left_ : receive_left_;
  if (row.bytes_left >= left) return 0;
  const std::uint64_t bytes = left - row.bytes_left;
  left = row.bytes_left;
  (row.sending ? sent_bytes_ : received_bytes_) += bytes;
  return bytes;
}

bool Epoch::worn(const RekeyLimits& limits, Time now, double share) const {
  const double age = to_seconds(now - begun_) / to_seconds(limits.age);
  const double used = static_cast<double>(std::max(sent_bytes_, received_bytes_)) /
                      static_cast<double>(limits.bytes);
  return std::max(age, used) >= share;
}

}  // namespace mehr::link
