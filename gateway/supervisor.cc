// A poll loop over signals, the child's pidfd and its readiness socket, with one deadline a state.
#include "gateway/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "controlplane/exit_code.h"
#include "controlplane/log/log.h"

namespace mehr::gateway {
namespace {

Time now() {
  timespec value{};
  clock_gettime(CLOCK_BOOTTIME, &value);
  return Time{std::chrono::seconds{value.tv_sec} + std::chrono::microseconds{value.tv_nsec / 1000}};
}

int open_signals() {
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&wanted, number);
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

std::string in_seconds(Duration duration) {
  const auto tenths = duration / 100ms;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

Supervisor::Supervisor(SupervisorOptions options)
    : options_(std::move(options)), backoff_(options_.backoff) {}

Supervisor::~Supervisor() {
  if (signals_ >= 0) close(signals_);
}

int Supervisor::run() {
  auto receiver = notify::Receiver::open();
  if (!receiver.ok()) {
    log::error(std::string(receiver.status().message()));
    return kExitFailed;
  }
  receiver_.emplace(std::move(*receiver));
  signals_ = open_signals();
  if (const auto interval = notifier_.watchdog()) next_beat_ = now() + *interval / 2;
  start_child();
  while (!exit_code_)
    turn();
  notifier_.send("STOPPING=1");
  return *exit_code_;
}

void Supervisor::start_child() {
  started_ = now();
  ++starts_;
  // Half the limit: one lost beat is not yet silence.
  const auto interval =
      std::chrono::duration_cast<std::chrono::microseconds>(options_.silence_limit / 2);
  auto child =
      Child::start(options_.command, {"NOTIFY_SOCKET=" + receiver_->address(),
                                      "WATCHDOG_USEC=" + std::to_string(interval.count())});
  if (!child.ok()) {
    log::error("cannot start mehrd: " + std::string(child.status().message()));
    state_ = State::kWaiting;
    deadline_ = started_ + backoff_.after_crash(Duration{});
    return;
  }
  child_.emplace(std::move(*child));
  state_ = State::kStarting;
  deadline_ = started_ + options_.start_limit;
  log::info("started mehrd, process " + std::to_string(child_->id()));
}

void Supervisor::turn() {
  std::array<pollfd, 3> waits{{{signals_, POLLIN, 0},
                               {receiver_->descriptor(), POLLIN, 0},
                               {child_ ? child_->descriptor() : -1, POLLIN, 0}}};
  poll(waits.data(), waits.size(), milliseconds_to_wait());
  read_notifications();
  read_signals();
  check_child();
  check_deadline();
  beat();
}

void Supervisor::read_notifications() {
  while (const auto message = receiver_->receive()) {
    if (!child_ || message->sender != child_->id()) continue;
    const bool ready = notify::has_line(message->lines, "READY=1");
    if (ready && state_ == State::kStarting) {
      state_ = State::kRunning;
      deadline_ = now() + options_.silence_limit;
      log::info("mehrd is ready after " + in_seconds(now() - started_));
      notifier_.send("READY=1\nSTATUS=mehrd is running");
    }
    const bool alive = notify::has_line(message->lines, "WATCHDOG=1");
    if (alive && state_ == State::kRunning) deadline_ = now() + options_.silence_limit;
  }
}

void Supervisor::read_signals() {
  signalfd_siginfo info{};
  while (read(signals_, &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
    const int number = static_cast<int>(info.ssi_signo);
    if (number == SIGHUP) {
      // mehrd reads its configuration again and says in the log what came of it.
      if (child_ && state_ == State::kRunning) child_->signal(SIGHUP);
    } else {
      stop(number);
    }
  }
}

void Supervisor::stop(int signal_number) {
  if (!child_) return finish(kExitOk);
  child_->signal(signal_number);
  if (state_ == State::kStopping) return;  // a second signal must not move the deadline
  log::info("stopping mehrd");
  notifier_.send("STOPPING=1\nSTATUS=stopping mehrd");
  state_ = State::kStopping;
  deadline_ = now() + options_.stop_limit;
}

void Supervisor::check_child() {
  if (!child_) return;
  const auto end = child_->ended();
  if (!end) return;
  child_.reset();
  deadline_.reset();
  const Duration lived = now() - started_;
  if (state_ == State::kStopping) {
    log::info("mehrd stopped: " + end->text());
    return finish(kExitOk);
  }
  if (!end->signalled && exit_is_final(end->code)) {
    log::error("mehrd ended with " + end->text() +
               ", which a restart cannot mend: see its last lines, then start the service again");
    return finish(end->code);
  }
  const Duration wait = backoff_.after_crash(lived);
  log::error("mehrd ended after " + in_seconds(lived) + " with " + end->text() +
             "; starting it again in " + in_seconds(wait));
  notifier_.send("STATUS=mehrd crashed, starting it again");
  state_ = State::kWaiting;
  deadline_ = now() + wait;
}

void Supervisor::check_deadline() {
  if (exit_code_ || !deadline_ || now() < *deadline_) return;
  if (state_ == State::kWaiting) return start_child();
  const char* const why = state_ == State::kStarting  ? "was not ready in time"
                          : state_ == State::kRunning ? "is silent"
                                                      : "did not stop in time";
  log::error(std::string("mehrd ") + why + ": killing it");
  child_->signal(SIGKILL);
  deadline_.reset();
}

void Supervisor::beat() {
  if (!next_beat_ || now() < *next_beat_) return;
  notifier_.send("WATCHDOG=1");
  next_beat_ = now() + *notifier_.watchdog() / 2;
}

int Supervisor::milliseconds_to_wait() const {
  std::optional<Time> until = deadline_;
  if (next_beat_) until = until ? std::min(*until, *next_beat_) : *next_beat_;
  if (!until) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

}  // namespace mehr::gateway
