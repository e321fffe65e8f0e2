// Order of service: fewest hops, then longest waiting.
#include "controlplane/routing/announce_queue.h"

namespace mehr::routing {
namespace {

constexpr Duration kQueuedLife = 24h;

}  // namespace

void AnnounceQueue::set_rate(std::uint64_t bitrate_bps, double cap) {
  bitrate_bps_ = bitrate_bps;
  cap_ = cap;
}

Duration AnnounceQueue::share_of(std::size_t bytes) const {
  return from_seconds(static_cast<double>(bytes) * 8 / static_cast<double>(bitrate_bps_) / cap_);
}

AnnounceQueue::Offer AnnounceQueue::offer(const DestinationHash& destination,
                                          const SharedPacket& packet, std::uint8_t hops,
                                          std::uint64_t emitted, Time now) {
  if (queue_.empty() && now > allowed_at_ && bitrate_bps_ > 0) {
    allowed_at_ = now + share_of(packet->size());
    return Offer::kSendNow;
  }
  const Order order{hops, now, sequence_};
  const auto known = index_.find(destination);
  if (known != index_.end()) {
    const auto entry = queue_.find(known->second);
    if (emitted <= entry->second.emitted) return Offer::kAlreadyQueued;
    queue_.erase(entry);
    known->second = order;
    queue_.emplace(order, Queued{destination, emitted, packet});
    ++sequence_;
    return Offer::kReplaced;
  }
  if (queue_.size() >= capacity_) return Offer::kFull;
  index_.emplace(destination, order);
  queue_.emplace(order, Queued{destination, emitted, packet});
  ++sequence_;
  return Offer::kQueued;
}

SharedPacket AnnounceQueue::take(Time now) {
  if (bitrate_bps_ == 0 || now < allowed_at_) return nullptr;
  while (!queue_.empty()) {
    const auto first = queue_.begin();
    const bool stale = now > first->first.queued + kQueuedLife;
    SharedPacket packet = std::move(first->second.packet);
    index_.erase(first->second.destination);
    queue_.erase(first);
    if (stale) continue;
    allowed_at_ = now + share_of(packet->size());
    return packet;
  }
  return nullptr;
}

Time AnnounceQueue::next_due() const {
  return queue_.empty() || bitrate_bps_ == 0 ? kNever : allowed_at_;
}

bool AnnounceQueue::charge_request(std::size_t size, Time now) {
  if (!queue_.empty() || now < allowed_at_ || bitrate_bps_ == 0) return false;
  allowed_at_ = now + share_of(size);
  return true;
}

}  // namespace mehr::routing
