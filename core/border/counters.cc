// The table behind counters.h, with the enum's CamelCase turned into snake case once at start.
#include "core/border/counters.h"

#include <string>

namespace mehr::border {
namespace {

struct RawInfo {
  std::string_view stage, name, unit;
  Severity severity;
  std::string_view help;
};

constexpr std::array<RawInfo, kCounterCount> kRaw{{
#define COUNTER(stage, name, unit, severity, help) {#stage, #name, #unit, Severity::severity, help},
#include "core/border/counters.def"
#undef COUNTER
}};

std::string snake_case(std::string_view camel) {
  std::string out;
  for (const char c : camel) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && !out.empty()) out.push_back('_');
    out.push_back(upper ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

}  // namespace

std::span<const CounterInfo, kCounterCount> counter_table() {
  static const auto kNames = [] {
    std::array<std::array<std::string, 2>, kCounterCount> names;
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      names[i] = {snake_case(kRaw[i].stage), snake_case(kRaw[i].name)};
    }
    return names;
  }();
  static const auto kTable = [] {
    std::array<CounterInfo, kCounterCount> table{};
    for (std::size_t i = 0; i < kCounterCount; ++i) {
      table[i] = {kNames[i][0], kNames[i][1], kRaw[i].unit, kRaw[i].severity, kRaw[i].help};
    }
    return table;
  }();
  return kTable;
}

}  // namespace mehr::border
