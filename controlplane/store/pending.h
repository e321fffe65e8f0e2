// What waits to be written, and the policy when too much waits: messages are refused, cache writes
// coalesce by key and the oldest gives way. A plain data structure; the store guards it with its
// lock.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <vector>

#include "controlplane/store/cache_database.h"
#include "controlplane/store/identity_database.h"
#include "controlplane/store/store.h"

namespace mehr::store {

struct PendingMessage {
  MessageRow row;
  Store::Done done;
};
struct PendingList {
  std::size_t limit = 0;
  std::function<void(Result<std::vector<endpoint::Message>>)> done;
};

struct PendingLimits {
  std::size_t messages = 4'096;
  std::size_t message_bytes = 128U << 20;
  std::size_t cache = 65'536;  ///< distinct keys
  std::size_t cache_bytes = 64U << 20;
  std::size_t lists = 64;
};

/// What one turn of the store thread works on.
struct Batch {
  std::vector<PendingMessage> messages;
  std::vector<CacheWrite> cache;
  std::vector<PendingList> lists;
};

class Pending {
 public:
  explicit Pending(PendingLimits limits = {}) : limits_(limits) {}

  /// @return false, keeping nothing, when full
  bool add_message(PendingMessage& message);
  bool add_list(PendingList& list);
  /// A waiting write of the same row is replaced and keeps its turn.
  /// @return how many other writes were dropped to make room
  std::size_t add_cache(CacheWrite write);

  /// Takes the oldest, at most `max_messages`, and of the cache `max_cache_rows` rows or
  /// `max_cache_bytes` (but at least one); all lists.
  Batch take(std::size_t max_messages, std::size_t max_cache_rows, std::size_t max_cache_bytes);

  /// Grows with everything added; what was added before has a number below it.
  [[nodiscard]] std::uint64_t next_number() const { return next_number_; }
  /// The number of the oldest thing that still waits, or next_number().
  [[nodiscard]] std::uint64_t oldest_number() const;
  [[nodiscard]] std::size_t messages() const { return messages_.size(); }
  [[nodiscard]] std::size_t cache() const { return cache_.size(); }
  [[nodiscard]] std::size_t lists() const { return lists_.size(); }
  [[nodiscard]] bool empty() const { return messages_.empty() && cache_.empty() && lists_.empty(); }

 private:
  template <typename T>
  struct Numbered {
    std::uint64_t number;
    T value;
  };
  using CacheKey = std::pair<CacheTable, Bytes>;
  static std::size_t size_of(const CacheWrite& write) {
    return write.key.size() + (write.row ? write.row->size() : 0);
  }
  CacheWrite take_oldest_cache();

  PendingLimits limits_;
  std::uint64_t next_number_ = 1;
  std::deque<Numbered<PendingMessage>> messages_;
  std::size_t message_bytes_ = 0;
  std::list<Numbered<CacheWrite>> cache_;  ///< oldest first
  absl::flat_hash_map<CacheKey, std::list<Numbered<CacheWrite>>::iterator> cache_by_key_;
  std::size_t cache_bytes_ = 0;
  std::vector<PendingList> lists_;
};

}  // namespace mehr::store
