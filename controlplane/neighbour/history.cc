// History, declared in history.h.
#include "controlplane/neighbour/history.h"

#include <algorithm>

namespace mehr::neighbour {

void History::add(const IdentityHash& identity, HistoryEvent event) {
  if (events_.size() >= kNeighbours && !events_.contains(identity)) {
    events_.erase(std::min_element(
        events_.begin(), events_.end(),
        [](const auto& a, const auto& b) { return a.second.back().at < b.second.back().at; }));
  }
  auto& events = events_[identity];
  events.push_back(std::move(event));
  if (events.size() > kEvents) events.pop_front();
}

std::vector<HistoryEvent> History::of(const IdentityHash& identity) const {
  const auto found = events_.find(identity);
  if (found == events_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<IdentityHash> History::identities() const {
  std::vector<IdentityHash> out;
  out.reserve(events_.size());
  for (const auto& [identity, events] : events_)
    out.push_back(identity);
  return out;
}

}  // namespace mehr::neighbour
