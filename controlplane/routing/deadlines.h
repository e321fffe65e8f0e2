// When entries of a table end: a heap of (time, key) that does not move when an entry is used. A
// due key is asked for its true end; if that is later, it goes back. Owns no entry. Each table that
// expires has one, on the router's thread.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "core/base/time.h"

namespace mehr::routing {

inline constexpr Time kNever = Time::max();

template <typename Key>
class Deadlines {
 public:
  void add(Time at, const Key& key) {
    items_.push_back({at, key});
    std::push_heap(items_.begin(), items_.end(), later);
  }

  /// Never after the first true deadline; kNever when there is none.
  [[nodiscard]] Time next() const { return items_.empty() ? kNever : items_.front().at; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  void clear() { items_.clear(); }

  /// Takes out every key whose time is before `now` and calls `visit(key)`, which ends the entry
  /// and returns nullopt (also when it is gone already) or returns when to ask again.
  template <typename Visit>
  void run(Time now, Visit visit) {
    while (!items_.empty() && items_.front().at < now) {
      std::pop_heap(items_.begin(), items_.end(), later);
      const Key key = items_.back().key;
      items_.pop_back();
      const std::optional<Time> again = visit(key);
      if (again) add(std::max(*again, now), key);
    }
  }

  /// True when keys of vanished entries outnumber the living; the owner then clears and adds anew.
  [[nodiscard]] bool bloated(std::size_t living) const { return items_.size() > 2 * living + 64; }

 private:
  struct Item {
    Time at;
    Key key;
  };
  /// A total order: equal times run in order of key, whatever order they were added in.
  static bool later(const Item& a, const Item& b) {
    return a.at != b.at ? a.at > b.at : b.key < a.key;
  }

  std::vector<Item> items_;
};

}  // namespace mehr::routing
