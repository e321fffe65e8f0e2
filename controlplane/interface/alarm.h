// One timer that cannot outlive its owner: arming it again or destroying it cancels the last.
// Reactor thread.
#pragma once

#include <functional>
#include <utility>

#include "controlplane/reactor/reactor.h"

namespace mehr::interface {

class Alarm {
 public:
  explicit Alarm(reactor::Reactor& loop) : loop_(loop) {}
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  ~Alarm() { cancel(); }

  void at(Time when, std::function<void()> fire) {
    cancel();
    timer_ = loop_.at(when, std::move(fire));
  }
  void after(Duration delay, std::function<void()> fire) {
    at(loop_.now() + delay, std::move(fire));
  }
  void cancel() { loop_.cancel(std::exchange(timer_, {})); }

 private:
  reactor::Reactor& loop_;
  reactor::TimerId timer_;
};

}  // namespace mehr::interface
