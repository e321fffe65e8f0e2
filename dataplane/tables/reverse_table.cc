// Lines and their locks, the choice between two, and the passing of time.
#include "dataplane/tables/reverse_table.h"

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "core/base/assert.h"
#include "dataplane/tables/memory.h"

namespace mehr::dataplane {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint32_t kNone = 0xFFFF'FFFF;  ///< neighbours of no entry

// Ticks of birth run from 1 to 255 and around; a line is looked at every 128 ticks, long before a
// birth could seem young again.
constexpr unsigned kTicks = 255;
constexpr auto kTicksOfLife = static_cast<unsigned>(ReverseTable::kLife / ReverseTable::kTick);
constexpr std::uint64_t kTicksOfSweep = 128;
static_assert(kTicksOfLife + kTicksOfSweep < kTicks && kTicksOfLife < kTicksOfSweep);

// The head's highest byte: lock 1, version 5, an entry at home here went to its other line since
// the last sweep 1, or since the one before 1. Within two sweeps such an entry is over.
constexpr std::uint32_t kLock = 1u << 24;
constexpr std::uint32_t kVersion = 0x1Fu << 25;
constexpr std::uint32_t kOneVersion = 1u << 25;
constexpr std::uint32_t kSpilled = 1u << 30;
constexpr std::uint32_t kSpilledBefore = 1u << 31;

constexpr int kPatience = 1'000;  ///< attempts at a second lock before doing without

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <typename T>
std::atomic_ref<T> shared(const T& value) {
  return std::atomic_ref<T>(const_cast<T&>(value));
}

template <typename T>
T read(const T& from) {
  return shared(from).load(std::memory_order_relaxed);
}

template <typename T>
void write(T& to, T value) {
  shared(to).store(value, std::memory_order_relaxed);
}

std::uint8_t birth(std::uint32_t head, unsigned slot) {
  return static_cast<std::uint8_t>(head >> 8 * slot);
}

unsigned age(std::uint8_t born, std::uint8_t now) {
  return (now + kTicks - born) % kTicks;
}

bool lives(std::uint8_t born, std::uint8_t now) {
  return born != 0 && age(born, now) <= kTicksOfLife;
}

}  // namespace

void ReverseTable::FreeLines::operator()(Line* lines) const {
  free_lines(lines);
}

