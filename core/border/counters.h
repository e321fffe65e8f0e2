// The counters of one process: an enum and an array, both made from counters.def. Owned by the
// reactor thread; other readers get copies through the admin socket.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace mehr::border {

enum class Counter : std::uint16_t {
#define COUNTER(stage, name, unit, severity, help) k##stage##name,
#include "core/border/counters.def"
#undef COUNTER
  kCount
};
inline constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::kCount);

enum class Severity : std::uint8_t { info, drop, warn, error };

struct CounterInfo {
  std::string_view stage;  ///< lower case, "packet"
  std::string_view name;   ///< snake case, "other_transport"
  std::string_view unit;   ///< "packets", "bytes", "events"
  Severity severity;
  std::string_view help;
};

/// What counters.def says of each counter, in its order.
std::span<const CounterInfo, kCounterCount> counter_table();

class Counters {
 public:
  void add(Counter counter, std::uint64_t amount = 1) {
    values_[static_cast<std::size_t>(counter)] += amount;
  }
  [[nodiscard]] std::uint64_t value(Counter counter) const {
    return values_[static_cast<std::size_t>(counter)];
  }
  [[nodiscard]] const std::array<std::uint64_t, kCounterCount>& values() const { return values_; }

 private:
  std::array<std::uint64_t, kCounterCount> values_{};
};

}  // namespace mehr::border
