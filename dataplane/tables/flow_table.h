// The table every packet is looked up in: 16 bytes (a destination, a link id) to a 32-bit value,
// for ten million of them. Owns the buckets; what a value means is flows.h. One writer, any number
// of readers on other cores, no lock: a reader sees an entry whole or not at all, and may miss one
// that is being moved (a miss goes to the control plane, which knows).
//
//   bucket, one cache line   0..47 three keys   48..59 three values   60 used bits   61 spilled
//                            62..63 version (odd while the writer is in it)
//
// Two choices of bucket per key (cuckoo). The hash is seeded, because the keys are chosen by
// whoever makes identities. Bound: fixed at construction; insert() says no, nothing is evicted
// here: the control plane owns the decision which flow goes (its router evicts unused paths first).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "core/base/bytes.h"
#include "core/base/random.h"

namespace mehr::dataplane {

class FlowTable {
 public:
  static constexpr std::uint32_t kAbsent = 0;  ///< no value of an entry
  static constexpr std::size_t kBurst = 64;    ///< keys of one bulk lookup

  /// @param capacity entries, 1 .. 2^31; memory is about 25 bytes an entry, taken here at once
  FlowTable(std::size_t capacity, Random& random);

  /// Values for `keys` (pointers to 16 bytes each, at most kBurst), kAbsent where there is none.
  /// Marks what it finds as used. Any core; no allocation.
  void find(std::span<const std::uint8_t* const> keys, std::span<std::uint32_t> values) const;
  [[nodiscard]] std::uint32_t find(const Hash16& key) const;

  // --- writer only ---
  /// Adds or replaces. @param value not kAbsent @return false when there is no room
  bool insert(const Hash16& key, std::uint32_t value);
  bool erase(const Hash16& key);
  /// Calls `each(key, value)` for every entry of `count` buckets from `bucket` on that was used
  /// since the last time, and forgets that it was. @return where to go on, 0 after the last bucket
  template <typename Each>
  std::size_t take_used(std::size_t bucket, std::size_t count, Each each);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::size_t memory_bytes() const { return buckets_ * sizeof(Bucket); }

 private:
  static constexpr unsigned kSlots = 3;
  struct alignas(64) Bucket {
    std::uint8_t keys[kSlots][16];
    std::uint32_t values[kSlots];
    std::uint8_t used;     ///< bit per slot; written by readers, a lost bit is set again
    std::uint8_t spilled;  ///< entries at home here that live in their other bucket; 255 sticks
    std::uint16_t version;
  };
  static_assert(sizeof(Bucket) == 64);
  struct Homes {
    std::uint32_t first, second;
  };
  struct FreeBucket {
    void operator()(Bucket* buckets) const;
  };

  [[nodiscard]] Homes homes(const std::uint8_t* key) const;
  [[nodiscard]] std::uint32_t look(const Bucket& bucket, const std::uint8_t* key) const;
  bool put(Bucket& bucket, const Hash16& key, std::uint32_t value);
  bool make_room(std::uint32_t bucket);
  void remove(Bucket& bucket, unsigned slot);
  [[nodiscard]] int slot_of(const Bucket& bucket, const std::uint8_t* key) const;

  std::size_t capacity_, buckets_, size_ = 0;
  std::uint64_t seed_[4];
  std::unique_ptr<Bucket[], FreeBucket> table_;
};

template <typename Each>
std::size_t FlowTable::take_used(std::size_t bucket, std::size_t count, Each each) {
  for (; count > 0 && bucket < buckets_; --count, ++bucket) {
    Bucket& here = table_[bucket];
    std::atomic_ref<std::uint8_t> used(here.used);
    std::uint8_t bits = used.load(std::memory_order_relaxed);
    if (bits == 0) continue;
    used.store(0, std::memory_order_relaxed);
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      if ((bits >> slot & 1) == 0 || here.values[slot] == kAbsent) continue;
      Hash16 key;
      std::memcpy(key.bytes.data(), here.keys[slot], 16);
      each(key, here.values[slot]);
    }
  }
  return bucket < buckets_ ? bucket : 0;
}

}  // namespace mehr::dataplane
