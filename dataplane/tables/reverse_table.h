// The way back of proofs: for every packet that was forwarded, by the truncated hash of that
// packet, the neighbour it came from and the one it went to. Owns the entries for eight minutes.
// Called by every worker; time is moved on by one of them.
//
//   line, one cache line   0..47 three keys   48..59 three pairs of neighbours
//                          60..62 ticks of birth, 0 is free   63 lock, version, spills
//
// Two lines a key (seeded hash, because anybody can make packets until a hash suits), the first one
// as long as it has room; when both are full somebody moves to his other line. If nobody can, the
// oldest of the six goes. Memory: 48 bytes an entry, taken at construction.
//
// Any number of workers. A writer holds the lock of a line for some ten instructions, a reader
// takes none and reads again what was written meanwhile; it may miss an entry that is being moved.
//
// As in the router (controlplane/routing/reverse.h) a proof from another neighbour than the one the
// packet went to leaves the entry as it is. Source: reticulum-wire §12, §13.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "dataplane/tables/neighbour_index.h"

namespace mehr::dataplane {

struct ReverseEntry {
  NeighbourIndex received = kNoNeighbour;  ///< where the packet came from: proofs go there
  NeighbourIndex outbound = kNoNeighbour;  ///< where it went: proofs come from there
  bool operator==(const ReverseEntry&) const = default;
};

enum class Spend : std::uint8_t {
  kSpent,           ///< the entry is gone, the proof goes to `received`
  kUnknown,         ///< no such packet, or too long ago
  kOtherNeighbour,  ///< the packet went elsewhere; nothing changed
};

class ReverseTable {
 public:
  static constexpr std::size_t kBurst = 64;  ///< keys of one bulk call
  static constexpr Duration kLife = 480s;    ///< at least; at most a tick longer
  static constexpr Duration kTick = 4s;

  /// @param capacity entries, 1 .. 2^31
  ReverseTable(std::size_t capacity, Random& random, Time start);

  /// Adds or replaces. @param keys at most kBurst pointers to 16 bytes; entries as many
  /// @return how many living entries had to go for others
  std::size_t remember(std::span<const std::uint8_t* const> keys,
                       std::span<const ReverseEntry> entries);
  /// The entries of `keys`, kNoNeighbour twice where there is none.
  void find(std::span<const std::uint8_t* const> keys, std::span<ReverseEntry> entries) const;
  void prefetch(const std::uint8_t* key) const;
  /// Takes the entry of the packet that `from` has proven. @param received set when kSpent
  Spend spend(const std::uint8_t* key, NeighbourIndex from, NeighbourIndex& received);

  bool remember(const Hash16& key, ReverseEntry entry);  ///< @return false when another had to go
  [[nodiscard]] ReverseEntry find(const Hash16& key) const;

  // --- one worker only ---
  /// Moves the table's time on to `now`, frees what is over, and so looks at every line once in 512
  /// seconds. @param lines looked at in this call at most; with too few the table's time lags
  void advance(Time now, std::size_t lines);
  /// Forgets what came from or went to `neighbour`, in `lines` lines from `line` on, before its
  /// index becomes somebody else's. @return where to go on, 0 after the last line
  std::size_t forget(NeighbourIndex neighbour, std::size_t line, std::size_t lines);

  [[nodiscard]] std::size_t memory_bytes() const { return lines_ * sizeof(Line); }

 private:
  static constexpr unsigned kSlots = 3;
  struct alignas(64) Line {
    std::uint64_t keys[kSlots][2];
    std::uint32_t neighbours[kSlots];  ///< received << 16 | outbound
    std::uint32_t head;
  };
  static_assert(sizeof(Line) == 64);
  struct FreeLines {
    void operator()(Line* lines) const;
  };
  struct Key {
    std::uint64_t low, high;
  };
  struct Homes {
    std::uint32_t first, second;
  };
  class Locked;

  [[nodiscard]] Homes homes(Key key) const;
  [[nodiscard]] std::uint32_t look(const Line& line, Key key, std::uint8_t now,
                                   std::uint32_t& head) const;
  [[nodiscard]] std::uint8_t now() const;
  bool add(Key key, std::uint32_t neighbours);
  bool make_room(Locked& line, std::uint32_t index, std::uint32_t other, std::uint8_t now);

  std::size_t lines_;
  std::uint64_t seed_[4];
  Time start_;
  std::uint64_t swept_ = 0;  ///< lines since the start; the table's time is made of it
  std::unique_ptr<Line[], FreeLines> table_;
  alignas(64) std::uint8_t now_ = 1;  ///< current tick; written by advance() alone
};

}  // namespace mehr::dataplane
