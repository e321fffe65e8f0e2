// Token buckets by neighbour and class, in bytes and in packets. Owns the levels and the rates of
// one worker; a neighbour that sends over several lanes gets its share of the rate on each. Called
// by the police stage; one worker, who also sets the rates when told to. Pure: ticks are handed in.
//
// A bucket counts time instead of bytes: a packet costs the ticks its rate allows it, and the
// bucket saves up at most the ticks of its burst. So filling is an addition and nothing divides.
// Costs are in 1/65,536 tick: at 5 GHz 100 Gbit/s is hit within 0.01 %, 1 byte/s still fits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/base/assert.h"

namespace mehr::dataplane {

/// What a bucket lets through. kUnlimited switches one of the two off, 0 a second lets only the
/// burst through.
struct PolicerRate {
  static constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};
  std::uint64_t bytes_per_second = kUnlimited;
  std::uint64_t packets_per_second = kUnlimited;
  std::uint64_t burst_bytes = 0;
  std::uint64_t burst_packets = 0;
};

/// One bucket: one cache line.
class alignas(64) TokenBucket {
 public:
  /// Opens with its burst full. @param ticks_per_second of the clock of admit(), 10^6 .. 10^10
  void set(const PolicerRate& rate, std::uint64_t ticks_per_second, std::uint64_t now) {
    MEHR_ASSERT(ticks_per_second >= 1'000'000 && ticks_per_second <= 10'000'000'000);
    bytes_.set(rate.bytes_per_second, rate.burst_bytes, ticks_per_second);
    packets_.set(rate.packets_per_second, rate.burst_packets, ticks_per_second);
    last_ = now;
  }

  /// Takes a packet of `bytes` when there are tokens for it; otherwise nothing
  /// changes. @param now ticks; earlier than before (another core's clock) counts as no time passed
  [[nodiscard]] bool admit(std::uint32_t bytes, std::uint64_t now) {
    if (now > last_) {
      const std::uint64_t passed = std::min(now - last_, kLongest) << kFraction;
      bytes_.fill(passed);
      packets_.fill(passed);
      last_ = now;
    }
    std::uint64_t cost;
    if (__builtin_mul_overflow(bytes_.cost, std::uint64_t{bytes}, &cost)) return false;
    if (bytes_.level < cost || packets_.level < packets_.cost) return false;
    bytes_.level -= cost;
    packets_.level -= packets_.cost;
    return true;
  }

 private:
  static constexpr unsigned kFraction = 16;
  static constexpr std::uint64_t kLongest = std::uint64_t{1} << 46;  ///< ticks a bucket may save up
  static constexpr std::uint64_t kFull = kLongest << kFraction;

  struct Tokens {
    std::uint64_t level = 0;
    std::uint64_t most = 0;  ///< to which time fills the level; 0: it stays as it is
    std::uint64_t cost = 0;  ///< of one byte or packet

    void set(std::uint64_t per_second, std::uint64_t burst, std::uint64_t ticks_per_second) {
      level = most = cost = 0;
      if (per_second == PolicerRate::kUnlimited) return;
      __extension__ using Wide = unsigned __int128;
      const Wide second = static_cast<Wide>(ticks_per_second) << kFraction;
      // Rounded to the nearest; a burst beyond what can be saved up is cut.
      const Wide each = per_second == 0 ? 1 : (second + per_second / 2) / per_second;
      cost = static_cast<std::uint64_t>(std::max<Wide>(1, each));
      level = static_cast<std::uint64_t>(std::min<Wide>(static_cast<Wide>(cost) * burst, kFull));
      if (per_second != 0) most = level;
    }
    void fill(std::uint64_t passed) { level = std::max(level, std::min(most, level + passed)); }
  };

  Tokens bytes_, packets_;
  std::uint64_t last_ = 0;
};
static_assert(sizeof(TokenBucket) == 64);

/// The buckets of every neighbour and class of one worker.
class Policers {
 public:
  /// @param neighbours, classes how many; every bucket is unlimited until set
  Policers(std::size_t neighbours, std::size_t classes)
      : classes_(classes), buckets_(neighbours * classes) {}

  [[nodiscard]] TokenBucket& of(std::size_t neighbour, std::size_t class_index) {
    MEHR_ASSERT(class_index < classes_ && neighbour * classes_ + class_index < buckets_.size());
    return buckets_[neighbour * classes_ + class_index];
  }
  void prefetch(std::size_t neighbour, std::size_t class_index) const {
    __builtin_prefetch(buckets_.data() + neighbour * classes_ + class_index, 1);
  }

 private:
  std::size_t classes_;
  std::vector<TokenBucket> buckets_;
};

}  // namespace mehr::dataplane
