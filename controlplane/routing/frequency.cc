// The ring of sample times.
#include "controlplane/routing/frequency.h"

namespace mehr::routing {

void Frequency::add(Time at) {
  if (count_ == kSamples) {
    first_ = (first_ + 1) % kSamples;
    --count_;
  }
  times_[(first_ + count_) % kSamples] = at;
  ++count_;
}

double Frequency::hertz(Time now, std::size_t few) {
  if (count_ <= few) return 0;
  const std::size_t counted = count_;
  const Duration span = now - times_[first_];
  if (span > kDecay) {
    first_ = (first_ + 1) % kSamples;
    --count_;
  }
  if (span <= Duration::zero()) return 0;
  return static_cast<double>(counted) / to_seconds(span);
}

}  // namespace mehr::routing
