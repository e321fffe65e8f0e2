// Replacement rules and ageing of paths.
#include "controlplane/routing/paths.h"

#include <algorithm>

namespace mehr::routing {

Duration path_lifetime(InterfaceMode mode) {
  switch (mode) {
    case InterfaceMode::kAccessPoint:
      return 24h;
    case InterfaceMode::kRoaming:
      return 6h;
    default:
      return 7 * 24h;
  }
}

std::uint64_t newest_emission(const std::vector<wire::RandomBlob>& blobs) {
  std::uint64_t newest = 0;
  for (const auto& blob : blobs)
    newest = std::max(newest, wire::Announce::emission_time(blob));
  return newest;
}

bool may_replace(const PathEntry& known, int known_gravity, const PathCandidate& candidate,
                 Time now) {
  const std::uint64_t emitted = wire::Announce::emission_time(candidate.blob);
  const std::uint64_t newest = newest_emission(known.blobs);
  const bool seen =
      std::find(known.blobs.begin(), known.blobs.end(), candidate.blob) != known.blobs.end();
  if (candidate.hops <= known.hops) {
    if (!seen && emitted > newest) return true;
    return emitted == newest && candidate.gravity > known_gravity;
  }
  if (now >= known.expires) return !seen;
  if (emitted > newest) return !seen;
  return emitted == newest && known.state == PathState::kUnresponsive;
}

const PathEntry* PathTable::find(const DestinationHash& destination) const {
  const Record* record = table_.find(destination);
  return record == nullptr ? nullptr : &record->entry;
}

PathTable::Placed PathTable::place(PathEntry entry, Duration lifetime) {
  const DestinationHash destination = entry.destination;
  const InterfaceId interface = entry.interface;
  const Time ends = entry.last_used + lifetime;
  Placed placed;
  note(destination);
  if (Record* known = table_.find(destination); known != nullptr) {
    std::vector<wire::RandomBlob> blobs = std::move(known->entry.blobs);
    for (const auto& blob : entry.blobs) {
      if (std::find(blobs.begin(), blobs.end(), blob) == blobs.end()) blobs.push_back(blob);
    }
    if (blobs.size() > kBlobsKept) {
      blobs.erase(blobs.begin(), blobs.end() - static_cast<std::ptrdiff_t>(kBlobsKept));
    }
    entry.blobs = std::move(blobs);
    known->entry = std::move(entry);
    if (lifetime < known->lifetime) deadlines_.add(ends, destination);
    known->lifetime = lifetime;
    table_.recharge(destination, interface);
    placed.entry = &known->entry;
  } else {
    const bool used = entry.last_used > entry.learned;
    auto inserted = table_.insert(destination, interface, Record{std::move(entry), lifetime, used});
    placed.evicted = inserted.evicted;
    if (placed.evicted) note(*placed.evicted);
    if (inserted.value == nullptr) return placed;
    if (used) table_.keep(destination);
    deadlines_.add(ends, destination);
    placed.entry = &inserted.value->entry;
  }
  if (deadlines_.bloated(table_.size())) {
    deadlines_.clear();
    table_.for_each([this](const DestinationHash& key, const Record& record) {
      deadlines_.add(record.entry.last_used + record.lifetime, key);
    });
  }
  return placed;
}

void PathTable::used(const DestinationHash& destination, Time now) {
  Record* record = table_.find(destination);
  if (record == nullptr) return;
  record->entry.last_used = now;
  if (record->used) return;
  record->used = true;
  table_.keep(destination);
}

void PathTable::set_state(const DestinationHash& destination, PathState state) {
  if (Record* record = table_.find(destination); record != nullptr) record->entry.state = state;
}

bool PathTable::set_hops(const DestinationHash& destination, std::uint8_t hops) {
  Record* record = table_.find(destination);
  if (record == nullptr) return false;
  record->entry.hops = hops;
  note(destination);
  return true;
}

bool PathTable::erase(const DestinationHash& destination) {
  note(destination);
  return table_.erase(destination);
}

std::vector<PathEntry> PathTable::take_interface(InterfaceId interface) {
  std::vector<PathEntry> taken;
  for (const DestinationHash& destination : table_.keys_of(interface)) {
    note(destination);
    taken.push_back(std::move(table_.find(destination)->entry));
    table_.erase(destination);
  }
  return taken;
}

std::vector<PathEntry> PathTable::over_interface(InterfaceId interface, std::size_t limit) const {
  std::vector<PathEntry> copies;
  for (const DestinationHash& destination : table_.keys_of(interface)) {
    if (copies.size() >= limit) break;
    copies.push_back(table_.find(destination)->entry);
  }
  return copies;
}

std::vector<DestinationHash> PathTable::destinations() const {
  std::vector<DestinationHash> all;
  all.reserve(table_.size());
  table_.for_each([&all](const DestinationHash& key, const Record&) { all.push_back(key); });
  std::sort(all.begin(), all.end());
  return all;
}

void PathTable::expire(Time now, const std::function<void(const DestinationHash&)>& removed) {
  deadlines_.run(now, [&](const DestinationHash& destination) -> std::optional<Time> {
    const Record* record = table_.find(destination);
    if (record == nullptr) return std::nullopt;
    const Time ends = record->entry.last_used + record->lifetime;
    if (now <= ends) return ends;
    note(destination);
    table_.erase(destination);
    removed(destination);
    return std::nullopt;
  });
}

}  // namespace mehr::routing
