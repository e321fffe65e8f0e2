// Rings by class, and whose turn it is.
#include "dataplane/tables/port_queue.h"

#include <algorithm>

#include "core/base/assert.h"

namespace mehr::dataplane {
namespace {

constexpr unsigned kLowest = PortQueue::kClasses - 1;
/// The lowest class gets one byte for every nine of the others while it waits.
constexpr std::uint64_t kOthers = 9;
constexpr std::uint64_t kMostOwed = 64 << 10;  ///< bytes: what a long wait may turn into a burst
/// A rate may be used up in portions of a millisecond, and of at least that many bytes.
constexpr std::uint64_t kPortions = 1'000;
constexpr std::uint64_t kSmallestBurst = 20'000;

}  // namespace

PortQueue::PortQueue(const PortQueueLimits& limits, std::uint64_t ticks_per_second)
    : ticks_per_second_(ticks_per_second) {
  for (unsigned i = 0; i < kClasses; ++i) {
    MEHR_ASSERT(limits.packets[i] > 0);
    classes_[i].ring.resize(limits.packets[i]);
    classes_[i].longest = limits.longest_ms[i] * (ticks_per_second / 1'000);
  }
  stalled_.reserve(kStalledMax);
}

void PortQueue::set_rate(std::uint64_t bytes_per_second, std::uint64_t now) {
  limited_ = bytes_per_second != PolicerRate::kUnlimited;
  if (!limited_) return;
  PolicerRate rate;
  rate.bytes_per_second = bytes_per_second;
  rate.burst_bytes = std::max(kSmallestBurst, bytes_per_second / kPortions);
  rate_.set(rate, ticks_per_second_, now);
}

void PortQueue::hold(unsigned priority, const HeldPacket& held) {
  Class& into = classes_[priority];
  MEHR_ASSERT(into.count < into.ring.size());
  into.ring[(into.first + into.count++) % into.ring.size()] = held;
  ++waiting_;
}

unsigned PortQueue::choose() const {
  const Class& lowest = classes_[kLowest];
  if (lowest.count != 0 && owed_ >= lowest.ring[lowest.first].packet.size + kOverhead)
    return kLowest;
  unsigned priority = 0;
  while (classes_[priority].count == 0)
    ++priority;
  return priority;
}

void PortQueue::pop(unsigned priority, std::uint32_t bytes) {
  Class& from = classes_[priority];
  from.first = (from.first + 1) % from.ring.size();
  --from.count;
  --waiting_;
  const Class& lowest = classes_[kLowest];
  if (lowest.count == 0) {
    owed_ = 0;
  } else if (priority == kLowest) {
    owed_ -= std::min<std::uint64_t>(owed_, bytes);
  } else {
    owed_ = std::min(kMostOwed, owed_ + (bytes + kOthers - 1) / kOthers);
  }
}

std::size_t PortQueue::take(std::span<HeldPacket> out, std::uint64_t now) {
  if (!stalled_.empty()) return 0;
  std::size_t count = 0;
  while (count < out.size() && waiting_ != 0) {
    const unsigned priority = choose();
    const Class& from = classes_[priority];
    const HeldPacket& next = from.ring[from.first];
    const bool late = from.longest != 0 && now > next.since && now - next.since > from.longest;
    const bool gone = next.packet.to == kNoNeighbour;
    if (!late && !gone && !admit(next.packet.size, now)) break;
    out[count] = next;
    Packet& packet = out[count].packet;
    if (late) {
      drop(packet, border::Counter::kTxDeadline);
    } else if (gone) {
      drop(packet, border::Counter::kHopNoCarrier);
    }
    // What never leaves is not part of anybody's share.
    pop(priority, late || gone ? 0 : packet.size + kOverhead);
    ++count;
  }
  return count;
}

void PortQueue::forget(NeighbourIndex neighbour) {
  for (Class& each : classes_) {
    for (std::size_t i = 0; i < each.count; ++i) {
      Packet& packet = each.ring[(each.first + i) % each.ring.size()].packet;
      if (packet.to == neighbour) packet.to = kNoNeighbour;
    }
  }
}

std::size_t PortQueue::stall(std::span<const Frame> frames) {
  const std::size_t room = std::min(frames.size(), kStalledMax - stalled_.size());
  stalled_.insert(stalled_.end(), frames.begin(),
                  frames.begin() + static_cast<std::ptrdiff_t>(room));
  return room;
}

void PortQueue::unstall(std::size_t count) {
  MEHR_ASSERT(count <= stalled_.size());
  stalled_.erase(stalled_.begin(), stalled_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace mehr::dataplane
