// A hash table in which every entry is charged to the interface it came from, so that a flood on
// one interface can only push out what that interface brought. Owns the quota and the eviction
// policy; what an entry means and when it expires is the owner's. Used by the router's tables, on
// its thread.
//
// Policy: an interface may hold a quarter of the capacity. A newcomer over that quota replaces the
// oldest loose entry of its own interface. When the whole table is full, the interface holding most
// gives up its oldest loose entry, provided it holds more than the newcomer's. Entries marked with
// keep() are never pushed out. When nothing may go, the newcomer is refused.
#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/node_hash_map.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "controlplane/routing/interface_traits.h"

namespace mehr::routing {

template <typename Key, typename Value>
class FairTable {
 public:
  struct Insertion {
    Value* value = nullptr;      ///< nullptr: refused
    std::optional<Key> evicted;  ///< what had to go, if anything; its value is gone already
  };

  explicit FairTable(std::size_t capacity)
      : capacity_(capacity), quota_(std::max<std::size_t>(1, capacity / 4)) {}

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t held_by(InterfaceId interface) const {
    const auto it = shares_.find(interface);
    return it == shares_.end() ? 0 : it->second.count;
  }

  /// Valid until the entry is erased or evicted.
  Value* find(const Key& key) {
    const auto it = nodes_.find(key);
    return it == nodes_.end() ? nullptr : &it->second.value;
  }
  const Value* find(const Key& key) const {
    const auto it = nodes_.find(key);
    return it == nodes_.end() ? nullptr : &it->second.value;
  }

  /// Whether insert() of a new key would succeed; cheap, for use before costly checks.
  [[nodiscard]] bool has_room(InterfaceId charged) const {
    if (capacity_ == 0) return false;
    const auto it = shares_.find(charged);
    const bool own_loose = it != shares_.end() && it->second.loose.first != nullptr;
    if (it != shares_.end() && it->second.count >= quota_) return own_loose;
    if (nodes_.size() < capacity_) return true;
    return own_loose || fullest_other(charged) != nullptr;
  }

  /// Adds an entry whose key must not be present yet.
  Insertion insert(const Key& key, InterfaceId charged, Value value) {
    Insertion result;
    if (!make_room(charged, result.evicted)) return result;
    const auto [it, added] = nodes_.try_emplace(key);
    Node& node = it->second;
    node.value = std::move(value);
    node.key = &it->first;
    link(node, charged);
    result.value = &node.value;
    return result;
  }

  bool erase(const Key& key) {
    const auto it = nodes_.find(key);
    if (it == nodes_.end()) return false;
    unlink(it->second);
    nodes_.erase(it);
    return true;
  }

  /// Never pushed out from now on; only erase() ends it.
  void keep(const Key& key) {
    const auto it = nodes_.find(key);
    if (it == nodes_.end() || it->second.kept) return;
    const InterfaceId charged = it->second.charged;
    unlink(it->second);
    it->second.kept = true;
    link(it->second, charged);
  }

  /// Charges the entry to `charged` and makes it the newest there. The quota is not applied: the
  /// entry was in the table already.
  void recharge(const Key& key, InterfaceId charged) {
    const auto it = nodes_.find(key);
    if (it == nodes_.end()) return;
    unlink(it->second);
    link(it->second, charged);
  }

  [[nodiscard]] std::vector<Key> keys_of(InterfaceId interface) const {
    std::vector<Key> keys;
    const auto it = shares_.find(interface);
    if (it == shares_.end()) return keys;
    keys.reserve(it->second.count);
    for (const Node* n = it->second.kept.first; n != nullptr; n = n->next)
      keys.push_back(*n->key);
    for (const Node* n = it->second.loose.first; n != nullptr; n = n->next)
      keys.push_back(*n->key);
    return keys;
  }

  /// `visit(key, value)` for every entry, in no particular order; must not change the table.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const auto& [key, node] : nodes_)
      visit(key, node.value);
  }
  template <typename Visit>
  void for_each(Visit visit) {
    for (auto& [key, node] : nodes_)
      visit(key, node.value);
  }

 private:
  struct Node {
    Value value{};
    const Key* key = nullptr;
    InterfaceId charged;
    bool kept = false;
    Node* previous = nullptr;
    Node* next = nullptr;
  };
  struct List {  ///< oldest first
    Node* first = nullptr;
    Node* last = nullptr;
  };
  struct Share {
    std::size_t count = 0;
    List loose;
    List kept;
  };

  bool make_room(InterfaceId charged, std::optional<Key>& evicted) {
    if (!has_room(charged)) return false;
    const auto it = shares_.find(charged);
    const bool over_quota = it != shares_.end() && it->second.count >= quota_;
    if (!over_quota && nodes_.size() < capacity_) return true;
    Node* victim = nullptr;
    if (!over_quota) victim = fullest_other(charged);
    if (victim == nullptr) victim = it->second.loose.first;
    evicted = *victim->key;
    erase(*evicted);
    return true;
  }

  /// The oldest loose entry of the interface holding most, if it holds more than `charged` does.
  [[nodiscard]] Node* fullest_other(InterfaceId charged) const {
    std::size_t most = held_by(charged);
    Node* victim = nullptr;
    for (const auto& [interface, share] : shares_) {
      if (share.count <= most || share.loose.first == nullptr) continue;
      most = share.count;
      victim = share.loose.first;
    }
    return victim;
  }

  void link(Node& node, InterfaceId charged) {
    node.charged = charged;
    Share& share = shares_[charged];
    ++share.count;
    List& list = node.kept ? share.kept : share.loose;
    node.previous = list.last;
    node.next = nullptr;
    (list.last != nullptr ? list.last->next : list.first) = &node;
    list.last = &node;
  }

  void unlink(Node& node) {
    const auto it = shares_.find(node.charged);
    List& list = node.kept ? it->second.kept : it->second.loose;
    (node.previous != nullptr ? node.previous->next : list.first) = node.next;
    (node.next != nullptr ? node.next->previous : list.last) = node.previous;
    node.previous = node.next = nullptr;
    if (--it->second.count == 0) shares_.erase(it);
  }

  std::size_t capacity_;
  std::size_t quota_;
  absl::node_hash_map<Key, Node> nodes_;
  /// In order of interface, so that ties are broken alike everywhere.
  absl::btree_map<InterfaceId, Share> shares_;
};

}  // namespace mehr::routing
