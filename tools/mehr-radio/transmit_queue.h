// The radio's queue of packets from the host and their way into frames: bounded as the firmware's,
// one header byte a frame, packets over 254 bytes as two frames. Owned by one RnodeDevice; pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/random.h"

namespace mehr::mehr_radio {

inline constexpr std::size_t kQueueBytes = 6144;     ///< reticulum-wire §24
inline constexpr std::size_t kQueuePackets = 200;    ///< reticulum-wire §24
inline constexpr std::size_t kFrameBytes = 255;      ///< longest LoRa frame
inline constexpr std::size_t kLongestPacket = 508;   ///< two frames less their headers
inline constexpr std::uint8_t kSplitFlag = 0x01;     ///< header bit: half of a packet
inline constexpr std::uint8_t kSequenceMask = 0xF0;  ///< header nibble: random, same for halves

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

/// Joins the two frames of a split packet at a receiver.
class Reassembly {
 public:
  /// Takes a received frame; returns the packet it completes. Any frame that does not continue the
  /// waiting half discards it.
  std::optional<Bytes> push(ByteView frame);
  void clear() { first_half_.reset(); }

 private:
  struct FirstHalf {
    std::uint8_t sequence;
    Bytes bytes;
  };
  std::optional<FirstHalf> first_half_;
};

}  // namespace mehr::mehr_radio
