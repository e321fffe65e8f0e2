// What waits to leave through one port: packets by priority, unsealed, so that the counter a frame
// is sealed under is the order it leaves in; and sealed frames the device did not take. Owns their
// buffers. Called by the queue stage and the worker's loop; one worker a queue. Pure: ticks are
// handed in. Source: spec/02 §9.2.
//
// Nothing waits while the port takes what it gets and its rate is not used up. Then a higher class
// goes first, and of the bytes sent while P3 waits a tenth is P3's. A class that is full takes no
// more; what has waited longer than its class allows is given back as late.
#pragma once

#include <array>
#include <vector>

#include "dataplane/frame.h"
#include "dataplane/tables/policer.h"

namespace mehr::dataplane {

/// A packet that waits, alone in a frame of its own.
struct HeldPacket {
  Frame frame;  ///< records is 1, session is unset
  Packet packet;
  std::uint64_t since = 0;  ///< ticks
};

struct PortQueueLimits {
  std::array<std::uint32_t, 4> packets{1'024, 1'024, 1'024, 1'024};  ///< by class, each > 0
  /// Milliseconds a packet may wait, by class; 0: as long as it takes.
  std::array<std::uint32_t, 4> longest_ms{500, 5'000, 30'000, 0};
};

class PortQueue {
 public:
  static constexpr std::size_t kClasses = 4;
  /// Bytes a packet takes on the wire beside its own: record, hop frame, UDP over IPv6, Ethernet.
  static constexpr std::uint32_t kOverhead = 4 + 32 + 48 + 38;

  PortQueue(const PortQueueLimits& limits, std::uint64_t ticks_per_second);

  /// @param bytes_per_second on the wire; PolicerRate::kUnlimited: what the device takes
  void set_rate(std::uint64_t bytes_per_second, std::uint64_t now);

  /// Whether a packet may leave at once; if so its bytes are taken off the rate.
  [[nodiscard]] bool passes(std::uint32_t packet_bytes, std::uint64_t now) {
    return waiting_ == 0 && stalled_.empty() && admit(packet_bytes, now);
  }
  /// Whether a packet of class `priority` finds room.
  [[nodiscard]] bool has_room(unsigned priority) const {
    return classes_[priority].count < classes_[priority].ring.size();
  }
  /// @param held of a class that has room; its buffer is this queue's from now on
  void hold(unsigned priority, const HeldPacket& held);

  /// The packets that leave next, in order, as far as rate and `out` allow. Those that waited too
  /// long come in between with Fate::kDrop. Nothing while frames are stalled.
  std::size_t take(std::span<HeldPacket> out, std::uint64_t now);

  /// Frames the device did not take; they go before everything else. @return how many of them found
  /// room, from the front
  std::size_t stall(std::span<const Frame> frames);
  [[nodiscard]] std::span<Frame> stalled() { return stalled_; }
  /// The first `count` stalled frames are gone.
  void unstall(std::size_t count);

  /// Packets to a neighbour that is gone will come as kDrop: its index may be another's soon.
  void forget(NeighbourIndex neighbour);

  [[nodiscard]] bool empty() const { return waiting_ == 0 && stalled_.empty(); }
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  static constexpr std::size_t kStalledMax = 2 * kBurst;
  struct Class {
    std::vector<HeldPacket> ring;
    std::size_t first = 0, count = 0;
    std::uint64_t longest = 0;  ///< ticks; 0: no limit
  };

  [[nodiscard]] bool admit(std::uint32_t packet_bytes, std::uint64_t now) {
    return !limited_ || rate_.admit(packet_bytes + kOverhead, now);
  }
  [[nodiscard]] unsigned choose() const;
  void pop(unsigned priority, std::uint32_t bytes);

  std::array<Class, kClasses> classes_;
  std::vector<Frame> stalled_;
  TokenBucket rate_;
  std::uint64_t ticks_per_second_;
  std::size_t waiting_ = 0;
  std::uint64_t owed_ = 0;  ///< bytes the lowest class is behind its tenth
  bool limited_ = false;
};

}  // namespace mehr::dataplane
