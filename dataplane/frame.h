// A frame on its way in or out: where its bytes lie and whose buffer that is. Owns nothing; rx and
// the buffer pool do. One worker.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/packet.h"

namespace mehr::dataplane {

struct ReceiveSession;

struct alignas(64) Frame {
  std::uint8_t* data = nullptr;       ///< first byte of the hop frame
  void* buffer = nullptr;             ///< what the pool calls it
  ReceiveSession* session = nullptr;  ///< set by classify for data frames
  std::uint64_t counter = 0;          ///< lane and sequence of a data frame
  std::uint32_t size = 0;             ///< bytes from data on
  std::uint16_t headroom = 0;         ///< writable bytes before data
  std::uint16_t tailroom = 0;         ///< writable bytes after them
  std::uint16_t port = 0;
  NeighbourIndex neighbour = kNoNeighbour;  ///< of an outgoing frame
  border::Counter reason{};
  Fate fate = Fate::kPending;  ///< kForward: opened, its records go on one by one
  std::uint8_t records = 0;    ///< packets found inside, those of control records not counted
  bool control = false;        ///< some records are of control, and not mere filler
};
static_assert(sizeof(Frame) == 64);

inline void drop(Frame& frame, border::Counter reason) {
  frame.fate = Fate::kDrop;
  frame.reason = reason;
}

/// Where buffers come from and go back to: mbufs in production, plain memory in tests. One worker.
class BufferPool {
 public:
  static constexpr std::uint16_t kHeadroom = 128;  ///< of a new buffer: carrier headers fit
  virtual ~BufferPool() = default;
  /// @return false, nothing taken, when there are not that many left
  virtual bool take(std::span<Frame> frames) = 0;
  virtual void give_back(std::span<void* const> buffers) = 0;
  [[nodiscard]] virtual std::uint32_t room() const = 0;  ///< bytes of a new frame after headroom
};

}  // namespace mehr::dataplane
