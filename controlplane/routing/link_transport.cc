// The rules for passing links on.
#include "controlplane/routing/link_transport.h"

#include <algorithm>
#include <vector>

namespace mehr::routing {
namespace {

constexpr Duration kLinkLife = 900s;
constexpr Duration kPerHop = 6s;

Time end_of(const LinkEntry& entry) {
  return entry.validated ? entry.last_used + kLinkLife : entry.proof_deadline;
}

}  // namespace

LinkMtu treat_link_mtu(std::uint32_t signalled, const InterfaceTraits& in,
                       const InterfaceTraits& out) {
  if (!out.hardware_mtu) return {LinkMtu::Action::kStrip, 0};
  if (!out.autoconfigure_mtu && !out.fixed_mtu) return {LinkMtu::Action::kStrip, 0};
  const bool too_big_in = in.hardware_mtu && *in.hardware_mtu < signalled;
  if (*out.hardware_mtu >= signalled && !too_big_in) return {LinkMtu::Action::kKeep, 0};
  // The reference fails here, and so the initiator tries another way; promising an MTU for an
  // interface that has none could only break later.
  if (!in.hardware_mtu) return {LinkMtu::Action::kDrop, 0};
  return {LinkMtu::Action::kClamp, std::min(*in.hardware_mtu, *out.hardware_mtu)};
}

Duration proof_wait(std::uint8_t remaining_hops, std::uint64_t bitrate_bps) {
  Duration wait = kPerHop * std::max<int>(1, remaining_hops);
  if (bitrate_bps > 0) {
    wait += from_seconds(static_cast<double>(wire::kMtu) * 8 / static_cast<double>(bitrate_bps));
  }
  return wait;
}

LinkStep next_step(const LinkEntry& entry, InterfaceId from, std::uint8_t hops, InterfaceId& to) {
  const bool from_next = from == entry.next_interface;
  const bool from_received = from == entry.received_interface;
  if (!from_next && !from_received) return LinkStep::kWrongInterface;
  // On one shared channel both directions arrive on the same interface.
  const bool fits =
      (from_next && hops == entry.remaining_hops) || (from_received && hops == entry.taken_hops);
  if (!fits) return LinkStep::kWrongHops;
  to = from_next ? entry.received_interface : entry.next_interface;
  return LinkStep::kForward;
}

bool LinkTable::add(const LinkId& link, const LinkEntry& entry) {
  note(link);
  if (LinkEntry* known = table_.find(link); known != nullptr) {
    // A repeated request must not undo a link that is proved and in use.
    if (!known->validated) {
      *known = entry;
      table_.recharge(link, entry.received_interface);
    }
    return true;
  }
  const auto inserted = table_.insert(link, entry.received_interface, entry);
  if (inserted.evicted) note(*inserted.evicted);
  if (inserted.value == nullptr) return false;
  deadlines_.add(end_of(entry), link);
  if (deadlines_.bloated(table_.size())) {
    deadlines_.clear();
    table_.for_each(
        [this](const LinkId& key, const LinkEntry& each) { deadlines_.add(end_of(each), key); });
  }
  return true;
}

void LinkTable::validated(const LinkId& link, Time now) {
  LinkEntry* entry = table_.find(link);
  if (entry == nullptr) return;
  entry->validated = true;
  entry->last_used = now;
  table_.keep(link);
}

void LinkTable::forget_interface(InterfaceId interface, bool thorough) {
  for (const LinkId& key : table_.keys_of(interface)) {
    note(key);
    table_.erase(key);
  }
  if (!thorough) return;
  std::vector<LinkId> leading_there;
  table_.for_each([&](const LinkId& key, const LinkEntry& entry) {
    if (entry.next_interface == interface) leading_there.push_back(key);
  });
  for (const LinkId& key : leading_there) {
    note(key);
    table_.erase(key);
  }
}

void LinkTable::expire(Time now, const std::function<void(const LinkEntry&)>& unproved) {
  deadlines_.run(now, [&](const LinkId& link) -> std::optional<Time> {
    const LinkEntry* entry = table_.find(link);
    if (entry == nullptr) return std::nullopt;
    if (now <= end_of(*entry)) return end_of(*entry);
    const LinkEntry ended = *entry;
    note(link);
    table_.erase(link);
    if (!ended.validated) unproved(ended);
    return std::nullopt;
  });
}

}  // namespace mehr::routing
