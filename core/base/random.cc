// Drawing from a Random, and the seeded source.
#include "core/base/random.h"

namespace mehr {

std::uint64_t Random::below(std::uint64_t bound) {
  if (bound == 0) return 0;
  // Rejection keeps it uniform: values under 2^64 mod bound would favour the low residues.
  const std::uint64_t reject_below = (0 - bound) % bound;
  for (;;) {
    std::uint64_t value = 0;
    std::array<std::uint8_t, 8> raw{};
    fill(raw);
    std::memcpy(&value, raw.data(), raw.size());
    if (value >= reject_below) return value % bound;
  }
}

Duration Random::jitter(Duration max) {
  if (max <= Duration::zero()) return Duration::zero();
  return Duration{static_cast<std::int64_t>(below(static_cast<std::uint64_t>(max.count())))};
}

std::uint64_t SeededRandom::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

void SeededRandom::fill(MutableByteView out) {
  for (std::size_t i = 0; i < out.size();) {
    std::uint64_t word = next();
    for (unsigned k = 0; k < 8 && i < out.size(); ++k, ++i, word >>= 8) {
      out[i] = static_cast<std::uint8_t>(word);
    }
  }
}

}  // namespace mehr
