// Splitting and joining follow the firmware: a half is recognised only by bit 0 and the sequence
// nibble, so two first halves with the same nibble (1 in 16) are joined wrongly, here as there.
#include "tools/mehr-radio/transmit_queue.h"

#include <algorithm>

namespace mehr::mehr_radio {

void TransmitQueue::push(ByteView packet) {
  const bool fits = packet.size() >= 1 && packet.size() <= kLongestPacket;
  if (!fits || packets_.size() >= kQueuePackets || bytes_ + packet.size() > kQueueBytes) {
    ++dropped_;
    return;
  }
  bytes_ += packet.size();
  packets_.push_back(to_bytes(packet));
}

std::optional<Bytes> TransmitQueue::next_frame(bool raw) {
  if (second_half_) {
    Bytes frame = std::move(*second_half_);
    second_half_.reset();
    return frame;
  }
  if (packets_.empty()) return std::nullopt;
  const Bytes packet = std::move(packets_.front());
  packets_.pop_front();
  bytes_ -= packet.size();
  if (raw) return to_bytes(ByteView(packet).first(std::min(packet.size(), kFrameBytes)));

  constexpr std::size_t kPayload = kFrameBytes - 1;
  auto header = static_cast<std::uint8_t>(random_.below(256) & kSequenceMask);
  if (packet.size() > kPayload) header = static_cast<std::uint8_t>(header | kSplitFlag);
  const auto frame_of = [&](ByteView part) { return concat({ByteView(&header, 1), part}); };
  const ByteView whole(packet);
  if (packet.size() <= kPayload) return frame_of(whole);
  second_half_ = frame_of(whole.subspan(kPayload));
  return frame_of(whole.first(kPayload));
}

void TransmitQueue::clear() {
  packets_.clear();
  second_half_.reset();
  bytes_ = 0;
}

std::optional<Bytes> Reassembly::push(ByteView frame) {
  if (frame.empty()) return std::nullopt;
  const std::uint8_t header = frame.front();
  const auto sequence = static_cast<std::uint8_t>(header & kSequenceMask);
  const ByteView payload = frame.subspan(1);
  if ((header & kSplitFlag) == 0) {
    first_half_.reset();
    return to_bytes(payload);
  }
  if (first_half_ && first_half_->sequence == sequence) {
    Bytes packet = std::move(first_half_->bytes);
    first_half_.reset();
    append(packet, payload);
    return packet;
  }
  first_half_ = FirstHalf{sequence, to_bytes(payload)};
  return std::nullopt;
}

}  // namespace mehr::mehr_radio
