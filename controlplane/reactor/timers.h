// Timers as a heap: what is due, in order of time and then of creation. Owns no clock; the loop
// hands in the time. Reactor thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "controlplane/reactor/reactor.h"
#include "core/base/time.h"

namespace mehr::reactor {

class Timers {
 public:
  /// O(log n).
  TimerId at(Time when, std::function<void()> fire);
  /// O(1), and a sweep of the heap when more than half of it is cancelled.
  void cancel(TimerId timer);
  /// Fires what is due at `now`; timers made meanwhile wait for the next call.
  void run(Time now);
  [[nodiscard]] std::optional<Time> next() const;
  [[nodiscard]] std::size_t size() const { return actions_.size(); }
  void clear();

 private:
  struct Entry {
    Time when;
    std::uint64_t id;
    /// Heap order: the standard heap keeps the largest in front, we want the earliest.
    bool operator<(const Entry& other) const {
      return when != other.when ? when > other.when : id > other.id;
    }
  };
  void drop_cancelled_front();

  std::vector<Entry> heap_;
  std::unordered_map<std::uint64_t, std::function<void()>> actions_;
  std::uint64_t last_id_ = 0;
};

}  // namespace mehr::reactor
