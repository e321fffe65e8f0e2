// Pass, hold or drop.
#include "dataplane/stages/queue.h"

#include <array>
#include <cstring>

#include "core/wire/hop_frame.h"

namespace mehr::dataplane {
namespace {

using border::Counter;

constexpr unsigned kPriorityShift = 6;
constexpr std::size_t kBefore = wire::kHopHeader + wire::kHopRecordHeader;

/// A frame with this packet alone; false when there is no buffer.
bool own_frame(Packet& packet, Frame& from, BufferPool& pool, Frame& frame) {
  if (from.records == 1) {
    frame = from;
    from.buffer = nullptr;
  } else {
    if (packet.size + kBefore + wire::kHopTag > pool.room() || !pool.take({&frame, 1}))
      return false;
    std::memcpy(frame.data + kBefore, packet.data, packet.size);
    packet.data = frame.data + kBefore;
    frame.size = static_cast<std::uint32_t>(kBefore + packet.size + wire::kHopTag);
    frame.tailroom = static_cast<std::uint16_t>(frame.tailroom - frame.size);
    frame.records = 1;
  }
  frame.session = nullptr;
  packet.destination = nullptr;
  return true;
}

}  // namespace

void queue(std::span<Packet> packets, std::span<Frame> frames,
           std::span<const Neighbour> neighbours, std::vector<PortQueue>& queues, BufferPool& pool,
           Ticks now) {
  for (Packet& packet : packets) {
    if (packet.fate != Fate::kForward) continue;
    const std::uint16_t port = neighbours[packet.to].port;
    if (port >= queues.size() || queues[port].passes(packet.size, now)) continue;
    const unsigned priority = packet.hop_class >> kPriorityShift;
    HeldPacket held;
    if (!queues[port].has_room(priority) ||
        !own_frame(packet, frames[packet.frame], pool, held.frame)) {
      drop(packet, Counter::kTxQueueFull);
      continue;
    }
    held.packet = packet;
    held.since = now;
    queues[port].hold(priority, held);
    packet.fate = Fate::kHeld;
  }
}

std::size_t unqueue(PortQueue& queue, std::span<Packet> packets, std::span<Frame> frames,
                    Ticks now) {
  std::array<HeldPacket, kBurst> held;
  const std::size_t room = std::min({held.size(), packets.size(), frames.size()});
  const std::size_t count = queue.take({held.data(), room}, now);
  for (std::size_t i = 0; i < count; ++i) {
    packets[i] = held[i].packet;
    packets[i].frame = static_cast<std::uint16_t>(i);
    frames[i] = held[i].frame;
  }
  return count;
}

}  // namespace mehr::dataplane