ReverseTable::ReverseTable(std::size_t capacity, Random& random, Time start) : start_(start) {
  MEHR_ASSERT(capacity > 0 && capacity <= std::size_t{1} << 31);
  lines_ = std::max<std::size_t>(kTicksOfSweep, capacity - capacity / 4);
  table_.reset(static_cast<Line*>(take_lines(lines_)));
  for (auto& seed : seed_) {
    random.fill({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
    seed |= 1;
  }
}

ReverseTable::Homes ReverseTable::homes(Key key) const {
  const std::uint64_t mixed =
      fold(fold(key.low ^ seed_[0], key.high ^ seed_[1]) ^ seed_[2], seed_[3]);
  const auto first = static_cast<std::uint32_t>((mixed & 0xFFFF'FFFF) * lines_ >> 32);
  const auto second = static_cast<std::uint32_t>((mixed >> 32) * lines_ >> 32);
  if (second != first) return {first, second};
  return {first, first + 1 == lines_ ? 0 : first + 1};
}

std::uint8_t ReverseTable::now() const {
  return read(now_);
}

/// A line that this worker alone may change. What it changed shows when the lock is given back.
class ReverseTable::Locked {
 public:
  /// @param attempts 0: until it works
  explicit Locked(Line& line, int attempts = 0) : line_(&line) {
    for (int i = 0; attempts == 0 || i < attempts; ++i) {
      head_ = read(line.head);
      if ((head_ & kLock) == 0 && shared(line.head).compare_exchange_weak(
                                      head_, head_ | kLock, std::memory_order_acquire)) {
        // Nothing written below may show before the lock does.
        std::atomic_thread_fence(std::memory_order_release);
        return;
      }
      _mm_pause();
    }
    line_ = nullptr;
  }
  ~Locked() {
    if (line_ == nullptr) return;
    const std::uint32_t next = (head_ & kVersion) + kOneVersion;
    const std::uint32_t version = changed_ ? next & kVersion : head_ & kVersion;
    shared(line_->head).store((head_ & ~kVersion) | version, std::memory_order_release);
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

  [[nodiscard]] bool held() const { return line_ != nullptr; }
  [[nodiscard]] std::uint32_t head() const { return head_; }
  [[nodiscard]] Key key(unsigned slot) const {
    return {line_->keys[slot][0], line_->keys[slot][1]};
  }
  [[nodiscard]] std::uint32_t neighbours(unsigned slot) const { return line_->neighbours[slot]; }
  [[nodiscard]] std::uint8_t born(unsigned slot) const { return birth(head_, slot); }

  /// Slot of the living entry of `key`, or -1.
  [[nodiscard]] int find(Key key, std::uint8_t now) const {
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      if (line_->keys[slot][0] == key.low && line_->keys[slot][1] == key.high &&
          lives(born(slot), now))
        return static_cast<int>(slot);
    }
    return -1;
  }
  /// A slot of nobody living, or -1.
  [[nodiscard]] int free(std::uint8_t now) const {
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      if (!lives(born(slot), now)) return static_cast<int>(slot);
    }
    return -1;
  }
  [[nodiscard]] unsigned oldest(std::uint8_t now) const {
    unsigned oldest = 0;
    for (unsigned slot = 1; slot < kSlots; ++slot) {
      if (age(born(slot), now) > age(born(oldest), now)) oldest = slot;
    }
    return oldest;
  }
  void put(unsigned slot, Key key, std::uint32_t neighbours, std::uint8_t born) {
    write(line_->keys[slot][0], key.low);
    write(line_->keys[slot][1], key.high);
    write(line_->neighbours[slot], neighbours);
    set_born(slot, born);
  }
  void remove(unsigned slot) { set_born(slot, 0); }
  void spill() { set(head_ | kSpilled); }
  void set(std::uint32_t head) {
    changed_ |= head != head_;
    head_ = head;
  }

 private:
  void set_born(unsigned slot, std::uint8_t born) {
    head_ = (head_ & ~(0xFFu << 8 * slot)) | std::uint32_t{born} << 8 * slot;
    changed_ = true;
  }

  Line* line_;
  std::uint32_t head_ = 0;
  bool changed_ = false;
};

std::uint32_t ReverseTable::look(const Line& line, Key key, std::uint8_t now,
                                 std::uint32_t& head) const {
  for (;;) {
    head = shared(line.head).load(std::memory_order_acquire);
    if ((head & kLock) != 0) {
      _mm_pause();
      continue;
    }
    std::uint32_t neighbours = kNone;
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      const bool same = read(line.keys[slot][0]) == key.low && read(line.keys[slot][1]) == key.high;
      if (same && lives(birth(head, slot), now)) neighbours = read(line.neighbours[slot]);
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if (read(line.head) == head) return neighbours;
  }
}

namespace {

template <typename Key>
Key key_at(const std::uint8_t* bytes) {
  Key key;
  static_assert(sizeof key == 16);
  std::memcpy(&key, bytes, sizeof key);
  return key;
}

ReverseEntry entry_of(std::uint32_t neighbours) {
  return {static_cast<NeighbourIndex>(neighbours >> 16), static_cast<NeighbourIndex>(neighbours)};
}

}  // namespace

void ReverseTable::find(std::span<const std::uint8_t* const> keys,
                        std::span<ReverseEntry> entries) const {
  MEHR_ASSERT(keys.size() <= kBurst && entries.size() >= keys.size());
  std::array<Homes, kBurst> where;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    where[i] = homes(key_at<Key>(keys[i]));
    __builtin_prefetch(&table_[where[i].first]);
  }
  const std::uint8_t tick = now();
  std::array<std::uint8_t, kBurst> elsewhere;
  std::size_t missing = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::uint32_t head;
    const std::uint32_t found = look(table_[where[i].first], key_at<Key>(keys[i]), tick, head);
    entries[i] = entry_of(found);
    if (found == kNone && (head & (kSpilled | kSpilledBefore)) != 0) {
      __builtin_prefetch(&table_[where[i].second]);
      elsewhere[missing++] = static_cast<std::uint8_t>(i);
    }
  }
  for (std::size_t i = 0; i < missing; ++i) {
    const std::size_t at = elsewhere[i];
    std::uint32_t head;
    entries[at] = entry_of(look(table_[where[at].second], key_at<Key>(keys[at]), tick, head));
  }
}

ReverseEntry ReverseTable::find(const Hash16& key) const {
  const std::uint8_t* pointer = key.bytes.data();
  ReverseEntry entry;
  find({&pointer, 1}, {&entry, 1});
  return entry;
}

Spend ReverseTable::spend(const std::uint8_t* bytes, NeighbourIndex from,
                          NeighbourIndex& received) {
  const Key key = key_at<Key>(bytes);
  const Homes where = homes(key);
  const std::uint8_t tick = now();
  for (const std::uint32_t index : {where.first, where.second}) {
    std::uint32_t head;
    // Most proofs that come are of packets that went elsewhere: no lock for those.
    const ReverseEntry entry = entry_of(look(table_[index], key, tick, head));
    if (entry.outbound != kNoNeighbour || entry.received != kNoNeighbour) {
      if (entry.outbound != from) return Spend::kOtherNeighbour;
      Locked line(table_[index]);
      const int slot = line.find(key, tick);
      if (slot < 0) return Spend::kUnknown;
      const ReverseEntry still = entry_of(line.neighbours(static_cast<unsigned>(slot)));
      if (still.outbound != from) return Spend::kOtherNeighbour;
      received = still.received;
      line.remove(static_cast<unsigned>(slot));
      return Spend::kSpent;
    }
    if ((head & (kSpilled | kSpilledBefore)) == 0) break;
  }
  return Spend::kUnknown;
}

std::size_t ReverseTable::remember(std::span<const std::uint8_t* const> keys,
                                   std::span<const ReverseEntry> entries) {
  MEHR_ASSERT(keys.size() <= kBurst && entries.size() >= keys.size());
  for (const std::uint8_t* key : keys)
    __builtin_prefetch(&table_[homes(key_at<Key>(key)).first], 1);
  std::size_t gone = 0;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    MEHR_ASSERT(entries[i] != ReverseEntry{});
    const std::uint32_t neighbours =
        static_cast<std::uint32_t>(entries[i].received << 16) | entries[i].outbound;
    gone += add(key_at<Key>(keys[i]), neighbours) ? 0u : 1u;
  }
  return gone;
}

