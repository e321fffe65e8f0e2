// Looking up in passes (fetch lines, compare, once more for those that live elsewhere), and the
// cuckoo's moves.
#include "dataplane/tables/flow_table.h"

#include <emmintrin.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <new>
#include <vector>

#include "core/base/assert.h"

namespace mehr::dataplane {
namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t word(const std::uint8_t* from) {
  std::uint64_t value;
  std::memcpy(&value, from, 8);
  return value;
}

bool same_key(const std::uint8_t* a, const std::uint8_t* b) {
  const __m128i left = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a));
  const __m128i right = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b));
  return _mm_movemask_epi8(_mm_cmpeq_epi8(left, right)) == 0xFFFF;
}

template <typename T>
T relaxed(const T& from) {
  return std::atomic_ref<T>(const_cast<T&>(from)).load(std::memory_order_relaxed);
}

/// Buckets stay below this share of full, where insertion takes a handful of moves.
constexpr double kFill = 0.88;
/// Buckets looked through for a chain of moves that ends in a free slot.
constexpr std::size_t kSearch = 2'000;

}  // namespace

void FlowTable::FreeBucket::operator()(Bucket* buckets) const {
  ::operator delete[](buckets, std::align_val_t{64});
}

FlowTable::FlowTable(std::size_t capacity, Random& random) : capacity_(capacity) {
  MEHR_ASSERT(capacity > 0 && capacity <= std::size_t{1} << 31);
  buckets_ = std::max<std::size_t>(
      2, static_cast<std::size_t>(static_cast<double>(capacity) / kSlots / kFill) + 1);
  const std::size_t bytes = buckets_ * sizeof(Bucket);
  auto* memory = static_cast<Bucket*>(::operator new[](bytes, std::align_val_t{64}));
  // Huge pages save a page walk per lookup; without them it only gets slower.
  constexpr std::uintptr_t kPage = 4'096;
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory) + kPage - 1) & ~(kPage - 1);
  const auto end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) & ~(kPage - 1);
  if (end > begin) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  std::memset(static_cast<void*>(memory), 0, bytes);
  table_.reset(memory);
  for (auto& seed : seed_) {
    random.fill({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
    seed |= 1;
  }
}

FlowTable::Homes FlowTable::homes(const std::uint8_t* key) const {
  const std::uint64_t mixed =
      fold(fold(word(key) ^ seed_[0], word(key + 8) ^ seed_[1]) ^ seed_[2], seed_[3]);
  // The high half of hash times buckets: an even share without a division.
  const auto first = static_cast<std::uint32_t>((mixed & 0xFFFF'FFFF) * buckets_ >> 32);
  const auto second = static_cast<std::uint32_t>((mixed >> 32) * buckets_ >> 32);
  return {first, second};
}

std::uint32_t FlowTable::look(const Bucket& bucket, const std::uint8_t* key) const {
  for (;;) {
    const std::uint16_t before =
        std::atomic_ref<std::uint16_t>(const_cast<std::uint16_t&>(bucket.version))
            .load(std::memory_order_acquire);
    if ((before & 1) != 0) {
      _mm_pause();
      continue;
    }
    // Which slot it is nobody can foretell, so nothing branches on it. An absent value is 0.
    std::uint32_t value = kAbsent;
    unsigned slots = 0;
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      const bool same = same_key(bucket.keys[slot], key);
      value |= relaxed(bucket.values[slot]) & (0u - static_cast<std::uint32_t>(same));
      slots |= static_cast<unsigned>(same) << slot;
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if (relaxed(bucket.version) != before) continue;
    if (value != kAbsent) {
      std::atomic_ref<std::uint8_t> used(const_cast<std::uint8_t&>(bucket.used));
      const std::uint8_t bits = used.load(std::memory_order_relaxed);
      // Written only when it changes something: the line is shared by all cores.
      if ((slots & ~unsigned{bits}) != 0)
        used.store(static_cast<std::uint8_t>(bits | slots), std::memory_order_relaxed);
    }
    return value;
  }
}

void FlowTable::find(std::span<const std::uint8_t* const> keys,
                     std::span<std::uint32_t> values) const {
  MEHR_ASSERT(keys.size() <= kBurst && values.size() >= keys.size());
  std::array<Homes, kBurst> where;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    where[i] = homes(keys[i]);
    __builtin_prefetch(&table_[where[i].first]);
  }
  std::array<std::uint8_t, kBurst> elsewhere;
  std::size_t missing = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Bucket& home = table_[where[i].first];
    values[i] = look(home, keys[i]);
    if (values[i] == kAbsent && relaxed(home.spilled) != 0) {
      __builtin_prefetch(&table_[where[i].second]);
      elsewhere[missing++] = static_cast<std::uint8_t>(i);
    }
  }
  for (std::size_t i = 0; i < missing; ++i) {
    values[elsewhere[i]] = look(table_[where[elsewhere[i]].second], keys[elsewhere[i]]);
  }
}

std::uint32_t FlowTable::find(const Hash16& key) const {
  const std::uint8_t* pointer = key.bytes.data();
  std::uint32_t value = kAbsent;
  find({&pointer, 1}, {&value, 1});
  return value;
}

int FlowTable::slot_of(const Bucket& bucket, const std::uint8_t* key) const {
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    if (bucket.values[slot] != kAbsent && same_key(bucket.keys[slot], key))
      return static_cast<int>(slot);
  }
  return -1;
}

