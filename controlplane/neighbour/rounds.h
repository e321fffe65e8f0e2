// Is the neighbour still there? A round asks, and asks again while nothing is heard; three rounds
// without any frame from it and the link is dead. Hearing anything counts, so that loss alone does
// not end a link. Pure; one a neighbour. Source: issue "link failure after missed rounds".
#pragma once

#include "core/base/time.h"

namespace mehr::neighbour {

class Rounds {
 public:
  static constexpr Duration kRound = 10s, kRoundCompact = 120s, kHurriedRound = 1s;
  static constexpr unsigned kMissed = 3;
  static constexpr unsigned kProbes = 5;  ///< at most, per round

  /// @param round longer where airtime is dear @param hurried time enough for an answer
  Rounds(Duration round, Duration hurried, Time now)
      : round_(round), hurried_round_(hurried), started_(now) {}

  void heard() { heard_ = true; }
  /// There is reason to doubt: three short rounds from now on, unless something is heard.
  void hurry(Time now);
  /// Whether a probe is to be sent now. Call at or after next_due().
  bool tick(Time now);
  [[nodiscard]] bool dead() const { return missed_ >= kMissed; }
  [[nodiscard]] Time next_due() const;

 private:
  [[nodiscard]] Duration length() const { return hurried_ ? hurried_round_ : round_; }

  Duration round_, hurried_round_;
  Time started_;
  unsigned missed_ = 0, probes_ = 0;
  bool heard_ = false, hurried_ = false;
};

}  // namespace mehr::neighbour
