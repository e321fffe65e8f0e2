// Hysteresis over queueing delay, declared in load.h.
#include "controlplane/link/load.h"

namespace mehr::link {

void LoadMeter::observe(Duration delay, Time now) {
  const bool against = loaded_ ? delay < kLow : delay > kHigh;
  if (!against) {
    turning_ = false;
    return;
  }
  if (!turning_) {
    turning_ = true;
    since_ = now;
  }
  if (now - since_ >= (loaded_ ? kClearAfter : kRaiseAfter)) {
    loaded_ = !loaded_;
    turning_ = false;
  }
}

}  // namespace mehr::link
