// How long work waits for the reactor: a timer that notes how late it fires. Owns that timer and
// the last minute's worst cases. Reactor thread.
#pragma once

#include <array>

#include "controlplane/reactor/reactor.h"

namespace mehr::metrics {

class DelayMeter {
 public:
  explicit DelayMeter(reactor::Reactor& reactor);
  ~DelayMeter();
  DelayMeter(const DelayMeter&) = delete;
  DelayMeter& operator=(const DelayMeter&) = delete;

  /// The longest delay of the last 15 s.
  [[nodiscard]] Duration worst() const;

 private:
  static constexpr Duration kEvery = 100ms;
  static constexpr std::size_t kSlots = 15;  // one a second

  void arm();
  void fired();

  reactor::Reactor& reactor_;
  reactor::TimerId timer_;
  Time due_{};
  std::array<Duration, kSlots> slots_{};
  std::int64_t second_ = 0;  ///< of the slot being filled
};

}  // namespace mehr::metrics
