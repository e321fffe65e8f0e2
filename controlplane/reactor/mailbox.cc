// An eventfd wakes the loop, a locked list carries the tasks. See mailbox.h for the rules.
#include "controlplane/reactor/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

namespace mehr::reactor {

Result<std::shared_ptr<Mailbox>> Mailbox::open() {
  Fd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return absl::UnavailableError(std::string("no eventfd: ") + std::strerror(errno));
  return std::make_shared<Mailbox>(std::move(wake));
}

void Mailbox::wake() {
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the loop is about to wake anyway.
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void Mailbox::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    tasks_.push_back(std::move(task));
  }
  wake();
}

std::vector<std::function<void()>> Mailbox::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto read = ::read(wake_.get(), &count, sizeof count);
  const std::lock_guard lock(mutex_);
  return std::exchange(tasks_, {});
}

void Mailbox::close() {
  std::vector<std::function<void()>> doomed;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  doomed.swap(tasks_);
}

}  // namespace mehr::reactor