namespace {

/// Readers of the bucket wait or try again while this lives.
class Writing {
 public:
  explicit Writing(std::uint16_t& version) : version_(version) {
    version_.store(static_cast<std::uint16_t>(version_.load(std::memory_order_relaxed) + 1),
                   std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
  }
  ~Writing() {
    version_.store(static_cast<std::uint16_t>(version_.load(std::memory_order_relaxed) + 1),
                   std::memory_order_release);
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

 private:
  std::atomic_ref<std::uint16_t> version_;
};

}  // namespace

bool FlowTable::put(Bucket& bucket, const Hash16& key, std::uint32_t value) {
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    if (bucket.values[slot] != kAbsent) continue;
    const Writing writing(bucket.version);
    std::memcpy(bucket.keys[slot], key.bytes.data(), 16);
    std::atomic_ref<std::uint32_t>(bucket.values[slot]).store(value, std::memory_order_relaxed);
    return true;
  }
  return false;
}

void FlowTable::remove(Bucket& bucket, unsigned slot) {
  const Writing writing(bucket.version);
  std::atomic_ref<std::uint32_t>(bucket.values[slot]).store(kAbsent, std::memory_order_relaxed);
  std::memset(bucket.keys[slot], 0, 16);
}

// Breadth first from the full bucket to the nearest one with a free slot, then the entries of that
// chain each move one step, the last first, so that every entry is always in one of its homes.
bool FlowTable::make_room(std::uint32_t bucket) {
  struct Step {
    std::uint32_t bucket;
    std::int32_t from;  ///< step whose slot would move here
    unsigned slot;
  };
  std::vector<Step> steps{{bucket, -1, 0}};
  for (std::size_t i = 0; i < steps.size() && steps.size() < kSearch; ++i) {
    const Bucket& here = table_[steps[i].bucket];
    const bool room = std::any_of(std::begin(here.values), std::end(here.values),
                                  [](std::uint32_t value) { return value == kAbsent; });
    if (!room) {
      for (unsigned slot = 0; slot < kSlots; ++slot) {
        const Homes both = homes(here.keys[slot]);
        const std::uint32_t other = both.first == steps[i].bucket ? both.second : both.first;
        if (other == steps[i].bucket) continue;
        steps.push_back({other, static_cast<std::int32_t>(i), slot});
      }
      continue;
    }
    // A bucket may come up twice in a chain; then what was planned no longer fits.
    for (std::int32_t at = static_cast<std::int32_t>(i);
         steps[static_cast<std::size_t>(at)].from >= 0;) {
      const Step& step = steps[static_cast<std::size_t>(at)];
      const std::uint32_t source = steps[static_cast<std::size_t>(step.from)].bucket;
      Bucket& from = table_[source];
      if (from.values[step.slot] == kAbsent) return true;
      Hash16 key;
      std::memcpy(key.bytes.data(), from.keys[step.slot], 16);
      const Homes both = homes(key.bytes.data());
      if (both.first != step.bucket && both.second != step.bucket) return false;
      if (!put(table_[step.bucket], key, from.values[step.slot])) return false;
      Bucket& home = table_[both.first];
      if (home.spilled != 255 && both.first != both.second) {
        const int change = step.bucket == both.first ? -1 : 1;
        std::atomic_ref<std::uint8_t>(home.spilled)
            .store(static_cast<std::uint8_t>(home.spilled + change), std::memory_order_relaxed);
      }
      remove(from, step.slot);
      at = step.from;
    }
    return true;
  }
  return false;
}

bool FlowTable::insert(const Hash16& key, std::uint32_t value) {
  MEHR_ASSERT(value != kAbsent);
  const Homes both = homes(key.bytes.data());
  for (const std::uint32_t index : {both.first, both.second}) {
    Bucket& bucket = table_[index];
    if (const int slot = slot_of(bucket, key.bytes.data()); slot >= 0) {
      std::atomic_ref<std::uint32_t>(bucket.values[slot]).store(value, std::memory_order_relaxed);
      return true;
    }
  }
  if (size_ >= capacity_) return false;
  Bucket& home = table_[both.first];
  if (put(home, key, value)) {
    ++size_;
    return true;
  }
  if (both.second != both.first) {
    // Told before it is true: a reader that looks once too often finds the same.
    if (home.spilled != 255)
      std::atomic_ref<std::uint8_t>(home.spilled)
          .store(static_cast<std::uint8_t>(home.spilled + 1), std::memory_order_release);
    if (put(table_[both.second], key, value)) {
      ++size_;
      return true;
    }
    if (home.spilled != 255)
      std::atomic_ref<std::uint8_t>(home.spilled)
          .store(static_cast<std::uint8_t>(home.spilled - 1), std::memory_order_relaxed);
  }
  if (!make_room(both.first) || !put(home, key, value)) return false;
  ++size_;
  return true;
}

bool FlowTable::erase(const Hash16& key) {
  const Homes both = homes(key.bytes.data());
  for (const std::uint32_t index : {both.first, both.second}) {
    Bucket& bucket = table_[index];
    const int slot = slot_of(bucket, key.bytes.data());
    if (slot < 0) continue;
    remove(bucket, static_cast<unsigned>(slot));
    Bucket& home = table_[both.first];
    if (index != both.first && home.spilled != 255) {
      std::atomic_ref<std::uint8_t>(home.spilled)
          .store(static_cast<std::uint8_t>(home.spilled - 1), std::memory_order_relaxed);
    }
    --size_;
    return true;
  }
  return false;
}

}  // namespace mehr::dataplane
