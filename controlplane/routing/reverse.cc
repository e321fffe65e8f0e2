// Ageing of reverse entries.
#include "controlplane/routing/reverse.h"

namespace mehr::routing {
namespace {

constexpr Duration kReverseLife = 480s;

}  // namespace

void ReverseTable::remember(const Hash16& packet, const ReverseEntry& entry) {
  if (ReverseEntry* known = table_.find(packet); known != nullptr) {
    *known = entry;
    table_.recharge(packet, entry.received);
    return;
  }
  if (table_.insert(packet, entry.received, entry).value == nullptr) return;
  deadlines_.add(entry.created + kReverseLife, packet);
  if (deadlines_.bloated(table_.size())) {
    deadlines_.clear();
    table_.for_each([this](const Hash16& key, const ReverseEntry& each) {
      deadlines_.add(each.created + kReverseLife, key);
    });
  }
}

void ReverseTable::forget_interface(InterfaceId interface, bool thorough) {
  for (const Hash16& key : table_.keys_of(interface))
    table_.erase(key);
  if (!thorough) return;
  std::vector<Hash16> leading_there;
  table_.for_each([&](const Hash16& key, const ReverseEntry& entry) {
    if (entry.outbound == interface) leading_there.push_back(key);
  });
  for (const Hash16& key : leading_there)
    table_.erase(key);
}

void ReverseTable::expire(Time now) {
  deadlines_.run(now, [&](const Hash16& key) -> std::optional<Time> {
    const ReverseEntry* entry = table_.find(key);
    if (entry == nullptr) return std::nullopt;
    if (now <= entry->created + kReverseLife) return entry->created + kReverseLife;
    table_.erase(key);
    return std::nullopt;
  });
}

}  // namespace mehr::routing
