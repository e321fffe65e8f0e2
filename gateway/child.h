// One running mehrd: started, watched through a pidfd, signalled, reaped. Owns the process and its
// descriptor. Called by the supervisor; its one thread (the child dies with that thread).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace mehr::gateway {

struct ChildEnd {
  bool signalled = false;
  int code = 0;                            ///< exit code, or the signal's number
  [[nodiscard]] std::string text() const;  ///< "exit code 3", "signal 9 (Killed)"
};

class Child {
 public:
  /// Forks and executes. The child gets SIGTERM when this process dies.
  /// @param command program and arguments
  /// @param environment "NAME=value" to set besides the inherited variables
  static Result<Child> start(const std::vector<std::string>& command,
                             const std::vector<std::string>& environment);
  ~Child();  ///< kills and reaps a child that still runs
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;

  [[nodiscard]] pid_t id() const { return pid_; }
  /// Readable once the process has ended.
  [[nodiscard]] int descriptor() const { return pidfd_; }
  void signal(int number) const;
  /// How it ended, or nullopt while it runs; reaps it.
  std::optional<ChildEnd> ended();

 private:
  Child(pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}
  pid_t pid_;
  int pidfd_;
};

}  // namespace mehr::gateway
