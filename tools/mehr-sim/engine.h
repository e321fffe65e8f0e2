// Virtual time: one queue of events ordered by (time, sequence), the hosts they belong to, and the
// trace of what ran. Knows nothing of networks or gateways. Everything in a simulation happens
// inside step(), on one thread; the same calls with the same seed give the same trace.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "tools/mehr-sim/trace.h"

namespace mehr::mehr_sim {

/// Names a scheduled event until it ran; 0 = none.
using EventHandle = std::uint64_t;

struct Event {
  HostId host = kNobody;
  /// Which life of the host it is meant for; 0 = whichever lives. Events for a life that is over
  /// never run.
  std::uint32_t incarnation = 0;
  EventKind kind = EventKind::kControl;
  Bytes bytes;  ///< goes into the trace, and to `run`
  std::function<void(ByteView bytes)> run;
};

class Engine {
 public:
  explicit Engine(std::uint64_t seed) : seed_(seed) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  /// A source of randomness of its own for one concern, so that more draws in one place do not
  /// change all others.
  [[nodiscard]] SeededRandom random_for(std::uint64_t concern) const;
  [[nodiscard]] Time now() const { return now_; }

  EventHandle at(Time when, Event event);
  EventHandle after(Duration delay, Event event) { return at(now_ + delay, std::move(event)); }
  /// Harmless for events that ran.
  void cancel(EventHandle handle);
  /// Cancels it and gives it back; nullopt when it ran.
  std::optional<Event> take(EventHandle handle);
  /// Runs the next event unless it is later than `limit`. @return whether one ran
  bool step(Time limit);
  /// Runs everything up to `limit`, then makes it `limit`.
  void run_until(Time limit);

  HostId add_host();
  [[nodiscard]] std::size_t hosts() const { return hosts_.size(); }
  [[nodiscard]] std::uint32_t incarnation(HostId host) const { return hosts_[host].incarnation; }
  /// Ends the present life of a host: nothing scheduled for it runs any more.
  void end_life(HostId host) { ++hosts_[host].incarnation; }
  /// The host does nothing until then; what happens to it meanwhile waits.
  void pause(HostId host, Time until) { hosts_[host].paused_until = until; }
  [[nodiscard]] bool paused(HostId host) const { return hosts_[host].paused_until > now_; }

  /// Called after every event, with its host.
  void set_after_event(std::function<void(HostId)> call) { after_event_ = std::move(call); }
  [[nodiscard]] Trace& trace() { return trace_; }

 private:
  struct HostState {
    std::uint32_t incarnation = 1;
    Time paused_until{};
  };
  struct Slot {
    Event event;
    std::uint32_t generation = 1;
    bool used = false;
  };
  struct Entry {
    Time at;
    std::uint64_t sequence;
    std::uint32_t slot, generation;
    bool operator>(const Entry& other) const {
      return at != other.at ? at > other.at : sequence > other.sequence;
    }
  };
  void push(Time when, std::uint32_t slot);
  void release(std::uint32_t slot);

  std::uint64_t seed_;
  Time now_{};
  std::uint64_t sequence_ = 0;
  std::vector<Entry> heap_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<HostState> hosts_;
  Trace trace_;
  std::function<void(HostId)> after_event_;
};

}  // namespace mehr::mehr_sim
