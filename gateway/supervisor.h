// Keeps mehrd running: starts it, waits until it is ready, starts it again after a crash, stops it
// when asked to. Owns the child and the signals of this process. One thread, run() until the end.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/notify/notify.h"
#include "gateway/backoff.h"
#include "gateway/child.h"

namespace mehr::gateway {

struct SupervisorOptions {
  std::vector<std::string> command;  ///< mehrd and its arguments
  Backoff::Limits backoff;
  Duration start_limit = 120s;   ///< from start to READY; a store of 200,000 paths takes seconds
  Duration stop_limit = 20s;     ///< from SIGTERM to the end, then SIGKILL
  Duration silence_limit = 30s;  ///< without WATCHDOG=1 after READY: hung, so it is killed
};

class Supervisor {
 public:
  explicit Supervisor(SupervisorOptions options);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Blocks SIGTERM, SIGINT and SIGHUP for this thread and supervises until one of the first two or
  /// a final exit of mehrd. @return the exit code for this process
  int run();

 private:
  enum class State { kStarting, kRunning, kWaiting, kStopping };

  void start_child();
  void turn();
  void read_signals();
  void read_notifications();
  void check_child();
  void check_deadline();
  void stop(int signal_number);
  void finish(int code) { exit_code_ = code; }
  void beat();
  [[nodiscard]] int milliseconds_to_wait() const;

  SupervisorOptions options_;
  Backoff backoff_;
  notify::Notifier notifier_;
  std::optional<notify::Receiver> receiver_;
  std::optional<Child> child_;
  State state_ = State::kWaiting;
  Time started_{};                 ///< of the present child
  std::optional<Time> deadline_;   ///< what it means depends on the state
  std::optional<Time> next_beat_;  ///< our own WATCHDOG=1
  std::optional<int> exit_code_;
  int signals_ = -1;
  unsigned starts_ = 0;
};

}  // namespace mehr::gateway
