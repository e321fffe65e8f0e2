// What a process that is just dying may still hold is asked for again, for a few seconds: the
// kernel closes the files of a killed process, and those of its io_uring later still, after the
// process id is gone. Used before the reactor runs; blocks the caller.
#pragma once

#include <chrono>
#include <string>
#include <thread>

#include "controlplane/log/log.h"
#include "core/base/result.h"

namespace mehr::daemon {

inline constexpr std::chrono::milliseconds kPatience{3'000}, kPatiencePause{50};

/// Calls `take` until it succeeds, fails with something other than AlreadyExists ("somebody has
/// it"), or three seconds are over. @return what it said last
template <typename Take>
auto patiently(Take take) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  auto taken = take();
  if (absl::IsAlreadyExists(taken.status())) {
    log::info(std::string(taken.status().message()) + "; waiting a moment for it to go");
  }
  while (absl::IsAlreadyExists(taken.status()) && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(kPatiencePause);
    taken = take();
  }
  return taken;
}

}  // namespace mehr::daemon
