// Tags, discoveries, throttles.
#include "controlplane/routing/path_requests.h"

#include <algorithm>

#include "core/base/assert.h"

namespace mehr::routing {
namespace {

constexpr Duration kDiscoveryLife = 15s;
constexpr Duration kThrottle = 20s;
constexpr Duration kOwnLife = 120s;
constexpr Duration kAutomaticSpacing = 500ms;
constexpr std::size_t kAutomaticQueue = 32;

}  // namespace

bool PathRequests::first_seen(const DestinationHash& destination, ByteView tag) {
  MEHR_ASSERT(tag.size() <= 16);
  Tag key;
  std::copy(destination.bytes.begin(), destination.bytes.end(), key.bytes.begin());
  std::copy(tag.begin(), tag.end(), key.bytes.begin() + 16);
  key.bytes[32] = static_cast<std::uint8_t>(tag.size());
  if (!tags_.insert(key).second) return false;
  tag_order_.push_back(key);
  if (tag_order_.size() > tag_capacity_) {
    tags_.erase(tag_order_.front());
    tag_order_.pop_front();
  }
  return true;
}

bool PathRequests::start_discovery(const DestinationHash& destination, InterfaceId requestor,
                                   Time now) {
  const Time ends = now + kDiscoveryLife;
  if (discoveries_.insert(destination, requestor, {requestor, ends}).value == nullptr) return false;
  discovery_ends_.add(ends, destination);
  if (discovery_ends_.bloated(discoveries_.size())) {
    discovery_ends_.clear();
    discoveries_.for_each([this](const DestinationHash& key, const Discovery& each) {
      discovery_ends_.add(each.ends, key);
    });
  }
  return true;
}

std::optional<InterfaceId> PathRequests::finish_discovery(const DestinationHash& destination) {
  const Discovery* discovery = discoveries_.find(destination);
  if (discovery == nullptr) return std::nullopt;
  const InterfaceId requestor = discovery->requestor;
  discoveries_.erase(destination);
  return requestor;
}

bool PathRequests::throttled(const DestinationHash& destination, Time now) const {
  const auto it = own_.find(destination);
  return it != own_.end() && now - it->second < kThrottle;
}

bool PathRequests::asked(const DestinationHash& destination, Time now) {
  const auto it = own_.find(destination);
  if (it != own_.end()) {
    it->second = now;
    return true;
  }
  if (own_.size() >= own_capacity_) return false;
  own_.emplace(destination, now);
  own_ends_.add(now + kOwnLife, destination);
  return true;
}

bool PathRequests::queue_automatic(const AutomaticRequest& request, Time now) {
  for (const auto& each : automatic_) {
    if (each.destination == request.destination) return true;
  }
  if (automatic_.size() >= kAutomaticQueue) return false;
  if (automatic_.empty()) automatic_at_ = now + kAutomaticSpacing;
  automatic_.push_back(request);
  return true;
}

std::optional<AutomaticRequest> PathRequests::take_automatic(Time now) {
  if (automatic_.empty() || now < automatic_at_) return std::nullopt;
  const AutomaticRequest request = automatic_.front();
  automatic_.pop_front();
  automatic_at_ = now + kAutomaticSpacing;
  return request;
}

void PathRequests::forget_interface(InterfaceId interface) {
  for (const auto& key : discoveries_.keys_of(interface))
    discoveries_.erase(key);
}

void PathRequests::expire(Time now) {
  discovery_ends_.run(now, [&](const DestinationHash& key) -> std::optional<Time> {
    const Discovery* discovery = discoveries_.find(key);
    if (discovery == nullptr) return std::nullopt;
    if (now <= discovery->ends) return discovery->ends;
    discoveries_.erase(key);
    return std::nullopt;
  });
  own_ends_.run(now, [&](const DestinationHash& key) -> std::optional<Time> {
    const auto it = own_.find(key);
    if (it == own_.end()) return std::nullopt;
    if (now <= it->second + kOwnLife) return it->second + kOwnLife;
    own_.erase(it);
    return std::nullopt;
  });
}

}  // namespace mehr::routing
