// Which destinations and links may have got another way: the keys a forwarding plane must ask the
// router about again. Owns the set, as large as the tables it watches at most; empty and free of
// charge until somebody watches. Written by the path and link tables and by who changes limits in
// their entries; taken by the router's owner. Router's thread.
#pragma once

#include <absl/container/flat_hash_set.h>

#include <vector>

#include "core/base/bytes.h"

namespace mehr::routing {

class FlowChanges {
 public:
  void watch() { watched_ = true; }
  [[nodiscard]] bool watched() const { return watched_; }
  void note(const Hash16& destination_or_link) {
    if (watched_) keys_.insert(destination_or_link);
  }
  [[nodiscard]] bool empty() const { return keys_.empty(); }
  /// Takes out at most `most` keys, in no order.
  std::vector<Hash16> take(std::size_t most) {
    std::vector<Hash16> taken;
    auto it = keys_.begin();
    for (; it != keys_.end() && taken.size() < most; ++it)
      taken.push_back(*it);
    keys_.erase(keys_.begin(), it);
    return taken;
  }

 private:
  bool watched_ = false;
  absl::flat_hash_set<Hash16> keys_;
};

}  // namespace mehr::routing
