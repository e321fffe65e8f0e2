// Strict priority with a floor, deficit round robin inside, declared in scheduler.h.
#include "controlplane/link/scheduler.h"

#include <algorithm>

namespace mehr::link {
namespace {

constexpr std::size_t kLowest = 3;

}  // namespace

Scheduler::Verdict Scheduler::enqueue(const wire::HopRecord& record, std::uint32_t source,
                                      Time now) {
  Waiting waiting{{}, now};
  wire::append_hop_record(waiting.record, record);
  const std::size_t size = waiting.record.size();
  const auto index = static_cast<std::size_t>(record.hop_class.priority);
  const std::size_t used = record.hop_class.control ? control_bytes_ : classes_[index].bytes;
  const std::size_t limit = limits_.classes[record.hop_class.control ? 0 : index].bytes;
  if (used + size > limit) {
    ++drops_.full;
    return Verdict::kClassFull;
  }
  waiting_bytes_ += size;
  if (record.hop_class.control) {
    control_bytes_ += size;
    control_.push_back(std::move(waiting));
    return Verdict::kQueued;
  }
  Class& to = classes_[index];
  auto& queue = to.by_source[source];
  if (queue.empty()) to.turn.push_back(source);
  if (to.turn.size() == 1 && queue.empty()) to.deficit = kQuantum;
  queue.push_back(std::move(waiting));
  to.bytes += size;
  return Verdict::kQueued;
}

void Scheduler::pop(Class& from, std::deque<Waiting>& queue) {
  const std::size_t size = queue.front().record.size();
  queue.pop_front();
  from.bytes -= size;
  waiting_bytes_ -= size;
  if (!queue.empty()) return;
  from.by_source.erase(from.turn.front());
  from.turn.pop_front();
  from.deficit = kQuantum;
}

void Scheduler::drop_late(std::size_t index, Time now) {
  const auto& deadline = limits_.classes[index].deadline;
  if (!deadline) return;
  Class& from = classes_[index];
  // Only the source whose turn it is: the others' late records go when theirs comes.
  while (!from.turn.empty()) {
    auto& queue = from.by_source[from.turn.front()];
    if (now - queue.front().since <= *deadline) return;
    ++drops_.late;
    pop(from, queue);
  }
}

std::optional<std::size_t> Scheduler::choose() const {
  const bool lowest_waits = classes_[kLowest].bytes > 0;
  if (lowest_waits && lowest_credit_ > 0) return kLowest;
  for (std::size_t index = 0; index < classes_.size(); ++index) {
    if (classes_[index].bytes > 0) return index;
  }
  return std::nullopt;
}

std::optional<Bytes> Scheduler::take(std::size_t index, std::size_t room, Time now) {
  Class& from = classes_[index];
  auto* queue = &from.by_source[from.turn.front()];
  while (from.deficit < static_cast<std::int64_t>(queue->front().record.size()) &&
         from.turn.size() > 1) {
    from.turn.push_back(from.turn.front());
    from.turn.pop_front();
    from.deficit = std::min<std::int64_t>(from.deficit, 0) + kQuantum;
    drop_late(index, now);
    if (from.turn.empty()) return std::nullopt;
    queue = &from.by_source[from.turn.front()];
  }
  if (queue->front().record.size() > room) return std::nullopt;
  Bytes record = std::move(queue->front().record);
  queue->front().record.resize(record.size());  // pop() settles the accounts by its size
  const auto size = static_cast<double>(record.size());
  from.deficit -= static_cast<std::int64_t>(record.size());
  pop(from, *queue);
  if (index == kLowest) {
    lowest_credit_ = std::max(lowest_credit_ - size * (1 - limits_.lowest_share), -size);
  } else if (classes_[kLowest].bytes > 0) {
    lowest_credit_ += size * limits_.lowest_share;
  }
  if (classes_[kLowest].bytes == 0) lowest_credit_ = 0;
  return record;
}

Bytes Scheduler::next_frame(std::size_t room, Time now) {
  Bytes frame;
  while (!control_.empty() && frame.size() + control_.front().record.size() <= room) {
    append(frame, control_.front().record);
    control_bytes_ -= control_.front().record.size();
    waiting_bytes_ -= control_.front().record.size();
    control_.pop_front();
  }
  for (;;) {
    for (std::size_t index = 0; index < classes_.size(); ++index)
      drop_late(index, now);
    const auto index = choose();
    if (!index) return frame;
    const auto record = take(*index, room - frame.size(), now);
    if (record) {
      append(frame, *record);
      continue;
    }
    if (classes_[*index].bytes == 0) continue;  // all of it was late
    if (!frame.empty()) return frame;
    // Larger than any frame to this neighbour: it would block its class for ever.
    if (hands_over_oversize_) {
      const auto oversize = take(*index, ~std::size_t{0}, now);
      return oversize ? *oversize : Bytes{};
    }
    ++drops_.too_big;
    Class& from = classes_[*index];
    pop(from, from.by_source[from.turn.front()]);
  }
}

double Scheduler::occupancy() const {
  double fullest = 0;
  for (std::size_t index = 0; index < classes_.size(); ++index) {
    fullest = std::max(fullest, static_cast<double>(classes_[index].bytes) /
                                    static_cast<double>(limits_.classes[index].bytes));
  }
  return fullest;
}

}  // namespace mehr::link
