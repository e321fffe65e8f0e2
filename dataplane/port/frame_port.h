// What a worker needs of a port: bursts in, bursts out. DPDK's ports are one kind, the tests' plain
// queues another. One worker a queue.
#pragma once

#include <span>

#include "dataplane/frame.h"

namespace mehr::dataplane {

class FramePort {
 public:
  virtual ~FramePort() = default;
  /// Frames that have arrived, at most as many as there is room for, from the Ethernet header on.
  virtual std::size_t receive(std::uint16_t queue, std::span<Frame> frames) = 0;
  /// @return how many the device took, from the front; the buffers of the others stay the caller's
  virtual std::size_t send(std::uint16_t queue, std::span<Frame> frames) = 0;
  /// From now on an arriving frame ends the sleep of the thread that calls this. What arrived
  /// before does not: look once more afterwards. @return false when this port cannot
  virtual bool arm(std::uint16_t queue) {
    (void)queue;
    return false;
  }
  virtual void disarm(std::uint16_t queue) { (void)queue; }
};

}  // namespace mehr::dataplane
