// Packets are cut into frames only when it is their turn, so the queue counts packets as the host
// sent them.
#include "tools/mehr-radio/transmit_queue.h"

#include <algorithm>

#include "core/wire/airtime.h"
#include "core/wire/rnode.h"

namespace mehr::mehr_radio {

void TransmitQueue::push(ByteView packet) {
  const bool fits = packet.size() >= 1 && packet.size() <= wire::kRnodeMtu;
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
  if (raw) return to_bytes(ByteView(packet).first(std::min(packet.size(), wire::kLoraFrameMax)));

  const auto sequence = static_cast<std::uint8_t>(random_.below(16));
  std::vector<Bytes> frames = wire::rnode_air_frames(packet, sequence);
  if (frames.size() > 1) second_half_ = std::move(frames[1]);
  return std::move(frames[0]);
}

void TransmitQueue::clear() {
  packets_.clear();
  second_half_.reset();
  bytes_ = 0;
}

}  // namespace mehr::mehr_radio