void ReverseTable::prefetch(const std::uint8_t* key) const {
  __builtin_prefetch(&table_[homes(key_at<Key>(key)).first], 1);
}

bool ReverseTable::remember(const Hash16& key, ReverseEntry entry) {
  const std::uint8_t* pointer = key.bytes.data();
  return remember({&pointer, 1}, {&entry, 1}) == 0;
}

// The first line's lock is held while the second one's is asked for, so the second one is asked for
// a limited time only: two workers may hold what the other wants.
bool ReverseTable::add(Key key, std::uint32_t neighbours) {
  const Homes where = homes(key);
  const std::uint8_t tick = now();
  Locked first(table_[where.first]);
  int slot = first.find(key, tick);
  const bool spilled = (first.head() & (kSpilled | kSpilledBefore)) != 0;
  if (slot < 0 && !spilled) slot = first.free(tick);
  if (slot >= 0) {
    first.put(static_cast<unsigned>(slot), key, neighbours, tick);
    return true;
  }
  {
    Locked second(table_[where.second], kPatience);
    if (second.held()) {
      slot = second.find(key, tick);
      if (slot < 0 && first.free(tick) < 0) slot = second.free(tick);
      if (slot >= 0) {
        // Also for one that is there already: from now on it lives as long as a new one.
        first.spill();
        second.put(static_cast<unsigned>(slot), key, neighbours, tick);
        return true;
      }
      if (first.free(tick) < 0 && !make_room(first, where.first, where.second, tick)) {
        if (make_room(second, where.second, where.first, tick)) {
          first.spill();
          second.put(static_cast<unsigned>(second.free(tick)), key, neighbours, tick);
          return true;
        }
        const unsigned here = first.oldest(tick), there = second.oldest(tick);
        if (age(second.born(there), tick) > age(first.born(here), tick)) {
          first.spill();
          second.put(there, key, neighbours, tick);
          return false;
        }
      }
    }
  }
  slot = first.free(tick);
  const bool room = slot >= 0;
  first.put(room ? static_cast<unsigned>(slot) : first.oldest(tick), key, neighbours, tick);
  return room;
}

