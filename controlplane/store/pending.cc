// Queueing of pending.h. Constant time per operation.
#include "controlplane/store/pending.h"

#include <algorithm>

namespace mehr::store {

bool Pending::add_message(PendingMessage& message) {
  const std::size_t size = message.row.row.size();
  if (messages_.size() >= limits_.messages || message_bytes_ + size > limits_.message_bytes) {
    return false;
  }
  message_bytes_ += size;
  messages_.push_back({next_number_++, std::move(message)});
  return true;
}

bool Pending::add_list(PendingList& list) {
  if (lists_.size() >= limits_.lists) return false;
  lists_.push_back(std::move(list));
  return true;
}

std::size_t Pending::add_cache(CacheWrite write) {
  const CacheKey key{write.table, write.key};
  cache_bytes_ += size_of(write);
  ++next_number_;
  if (const auto found = cache_by_key_.find(key); found != cache_by_key_.end()) {
    cache_bytes_ -= size_of(found->second->value);
    found->second->value = std::move(write);
  } else {
    cache_.push_back({next_number_ - 1, std::move(write)});
    cache_by_key_.emplace(key, std::prev(cache_.end()));
  }
  std::size_t dropped = 0;
  while (cache_.size() > 1 &&
         (cache_.size() > limits_.cache || cache_bytes_ > limits_.cache_bytes)) {
    static_cast<void>(take_oldest_cache());
    ++dropped;
  }
  return dropped;
}

CacheWrite Pending::take_oldest_cache() {
  CacheWrite write = std::move(cache_.front().value);
  cache_by_key_.erase(CacheKey{write.table, write.key});
  cache_bytes_ -= size_of(write);
  cache_.pop_front();
  return write;
}

Batch Pending::take(std::size_t max_messages, std::size_t max_cache_rows,
                    std::size_t max_cache_bytes) {
  Batch batch;
  while (!messages_.empty() && batch.messages.size() < max_messages) {
    message_bytes_ -= messages_.front().value.row.row.size();
    batch.messages.push_back(std::move(messages_.front().value));
    messages_.pop_front();
  }
  std::size_t bytes = 0;
  while (!cache_.empty() && batch.cache.size() < max_cache_rows &&
         (batch.cache.empty() || bytes + size_of(cache_.front().value) <= max_cache_bytes)) {
    bytes += size_of(cache_.front().value);
    batch.cache.push_back(take_oldest_cache());
  }
  batch.lists = std::exchange(lists_, {});
  return batch;
}

std::uint64_t Pending::oldest_number() const {
  std::uint64_t oldest = next_number_;
  if (!messages_.empty()) oldest = std::min(oldest, messages_.front().number);
  if (!cache_.empty()) oldest = std::min(oldest, cache_.front().number);
  return oldest;
}

}  // namespace mehr::store
