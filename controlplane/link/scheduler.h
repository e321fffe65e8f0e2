// What goes next to one neighbour: four priority classes with deadlines, a floor for the lowest, a
// fair share for every source inside a class, and small packets that already wait sharing a frame.
// Nothing ever waits to be coalesced. Pure; one a link; reactor thread. Source: spec/02 §9.2, §9.3.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <deque>
#include <optional>

#include "core/base/time.h"
#include "core/wire/hop_frame.h"

namespace mehr::link {

/// What a class may keep waiting, and for how long.
struct ClassLimits {
  std::size_t bytes = 0;
  std::optional<Duration> deadline;  ///< older records are dropped
};

struct SchedulerLimits {
  std::array<ClassLimits, 4> classes{
      {{64 << 10, 500ms}, {256 << 10, 5s}, {512 << 10, 30s}, {1 << 20, std::nullopt}}};
  double lowest_share = 0.10;  ///< of the bytes sent while P3 waits
};

class Scheduler {
 public:
  /// @param hands_over_oversize a record larger than a frame is handed over alone instead of
  /// dropped
  explicit Scheduler(SchedulerLimits limits = {}, bool hands_over_oversize = false)
      : limits_(limits), hands_over_oversize_(hands_over_oversize) {}

  enum class Verdict : std::uint8_t { kQueued, kClassFull };
  /// @param source who handed it over (an interface id), for fair shares; control records go before
  ///        everything else and are bounded by P0's limit
  Verdict enqueue(const wire::HopRecord& record, std::uint32_t source, Time now);

  /// Whether a control record of so many bytes, with its header, would be queued.
  [[nodiscard]] bool control_fits(std::size_t bytes) const {
    return control_bytes_ + bytes <= limits_.classes[0].bytes;
  }

  /// The records of the next frame, whole and at most `room` bytes; empty when nothing waits. A
  /// record larger than `room` is dropped and counted, or comes alone (hands_over_oversize).
  Bytes next_frame(std::size_t room, Time now);

  [[nodiscard]] bool empty() const { return waiting_bytes_ == 0; }
  [[nodiscard]] std::size_t waiting_bytes() const { return waiting_bytes_; }
  [[nodiscard]] std::size_t control_bytes() const { return control_bytes_; }
  /// The fullest class's share of its limit, 0..1: what congestion signals are about.
  [[nodiscard]] double occupancy() const;
  struct Drops {
    std::uint64_t late = 0, full = 0, too_big = 0;
  };
  [[nodiscard]] const Drops& drops() const { return drops_; }
  struct ClassUse {
    std::size_t waiting_bytes = 0, limit_bytes = 0;
  };
  [[nodiscard]] ClassUse use(std::size_t priority) const {
    return {classes_[priority].bytes, limits_.classes[priority].bytes};
  }

 private:
  struct Waiting {
    Bytes record;  ///< with its header
    Time since;
  };
  /// Deficit round robin over sources.
  struct Class {
    absl::flat_hash_map<std::uint32_t, std::deque<Waiting>> by_source;
    std::deque<std::uint32_t> turn;  ///< sources that have something, in order
    std::int64_t deficit = 0;        ///< of the first in turn
    std::size_t bytes = 0;
  };
  static constexpr std::int64_t kQuantum = 1'500;

  void drop_late(std::size_t index, Time now);
  /// Chooses the class the next record comes from; nullopt when nothing waits.
  [[nodiscard]] std::optional<std::size_t> choose() const;
  /// The next record of a class if it fits, with its accounts settled.
  std::optional<Bytes> take(std::size_t index, std::size_t room, Time now);
  void pop(Class& from, std::deque<Waiting>& queue);

  SchedulerLimits limits_;
  bool hands_over_oversize_;
  std::array<Class, 4> classes_;
  std::deque<Waiting> control_;
  std::size_t control_bytes_ = 0;
  std::size_t waiting_bytes_ = 0;
  double lowest_credit_ = 0;  ///< bytes P3 may send ahead of others
  Drops drops_;
};

}  // namespace mehr::link
