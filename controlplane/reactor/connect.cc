// An attempt walks the addresses of a name; each address gets a dial of its own, which keeps socket
// and address alive until the kernel has let go of them.
#include "controlplane/reactor/connect.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstdio>

#include "controlplane/reactor/address.h"
#include "controlplane/reactor/resolve.h"
#include "controlplane/reactor/stream.h"

namespace mehr::reactor {
namespace {

struct Dial final : Completer {
  Fd fd;
  SocketAddress address;
  OperationId operation;
  std::function<void(int)> answer;  ///< 0 or a negative errno; null once nobody cares

  void completed(unsigned, const Completion& completion) override {
    if (const auto call = std::move(answer)) call(completion.result);
  }
};

class Attempt final : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(std::shared_ptr<Loop> loop, std::string name, TcpOptions options, Duration timeout,
          ConnectFn done)
      : loop_(std::move(loop)),
        name_(std::move(name)),
        options_(options),
        timeout_(timeout),
        deadline_(loop_->now + timeout),
        done_(std::move(done)) {}

  void begin(const std::string& host, std::uint16_t port) {
    arm_timer(deadline_);  // also ends a look-up that hangs
    const std::weak_ptr<Attempt> weak = weak_from_this();
    resolve(loop_->mailbox, host, port, [weak](Result<std::vector<SocketAddress>> addresses) {
      const auto self = weak.lock();
      if (!self || !self->done_) return;
      if (!addresses.ok()) {
        self->finish(addresses.status());
        return;
      }
      self->addresses_ = *std::move(addresses);
      self->try_next();
    });
  }

  void abandon() {
    stop_dial();
    if (!loop_->dead) loop_->timers.cancel(timer_);
    const ConnectFn doomed = std::exchange(done_, nullptr);
  }

 private:
  void try_next() {
    stop_dial();
    if (next_ == addresses_.size()) {
      finish(last_error_);
      return;
    }
    // An address that swallows packets must leave time for the ones after it.
    const auto left = static_cast<std::int64_t>(addresses_.size() - next_);
    arm_timer(loop_->now + (deadline_ - loop_->now) / left);
    dial_ = std::make_shared<Dial>();
    dial_->address = addresses_[next_++];
    dial_->fd = Fd(::socket(dial_->address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!dial_->fd) {
      answered(-errno);
      return;
    }
    const std::weak_ptr<Attempt> weak = weak_from_this();
    dial_->answer = [weak](int result) {
      if (const auto self = weak.lock()) self->answered(result);
    };
    dial_->operation =
        loop_->ring->connect(dial_, 0, dial_->fd.get(), dial_->address.get(), dial_->address.size);
  }

  void answered(int result) {
    if (!done_ || !dial_ || loop_->dead) return;
    if (result != 0) {
      last_error_ =
          absl::UnavailableError(system_error_text("cannot connect to " + name_, -result));
      try_next();
      return;
    }
    Fd fd = std::move(dial_->fd);
    dial_.reset();
    apply_tcp_options(fd.get(), options_);
    std::string peer = remote_text(fd.get());
    finish(make_socket_stream(loop_, std::move(fd), std::move(peer), std::nullopt));
  }

  void arm_timer(Time when) {
    loop_->timers.cancel(timer_);
    const std::weak_ptr<Attempt> weak = weak_from_this();
    timer_ = loop_->timers.at(when, [weak] {
      const auto self = weak.lock();
      if (!self || !self->done_) return;
      char seconds[32];
      std::snprintf(seconds, sizeof seconds, "%.3g", to_seconds(self->timeout_));
      self->last_error_ = absl::DeadlineExceededError("no answer from " + self->name_ + " within " +
                                                      seconds + " s");
      self->try_next();
    });
  }

  void stop_dial() {
    if (!dial_) return;
    dial_->answer = nullptr;
    if (!loop_->dead) loop_->ring->cancel(dial_->operation);
    dial_.reset();
  }

  void finish(Result<std::unique_ptr<Stream>> outcome) {
    const auto self = shared_from_this();
    loop_->timers.cancel(timer_);
    const ConnectFn done = std::exchange(done_, nullptr);
    done(std::move(outcome));
  }

  std::shared_ptr<Loop> loop_;
  std::string name_;
  TcpOptions options_;
  Duration timeout_;
  Time deadline_;
  ConnectFn done_;  ///< null once called or abandoned
  std::vector<SocketAddress> addresses_;
  std::size_t next_ = 0;
  std::shared_ptr<Dial> dial_;
  TimerId timer_;
  Status last_error_;
};

/// What the caller holds: giving it up ends the attempt.
struct Handle {
  explicit Handle(std::shared_ptr<Attempt> owned) : attempt(std::move(owned)) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { attempt->abandon(); }
  std::shared_ptr<Attempt> attempt;
};

}  // namespace

std::shared_ptr<void> connect_tcp(const std::shared_ptr<Loop>& loop, const std::string& host,
                                  std::uint16_t port, TcpOptions options, Duration timeout,
                                  ConnectFn done) {
  auto attempt =
      std::make_shared<Attempt>(loop, host_and_port(host, port), options, timeout, std::move(done));
  attempt->begin(host, port);
  return std::make_shared<Handle>(std::move(attempt));
}

}  // namespace mehr::reactor
