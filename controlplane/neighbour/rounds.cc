// Rounds, declared in rounds.h.
#include "controlplane/neighbour/rounds.h"

#include <algorithm>

namespace mehr::neighbour {

void Rounds::hurry(Time now) {
  hurried_ = true;
  heard_ = false;
  missed_ = probes_ = 0;
  started_ = now;
}

bool Rounds::tick(Time now) {
  if (now >= started_ + length()) {
    missed_ = heard_ ? 0 : missed_ + 1;
    if (heard_) hurried_ = false;
    started_ = now;
    heard_ = false;
    probes_ = 0;
  }
  if (dead() || probes_ >= kProbes || (probes_ > 0 && heard_)) return false;
  if (now < started_ + length() / 10 * probes_) return false;
  ++probes_;
  return true;
}

Time Rounds::next_due() const {
  const Time end = started_ + length();
  if (probes_ >= kProbes || (probes_ > 0 && heard_)) return end;
  return std::min(end, started_ + length() / 10 * probes_);
}

}  // namespace mehr::neighbour
