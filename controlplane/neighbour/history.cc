// History, declared in history.h.
#include "controlplane/neighbour/history.h"

#include <algorithm>

namespace mehr::neighbour {

void History::make_room(bool stranger) {
  const auto oldest = [this, stranger] {
    auto found = entries_.end();
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      if (at->second.stranger != stranger) continue;
      if (found == entries_.end() || at->second.events.back().at < found->second.events.back().at) {
        found = at;
      }
    }
    return found;
  };
  const auto count = std::count_if(entries_.begin(), entries_.end(), [stranger](const auto& each) {
    return each.second.stranger == stranger;
  });
  if (static_cast<std::size_t>(count) >= (stranger ? kStrangers : kNeighbours)) {
    entries_.erase(oldest());
  }
}

void History::add(const IdentityHash& identity, HistoryEvent event, bool stranger) {
  const auto known = entries_.find(identity);
  if (known == entries_.end() || known->second.stranger != stranger) make_room(stranger);
  Entry& entry = entries_[identity];
  entry.stranger = stranger;
  entry.events.push_back(std::move(event));
  if (entry.events.size() > kEvents) entry.events.pop_front();
}

std::vector<HistoryEvent> History::of(const IdentityHash& identity) const {
  const auto found = entries_.find(identity);
  if (found == entries_.end()) return {};
  return {found->second.events.begin(), found->second.events.end()};
}

std::vector<IdentityHash> History::identities() const {
  std::vector<IdentityHash> out;
  out.reserve(entries_.size());
  for (const auto& [identity, entry] : entries_)
    out.push_back(identity);
  return out;
}

}  // namespace mehr::neighbour
