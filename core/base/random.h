// Randomness as something handed in. The system's source lives in controlplane/reactor; the seeded
// one here is for tests and simulations and must never make keys.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr {

class Random {
 public:
  virtual ~Random() = default;

  /// Fills `out` with random bytes. Never fails: a source that cannot deliver aborts.
  virtual void fill(MutableByteView out) = 0;

  /// Uniform in [0, bound); bound 0 gives 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, max).
  Duration jitter(Duration max);
  template <std::size_t N>
  FixedBytes<N> fixed() {
    FixedBytes<N> out;
    fill(out.mutable_view());
    return out;
  }
};

/// SplitMix64 stream: the same seed gives the same bytes on every machine. Not for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(MutableByteView out) override;
  std::uint64_t next();

 private:
  std::uint64_t state_;
};

}  // namespace mehr
