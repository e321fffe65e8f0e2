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

bool Epoch::worn(const RekeyLimits& limits, Time now, double share) const {
  const double age = to_seconds(now - begun_) / to_seconds(limits.age);
  const double used = static_cast<double>(std::max(sent_bytes_, received_bytes_)) /
                      static_cast<double>(limits.bytes);
  return std::max(age, used) >= share;
}

}  // namespace mehr::link
