// The heap and the gates in front of hosts. See engine.h.
#include "tools/mehr-sim/engine.h"

#include <algorithm>
#include <functional>

#include "core/base/assert.h"

namespace mehr::mehr_sim {

SeededRandom Engine::random_for(std::uint64_t concern) const {
  SeededRandom mix(seed_ * 0xD1B5'4A32'D192'ED03ULL + concern);
  return SeededRandom(mix.next());
}

EventHandle Engine::at(Time when, Event event) {
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.event = std::move(event);
  slot.used = true;
  push(std::max(when, now_), index);
  return (EventHandle{slot.generation} << 32U) | index;
}

void Engine::push(Time when, std::uint32_t slot) {
  heap_.push_back({when, ++sequence_, slot, slots_[slot].generation});
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>{});
}

void Engine::release(std::uint32_t slot) {
  slots_[slot].event = {};
  slots_[slot].used = false;
  ++slots_[slot].generation;
  free_.push_back(slot);
}

void Engine::cancel(EventHandle handle) {
  take(handle);
}

std::optional<Event> Engine::take(EventHandle handle) {
  const auto index = static_cast<std::uint32_t>(handle);
  if (handle == 0 || index >= slots_.size()) return std::nullopt;
  Slot& slot = slots_[index];
  if (!slot.used || slot.generation != handle >> 32U) return std::nullopt;
  Event event = std::move(slot.event);
  release(index);
  return event;
}

bool Engine::step(Time limit) {
  while (!heap_.empty() && heap_.front().at <= limit) {
    const Entry entry = heap_.front();
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>{});
    heap_.pop_back();
    Slot& slot = slots_[entry.slot];
    if (!slot.used || slot.generation != entry.generation) continue;  // cancelled
    const HostId host = slot.event.host;
    if (host != kNobody) {
      const HostState& state = hosts_[host];
      if (slot.event.incarnation != 0 && slot.event.incarnation != state.incarnation) {
        release(entry.slot);
        continue;
      }
      if (state.paused_until > entry.at) {
        push(state.paused_until, entry.slot);
        continue;
      }
    }
    now_ = entry.at;
    const Event event = std::move(slot.event);
    release(entry.slot);
    trace_.add(now_, host, event.kind, event.bytes);
    event.run(event.bytes);
    if (after_event_) after_event_(host);
    return true;
  }
  return false;
}

void Engine::run_until(Time limit) {
  while (step(limit)) {
  }
  now_ = std::max(now_, limit);
}

HostId Engine::add_host() {
  hosts_.emplace_back();
  return static_cast<HostId>(hosts_.size() - 1);
}

}  // namespace mehr::mehr_sim
