// The bounded table of half_open.h.
#include "controlplane/link/half_open.h"

#include <vector>

#include "core/base/assert.h"

namespace mehr::link {

std::size_t HalfOpenTable::add(HandshakeKey index, HalfOpen half, std::size_t carrier_limit) {
  MEHR_ASSERT(!by_index_.contains(index));
  const std::uint32_t carrier = half.path.carrier;
  std::size_t gone = 0;
  for (; on_carrier_[carrier] >= carrier_limit && on_carrier_[carrier] > 0; ++gone)
    forget(first_to_end(&carrier));
  for (; size() >= limit_ && size() > 0; ++gone)
    forget(first_to_end(nullptr));
  ++on_carrier_[carrier];
  by_end_.emplace(half.expires, index);
  by_hello_[{half.response.peer_ephemeral(), half.path}] = index;
  by_index_.emplace(index, std::move(half));
  return gone;
}

HandshakeKey HalfOpenTable::first_to_end(const std::uint32_t* carrier) const {
  for (const auto& [expires, index] : by_end_) {
    if (carrier == nullptr || by_index_.at(index).path.carrier == *carrier) return index;
  }
  MEHR_ASSERT(false);
  return 0;
}

HalfOpen* HalfOpenTable::find(HandshakeKey index) {
  const auto found = by_index_.find(index);
  return found == by_index_.end() ? nullptr : &found->second;
}

const HalfOpen* HalfOpenTable::begun_by(const Hash32& ephemeral, const CarrierPath& path) const {
  const auto found = by_hello_.find(Hello{ephemeral, path});
  return found == by_hello_.end() ? nullptr : &by_index_.at(found->second);
}

void HalfOpenTable::forget(HandshakeKey index) {
  const auto found = by_index_.find(index);
  if (found == by_index_.end()) return;
  const HalfOpen& half = found->second;
  const auto count = on_carrier_.find(half.path.carrier);
  if (--count->second == 0) on_carrier_.erase(count);
  by_end_.erase({half.expires, index});
  by_hello_.erase({half.response.peer_ephemeral(), half.path});
  by_index_.erase(found);
}

void HalfOpenTable::forget_carrier(std::uint32_t carrier) {
  std::vector<HandshakeKey> lost;
  for (const auto& [index, half] : by_index_) {
    if (half.path.carrier == carrier) lost.push_back(index);
  }
  for (const HandshakeKey index : lost)
    forget(index);
}

std::size_t HalfOpenTable::expire(Time now) {
  std::size_t ended = 0;
  for (; !by_end_.empty() && by_end_.begin()->first <= now; ++ended)
    forget(by_end_.begin()->second);
  return ended;
}

}  // namespace mehr::link
