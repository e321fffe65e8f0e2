// Puts the pieces of packet records together again that were longer than a frame. Bounded in
// records and bytes; the oldest unfinished record gives way, and none waits longer than kPatience.
// Pure; one a neighbour. Source: core/wire/hop_fragment.h.
#pragma once

#include <map>
#include <optional>

#include "core/base/time.h"
#include "core/wire/hop_fragment.h"

namespace mehr::neighbour {

class Reassembly {
 public:
  static constexpr std::size_t kRecords = 64;
  static constexpr std::size_t kBytes = 256 << 10;
  /// Gaps of one packet; in-order pieces make none, and pieces are hardly smaller than 200 bytes.
  static constexpr std::size_t kRanges = 256;
  static constexpr Duration kPatience = 5s;

  struct Whole {
    wire::HopClass hop_class;
    std::uint8_t price = 0;
    Bytes body;
  };
  /// @return the record once its last missing piece came
  std::optional<Whole> add(const wire::HopFragment& fragment, Time now);
  void tick(Time now);
  [[nodiscard]] Time next_due() const;
  /// Records given up unfinished: too old, or no room.
  [[nodiscard]] std::uint64_t given_up() const { return given_up_; }
  [[nodiscard]] std::size_t records() const { return partial_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Partial {
    Whole whole;
    std::map<std::size_t, std::size_t> covered;  ///< offset -> end, disjoint
    Time since;
  };
  static void cover(Partial& partial, std::size_t offset, std::size_t end);
  void give_up(std::map<std::uint32_t, Partial>::iterator which);
  void make_room(std::size_t bytes);

  std::map<std::uint32_t, Partial> partial_;  ///< by number
  std::size_t bytes_ = 0;
  std::uint64_t given_up_ = 0;
};

}  // namespace mehr::neighbour
