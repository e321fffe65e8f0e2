// Attaching, detaching and ageing of identities.
#include "controlplane/routing/known.h"

namespace mehr::routing {
namespace {

constexpr Duration kUnusedLife = 6min;
constexpr Duration kUsedLife = 210h;  // 8.75 days

}  // namespace

const PublicIdentity* KnownIdentities::find(const DestinationHash& destination) const {
  const auto it = entries_.find(destination);
  return it == entries_.end() ? nullptr : &it->second.identity;
}

bool KnownIdentities::attach(const DestinationHash& destination, const PublicIdentity& identity) {
  const auto it = entries_.find(destination);
  if (it != entries_.end()) {
    it->second.identity = identity;
    if (it->second.ends) detached_.erase(it->second.place);
    it->second.ends.reset();
    return true;
  }
  if (entries_.size() >= capacity_) {
    if (detached_.empty()) return false;
    entries_.erase(detached_.front());
    detached_.pop_front();
  }
  entries_.emplace(destination, Known{identity, false, std::nullopt, detached_.end()});
  return true;
}

void KnownIdentities::detach(const DestinationHash& destination, Time now) {
  const auto it = entries_.find(destination);
  if (it == entries_.end()) return;
  Known& known = it->second;
  if (known.ends) return;
  known.ends = now + (known.used ? kUsedLife : kUnusedLife);
  known.place = detached_.insert(detached_.end(), destination);
  deadlines_.add(*known.ends, destination);
  if (deadlines_.bloated(detached_.size())) {
    deadlines_.clear();
    for (const auto& each : detached_)
      deadlines_.add(*entries_.find(each)->second.ends, each);
  }
}

void KnownIdentities::used(const DestinationHash& destination) {
  const auto it = entries_.find(destination);
  if (it != entries_.end()) it->second.used = true;
}

void KnownIdentities::expire(Time now) {
  deadlines_.run(now, [&](const DestinationHash& destination) -> std::optional<Time> {
    const auto it = entries_.find(destination);
    if (it == entries_.end() || !it->second.ends) return std::nullopt;
    if (now <= *it->second.ends) return it->second.ends;
    detached_.erase(it->second.place);
    entries_.erase(it);
    return std::nullopt;
  });
}

}  // namespace mehr::routing
