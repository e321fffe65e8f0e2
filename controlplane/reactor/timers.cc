// Cancelled timers leave their heap entry behind until it reaches the front or the sweep.
#include "controlplane/reactor/timers.h"

#include <algorithm>

namespace mehr::reactor {

TimerId Timers::at(Time when, std::function<void()> fire) {
  const std::uint64_t id = ++last_id_;
  actions_.emplace(id, std::move(fire));
  heap_.push_back({when, id});
  std::push_heap(heap_.begin(), heap_.end());
  return {id};
}

void Timers::cancel(TimerId timer) {
  const auto found = actions_.find(timer.value);
  if (found == actions_.end()) return;
  // The action may own things that cancel timers in turn: take it out before it is destroyed.
  const std::function<void()> doomed = std::move(found->second);
  actions_.erase(found);
  constexpr std::size_t kSmallHeap = 64;
  if (heap_.size() > kSmallHeap && heap_.size() > 2 * actions_.size()) {
    std::erase_if(heap_, [this](const Entry& entry) { return !actions_.contains(entry.id); });
    std::make_heap(heap_.begin(), heap_.end());
  }
  drop_cancelled_front();
}

void Timers::drop_cancelled_front() {
  while (!heap_.empty() && !actions_.contains(heap_.front().id)) {
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }
}

void Timers::run(Time now) {
  std::vector<std::uint64_t> due;
  while (!heap_.empty() && heap_.front().when <= now) {
    due.push_back(heap_.front().id);
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
  }
  for (const std::uint64_t id : due) {
    const auto found = actions_.find(id);
    if (found == actions_.end()) continue;  // cancelled by one that fired before it
    const std::function<void()> fire = std::move(found->second);
    actions_.erase(found);
    fire();
  }
  drop_cancelled_front();
}

std::optional<Time> Timers::next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

void Timers::clear() {
  const auto doomed = std::move(actions_);
  actions_.clear();
  heap_.clear();
}

}  // namespace mehr::reactor
