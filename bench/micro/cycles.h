// How the micro benchmarks of the dataplane count: TSC cycles per item, the same unit as the
// reference figures, beside Google Benchmark's own times. Benchmark thread only.
#pragma once

#include <benchmark/benchmark.h>
#include <x86intrin.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace mehr::bench {

/// Times pieces of work and reports what an undisturbed core needs: the 5th percentile (`quiet`)
/// and the median, both in TSC cycles per item.
class Cycles {
 public:
  Cycles() { windows_.reserve(kMost); }

  /// @param items processed by one call of `work`, which should take some microseconds
  template <typename Work>
  void window(std::size_t items, Work work) {
    const std::uint64_t begin = __rdtsc();
    work();
    const std::uint64_t end = __rdtsc();
    items_ += items;
    if (windows_.size() < kMost)
      windows_.push_back(static_cast<double>(end - begin) / static_cast<double>(items));
  }

  void report(benchmark::State& state) {
    state.SetItemsProcessed(static_cast<std::int64_t>(items_));
    if (windows_.empty()) return;
    std::sort(windows_.begin(), windows_.end());
    state.counters["quiet_cycles"] = windows_[windows_.size() / 20];
    state.counters["median_cycles"] = windows_[windows_.size() / 2];
  }

 private:
  static constexpr std::size_t kMost = 1'000'000;
  std::vector<double> windows_;
  std::size_t items_ = 0;
};

}  // namespace mehr::bench
