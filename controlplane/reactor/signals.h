// Signals as calls on the reactor thread, through one signalfd. Reactor thread only.
#pragma once

#include <csignal>
#include <functional>
#include <map>
#include <memory>

#include "controlplane/reactor/fd.h"
#include "controlplane/reactor/loop.h"

namespace mehr::reactor {

class Signals final : public Completer, public std::enable_shared_from_this<Signals> {
 public:
  explicit Signals(std::shared_ptr<Loop> loop);
  /// Blocks the signal in this thread and those it starts; a second call replaces the first.
  Status on(int signal_number, std::function<void()> fire);
  void completed(unsigned tag, const Completion& completion) override;

 private:
  void arm();

  std::shared_ptr<Loop> loop_;
  Fd fd_;
  sigset_t mask_{};
  std::map<int, std::function<void()>> actions_;
};

}  // namespace mehr::reactor
