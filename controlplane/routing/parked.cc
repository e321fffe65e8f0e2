// Keeping both indexes of the parked paths in step.
#include "controlplane/routing/parked.h"

#include <algorithm>
#include <optional>

namespace mehr::routing {

bool ParkedPaths::park(PathEntry entry, Time ends) {
  const DestinationHash destination = entry.destination;
  erase(destination);
  const std::size_t per_name = std::max<std::size_t>(1, capacity_ / 4);
  if (entries_.size() >= capacity_) return false;
  const auto known = by_name_.find(entry.interface_name);
  if (known != by_name_.end() && known->second.size() >= per_name) return false;
  by_name_[entry.interface_name].insert(destination);
  entries_.emplace(destination, Parked{std::move(entry), ends});
  deadlines_.add(ends, destination);
  if (deadlines_.bloated(entries_.size())) {
    deadlines_.clear();
    for (const auto& [key, parked] : entries_)
      deadlines_.add(parked.ends, key);
  }
  return true;
}

const PathEntry* ParkedPaths::find(const DestinationHash& destination) const {
  const auto it = entries_.find(destination);
  return it == entries_.end() ? nullptr : &it->second.entry;
}

bool ParkedPaths::erase(const DestinationHash& destination) {
  const auto it = entries_.find(destination);
  if (it == entries_.end()) return false;
  const auto name = by_name_.find(it->second.entry.interface_name);
  name->second.erase(destination);
  if (name->second.empty()) by_name_.erase(name);
  entries_.erase(it);
  return true;
}

std::vector<PathEntry> ParkedPaths::take(const std::string& name) {
  std::vector<PathEntry> taken;
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return taken;
  for (const DestinationHash& destination : it->second) {
    const auto entry = entries_.find(destination);
    taken.push_back(std::move(entry->second.entry));
    entries_.erase(entry);
  }
  by_name_.erase(it);
  return taken;
}

void ParkedPaths::expire(Time now, const std::function<void(const DestinationHash&)>& removed) {
  deadlines_.run(now, [&](const DestinationHash& destination) -> std::optional<Time> {
    const auto it = entries_.find(destination);
    if (it == entries_.end()) return std::nullopt;
    if (now <= it->second.ends) return it->second.ends;
    erase(destination);
    removed(destination);
    return std::nullopt;
  });
}

}  // namespace mehr::routing
