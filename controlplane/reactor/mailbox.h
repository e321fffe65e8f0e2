// Tasks handed to the reactor thread by other threads. Outlives the loop, so a helper thread that
// finishes late posts into nothing. Any thread, except drain().
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "controlplane/reactor/fd.h"
#include "core/base/result.h"

namespace mehr::reactor {

class Mailbox {
 public:
  static Result<std::shared_ptr<Mailbox>> open();
  explicit Mailbox(Fd wake) : wake_(std::move(wake)) {}

  /// Keeps `task` for the reactor thread and wakes it. Dropped after close().
  void post(std::function<void()> task);
  /// Wakes the loop without a task.
  void wake();
  /// Takes everything posted so far.
  std::vector<std::function<void()>> take();
  /// No more posts are kept; what is waiting is destroyed.
  void close();
  /// Becomes readable after post(); level-triggered until take().
  [[nodiscard]] int fd() const { return wake_.get(); }

 private:
  Fd wake_;
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  bool closed_ = false;
};

}  // namespace mehr::reactor