/// Moves one entry of `line` to that entry's other line. @param other a line that is locked too
bool ReverseTable::make_room(Locked& line, std::uint32_t index, std::uint32_t other,
                             std::uint8_t tick) {
  for (unsigned slot = 0; slot < kSlots; ++slot) {
    const Key key = line.key(slot);
    const Homes where = homes(key);
    const std::uint32_t to = where.first == index ? where.second : where.first;
    if (to == index || to == other) continue;
    Locked target(table_[to], 1);
    if (!target.held()) continue;
    const int room = target.free(tick);
    if (room < 0) continue;
    if (where.first == index) line.spill();
    target.put(static_cast<unsigned>(room), key, line.neighbours(slot), line.born(slot));
    line.remove(slot);
    return true;
  }
  return false;
}

void ReverseTable::advance(Time now, std::size_t lines) {
  constexpr auto kSweep = static_cast<std::uint64_t>(Duration(kTick * kTicksOfSweep).count());
  const auto elapsed = static_cast<std::uint64_t>(std::max<Duration>(now - start_, 0s).count());
  const auto due = static_cast<std::uint64_t>(static_cast<Wide>(elapsed) * lines_ / kSweep);
  for (; swept_ < due && lines > 0; ++swept_, --lines) {
    Line& line = table_[swept_ % lines_];
    // The table's time is where this walk has come to: no birth is older than it can be told.
    const auto at = static_cast<std::uint8_t>(1 + swept_ * kTicksOfSweep / lines_ % kTicks);
    if (at != now_) write(now_, at);
    const auto aged = [at](std::uint32_t head) {
      for (unsigned slot = 0; slot < kSlots; ++slot) {
        if (!lives(birth(head, slot), at)) head &= ~(0xFFu << 8 * slot);
      }
      const std::uint32_t before = (head & kSpilled) != 0 ? kSpilledBefore : 0;
      return (head & ~(kSpilled | kSpilledBefore)) | before;
    };
    const std::uint32_t head = read(line.head) & ~kLock;
    if (aged(head) == head) continue;
    Locked locked(line);
    locked.set(aged(locked.head()));
  }
}

std::size_t ReverseTable::forget(NeighbourIndex neighbour, std::size_t line, std::size_t lines) {
  for (; lines > 0 && line < lines_; --lines, ++line) {
    Line& here = table_[line];
    const auto concerns = [&](unsigned slot) {
      const ReverseEntry entry = entry_of(read(here.neighbours[slot]));
      return entry.received == neighbour || entry.outbound == neighbour;
    };
    if (!concerns(0) && !concerns(1) && !concerns(2)) continue;
    Locked locked(here);
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      if (locked.born(slot) != 0 && concerns(slot)) locked.remove(slot);
    }
  }
  return line < lines_ ? line : 0;
}

}  // namespace mehr::dataplane
