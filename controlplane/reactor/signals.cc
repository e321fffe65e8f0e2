// One signalfd whose mask grows with each signal asked for.
#include "controlplane/reactor/signals.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <cerrno>

namespace mehr::reactor {

Signals::Signals(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {
  sigemptyset(&mask_);
}

Status Signals::on(int signal_number, std::function<void()> fire) {
  if (sigaddset(&mask_, signal_number) != 0) {
    return absl::InvalidArgumentError("there is no signal " + std::to_string(signal_number));
  }
  pthread_sigmask(SIG_BLOCK, &mask_, nullptr);
  const int fd = ::signalfd(fd_.get(), &mask_, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd < 0) return absl::UnavailableError(system_error_text("no signalfd", errno));
  actions_[signal_number] = std::move(fire);
  if (!fd_) {
    fd_ = Fd(fd);
    arm();
  }
  return absl::OkStatus();
}

void Signals::arm() {
  loop_->ring->poll(shared_from_this(), 0, fd_.get(), POLLIN);
}

void Signals::completed(unsigned, const Completion&) {
  if (loop_->dead) return;
  signalfd_siginfo info{};
  while (::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    const auto found = actions_.find(static_cast<int>(info.ssi_signo));
    if (found == actions_.end()) continue;
    const auto fire = found->second;  // a copy: it may be replaced while it runs
    fire();
  }
  arm();
}

}  // namespace mehr::reactor
