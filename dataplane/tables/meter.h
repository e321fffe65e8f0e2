// Bytes and packets by link and price class, as payment counts them. Owns the counters of one
// worker, so that no two workers write a line; whoever wants the sum reads those of all. Written by
// one worker; read by anybody, each number whole, the numbers not of one moment.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/base/assert.h"

namespace mehr::dataplane {

struct MeterReading {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  bool operator==(const MeterReading&) const = default;
};

class Meters {
 public:
  /// @param links, price_classes how many; four price classes of a link share a cache line
  Meters(std::size_t links, std::size_t price_classes)
      : links_(links),
        classes_(price_classes),
        lines_((price_classes + kInLine - 1) / kInLine),
        table_(links * lines_) {}

  /// Counts. Never wraps in practice: 2^64 bytes are 46 years of 100 Gbit/s.
  void count(std::size_t link, std::size_t price_class, std::uint64_t packets,
             std::uint64_t bytes) {
    MeterReading& here = at(link, price_class);
    add(here.packets, packets);
    add(here.bytes, bytes);
  }
  [[nodiscard]] MeterReading read(std::size_t link, std::size_t price_class) const {
    MeterReading& here = const_cast<Meters*>(this)->at(link, price_class);
    return {shared(here.packets).load(std::memory_order_relaxed),
            shared(here.bytes).load(std::memory_order_relaxed)};
  }
  void prefetch(std::size_t link) const { __builtin_prefetch(table_.data() + link * lines_, 1); }

 private:
  static constexpr std::size_t kInLine = 4;
  struct alignas(64) Line {
    MeterReading classes[kInLine];
  };
  static_assert(sizeof(Line) == 64);

  static std::atomic_ref<std::uint64_t> shared(std::uint64_t& value) {
    return std::atomic_ref<std::uint64_t>(value);
  }
  /// One writer: no locked instruction is needed, only that a reader sees no half of a number.
  static void add(std::uint64_t& counter, std::uint64_t value) {
    const auto reference = shared(counter);
    reference.store(reference.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
  }
  MeterReading& at(std::size_t link, std::size_t price_class) {
    MEHR_ASSERT(link < links_ && price_class < classes_);
    return table_[link * lines_ + price_class / kInLine].classes[price_class % kInLine];
  }

  std::size_t links_, classes_, lines_;
  std::vector<Line> table_;
};

}  // namespace mehr::dataplane
