// What left in large frames and is not known to have arrived. When the path turns out narrower than
// thought, it is sent again in smaller ones: a change of MTU then loses next to nothing. Bounded;
// the oldest is forgotten first. Whether frames arrive at all is nobody's business here: nothing is
// sent again for mere loss. Pure; one a neighbour.
#pragma once

#include <deque>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::neighbour {

class Flight {
 public:
  static constexpr std::size_t kBytes = 256 << 10;

  /// A frame of `size` bytes left with these records. @param canary the number of the probe that
  /// rides in it, 0 for none
  void left(Bytes records, std::size_t size, std::uint32_t canary, Time now);
  /// The neighbour answered that probe: what left until then has arrived or is lost for good.
  void answered(std::uint32_t canary);
  /// Records that left in frames above `bytes`, oldest first; they are forgotten here.
  std::deque<Bytes> take_above(std::size_t bytes);

  /// When the canary under way was sent; nullopt when none is.
  [[nodiscard]] std::optional<Time> canary_since() const;
  void forget_canary() { canary_ = 0; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Frame {
    Bytes records;
    std::size_t size;
    std::uint32_t canary;
  };
  std::deque<Frame> frames_;
  std::size_t bytes_ = 0;
  std::uint32_t canary_ = 0;
  Time canary_since_;
};

}  // namespace mehr::neighbour
