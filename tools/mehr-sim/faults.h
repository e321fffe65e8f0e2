// What goes wrong in a simulated network: each kind of fault, how it is done to the world and how
// it is undone, and a schedule of them drawn from a seed. heal() makes everything right again.
// Engine thread.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "tools/mehr-sim/insider.h"
#include "tools/mehr-sim/liar.h"
#include "tools/mehr-sim/world.h"

namespace mehr::mehr_sim {

enum class Fault : std::uint8_t {
  kCut,         ///< a link is down for a while
  kFlap,        ///< a link goes up and down every few seconds
  kOneWay,      ///< a link carries in one direction only
  kPartition,   ///< a part of the network is cut off
  kLoss,        ///< up to half of the packets of a link vanish
  kDuplicate,   ///< up to half come twice
  kReorder,     ///< up to half come out of order
  kCorrupt,     ///< bits of up to a tenth flip
  kSlow,        ///< a link crawls at 300 .. 9,600 bit/s
  kLate,        ///< a link takes seconds
  kMtu,         ///< the middle of a link carries less
  kBlackHole,   ///< and does not say so
  kRebind,      ///< the translator of addresses forgets
  kPause,       ///< a host stands still
  kKill,        ///< a gateway dies, kill -9, and comes back
  kPowerLoss,   ///< a machine loses power and comes back
  kRestart,     ///< an operator restarts a gateway
  kSlowDisk,    ///< an fsync takes seconds
  kFullDisk,    ///< no room on a disk
  kBrokenDisk,  ///< a disk gives errors
  kRotCache,    ///< a gateway dies, and a bit of its cache has flipped
  kLoseCache,   ///< a gateway dies, and its cache is gone
  kClockJump,   ///< a wall clock jumps by up to ten years
  kUnplug,      ///< somebody pulls a radio out
  kJam,         ///< a radio channel loses half of its frames
  kLiar,        ///< a neighbour lies
};
inline constexpr std::size_t kFaults = 26;
std::string_view fault_name(Fault fault);

/// How often each kind happens, in events an hour; 0 = never.
using FaultMix = std::array<std::uint32_t, kFaults>;

class Faults {
 public:
  explicit Faults(World& world);

  /// Draws which kinds a seed has and how hard: a quarter of all seeds get a single one, often.
  static FaultMix draw(Random& random);
  /// Faults of the mix between these times, each undone some time later.
  /// @param insiders with liars inside hop links, where the seed draws them
  void schedule(const FaultMix& mix, Time from, Time until, bool insiders = true);
  /// Does one fault to a random victim, for a drawn time. @return false when it has none
  bool inject(Fault fault);
  // --- one fault to a victim of the caller's choice ---
  void cut(LinkNumber number, Duration span);
  void restart(HostId host, Ending ending, Duration away);
  void unplug(HostId host, Duration span);
  /// Everything works again: links as planned, hosts running, disks good, clocks right.
  void heal();
  [[nodiscard]] const std::array<std::uint64_t, kFaults>& injected() const { return injected_; }
  [[nodiscard]] Liars& liars() { return liars_; }
  [[nodiscard]] Insiders& insiders() { return insiders_; }

 private:
  bool link_fault(Fault fault);
  bool host_fault(Fault fault);
  bool spoil_quality(Fault fault, LinkNumber number);
  void flap(LinkNumber number, int times);
  void partition(Duration span);
  bool air_fault(Fault fault);
  void undo_after(Duration span, std::function<void()> undo);
  void restore_link(LinkNumber number);
  Duration draw_span(Duration shortest, Duration longest);

  World& world_;
  SeededRandom random_;
  Liars liars_;
  Insiders insiders_;
  std::vector<std::array<LinkQuality, 2>> planned_;
  std::array<std::uint64_t, kFaults> injected_{};
};

}  // namespace mehr::mehr_sim
