// The radio's queue of packets from the host, bounded as the firmware's, and their way into frames.
// Owned by one RnodeDevice; pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/random.h"

namespace mehr::mehr_radio {

inline constexpr std::size_t kQueueBytes = 6144;   ///< reticulum-wire §24
inline constexpr std::size_t kQueuePackets = 200;  ///< reticulum-wire §24

class TransmitQueue {
 public:
  explicit TransmitQueue(Random& random) : random_(random) {}

  /// Takes a packet of 1..508 bytes; beyond the limits, or of another length, it is dropped and
  /// counted, and the host is not told, as in the firmware.
  void push(ByteView packet);
  /// The next frame of the packet under way, or of the next packet; nullopt when empty.
  /// @param raw promiscuous mode: no header, packets cut at 255 bytes
  std::optional<Bytes> next_frame(bool raw);
  /// True while the second frame of a packet is waiting: it follows the first without contention.
  [[nodiscard]] bool in_packet() const { return second_half_.has_value(); }

  [[nodiscard]] bool empty() const { return packets_.empty() && !second_half_; }
  [[nodiscard]] bool full() const {
    return bytes_ >= kQueueBytes || packets_.size() >= kQueuePackets;
  }
  [[nodiscard]] std::size_t packets() const { return packets_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  void clear();

 private:
  Random& random_;
  std::deque<Bytes> packets_;
  std::optional<Bytes> second_half_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace mehr::mehr_radio
