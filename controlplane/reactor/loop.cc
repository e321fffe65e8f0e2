// The turn of the loop: completions, timers, posted tasks, then the words at the end of the turn.
#include "controlplane/reactor/loop.h"

#include <poll.h>
#include <sys/random.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include "controlplane/reactor/connect.h"
#include "controlplane/reactor/datagram.h"
#include "controlplane/reactor/datagram_port.h"
#include "controlplane/reactor/devices.h"
#include "controlplane/reactor/listener.h"
#include "controlplane/reactor/packets.h"
#include "controlplane/reactor/reactor.h"
#include "controlplane/reactor/resolve.h"
#include "controlplane/reactor/serial.h"
#include "controlplane/reactor/signals.h"
#include "core/base/assert.h"

namespace mehr::reactor {
namespace {

std::chrono::microseconds read_clock(clockid_t clock) {
  timespec time{};
  MEHR_ASSERT(::clock_gettime(clock, &time) == 0);
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_nsec / 1000);
}

Time steady_now() {
  return Time(read_clock(CLOCK_BOOTTIME));
}

/// Runs what other threads posted.
class MailReader final : public Completer, public std::enable_shared_from_this<MailReader> {
 public:
  explicit MailReader(std::shared_ptr<Loop> loop) : loop_(std::move(loop)) {}
  void arm() { loop_->ring->poll(shared_from_this(), 0, loop_->mailbox->fd(), POLLIN); }
  void completed(unsigned, const Completion&) override {
    if (loop_->dead) return;
    for (const auto& task : loop_->mailbox->take())
      task();
    arm();
  }

 private:
  std::shared_ptr<Loop> loop_;
};

class ReactorLoop final : public Reactor {
 public:
  explicit ReactorLoop(std::shared_ptr<Loop> loop)
      : loop_(std::move(loop)), signals_(std::make_shared<Signals>(loop_)) {
    std::make_shared<MailReader>(loop_)->arm();
  }
  ReactorLoop(const ReactorLoop&) = delete;
  ReactorLoop& operator=(const ReactorLoop&) = delete;
  ~ReactorLoop() override {
    loop_->dead = true;
    loop_->mailbox->close();
    loop_->timers.clear();
    loop_->at_turn_end.clear();
    loop_->ring->drain();
    // Anything the last callbacks left behind keeps the loop alive otherwise.
    loop_->timers.clear();
    loop_->at_turn_end.clear();
  }

  [[nodiscard]] Time now() const override { return loop_->now; }
  [[nodiscard]] UnixTime unix_now() const override { return UnixTime(read_clock(CLOCK_REALTIME)); }

  Status run() override {
    while (!stop_.exchange(false)) {
      loop_->now = steady_now();
      if (const Status status = loop_->ring->wait(time_to_wait()); !status.ok()) return status;
      // What came while we slept came now, not when we fell asleep: round trips are measured here.
      loop_->now = steady_now();
      loop_->ring->complete();
      loop_->now = steady_now();
      loop_->timers.run(loop_->now);
      end_turn();
    }
    return absl::OkStatus();
  }
  void stop() override {
    stop_ = true;
    loop_->mailbox->wake();
  }

  TimerId at(Time when, std::function<void()> fire) override {
    return loop_->timers.at(when, std::move(fire));
  }
  void cancel(TimerId timer) override { loop_->timers.cancel(timer); }
  void post(std::function<void()> task) override { loop_->mailbox->post(std::move(task)); }
  Status on_signal(int signal_number, std::function<void()> fire) override {
    return signals_->on(signal_number, std::move(fire));
  }

  Result<std::unique_ptr<Listener>> listen_tcp(const std::string& host, std::uint16_t port,
                                               TcpOptions options, AcceptFn accept) override {
    return reactor::listen_tcp(loop_, host, port, options, std::move(accept));
  }
  Result<std::unique_ptr<Listener>> listen_unix(const std::string& path, unsigned mode,
                                                AcceptFn accept) override {
    return reactor::listen_unix(loop_, path, mode, std::move(accept));
  }
  std::shared_ptr<void> connect_tcp(const std::string& host, std::uint16_t port, TcpOptions options,
                                    Duration timeout, ConnectFn done) override {
    return reactor::connect_tcp(loop_, host, port, options, timeout, std::move(done));
  }
  Result<std::unique_ptr<Stream>> open_serial(const std::string& path,
                                              SerialOptions options) override {
    return reactor::open_serial(loop_, path, options);
  }
  Result<PseudoTerminal> open_pty() override { return reactor::open_pty(loop_); }
  Result<std::unique_ptr<DatagramSocket>> open_udp(const std::string& local_host,
                                                   std::uint16_t local_port,
                                                   const std::string& remote_host,
                                                   std::uint16_t remote_port,
                                                   ReceiveFn receive) override {
    return reactor::open_udp(loop_, local_host, local_port, remote_host, remote_port,
                             std::move(receive));
  }
  Result<std::unique_ptr<DatagramPort>> open_datagram_port(const std::string& local_host,
                                                           std::uint16_t local_port,
                                                           DatagramPortEvents events) override {
    return reactor::open_datagram_port(loop_, local_host, local_port, std::move(events));
  }
  Result<std::unique_ptr<PacketStream>> connect_packets(const std::string& path,
                                                        std::size_t packet_max,
                                                        PacketStream::Events events) override {
    return reactor::connect_packets(loop_, path, packet_max, std::move(events));
  }
  [[nodiscard]] std::vector<NetworkDevice> network_devices() const override {
    return reactor::network_devices();
  }
  [[nodiscard]] std::string address_towards(const std::string& to) const override {
    return reactor::address_towards(to);
  }
  [[nodiscard]] std::vector<LinkLocalAddress> link_local_addresses() const override {
    return reactor::link_local_addresses();
  }
  std::shared_ptr<void> resolve(const std::string& host, std::uint16_t port,
                                ResolvedFn done) override {
    auto wanted = std::make_shared<bool>(true);
    reactor::resolve(loop_->mailbox, host, port,
                     [done = std::move(done), still = std::weak_ptr<bool>(wanted)](
                         const Result<std::vector<SocketAddress>>& found) {
                       if (still.expired()) return;
                       if (!found.ok()) return done(found.status());
                       std::vector<std::string> addresses;
                       for (const SocketAddress& address : *found)
                         addresses.push_back(address.text());
                       done(std::move(addresses));
                     });
    return wanted;
  }

 private:
  [[nodiscard]] Duration time_to_wait() const {
    /// The loop wakes now and then even when idle; a lost wake-up would be a delay, not a hang.
    constexpr Duration kLongest = 1s;
    if (!loop_->at_turn_end.empty()) return Duration::zero();
    const auto next = loop_->timers.next();
    if (!next) return kLongest;
    // Compared before subtracting: "at once" may be the beginning of time.
    if (*next <= loop_->now) return Duration::zero();
    if (*next >= loop_->now + kLongest) return kLongest;
    return *next - loop_->now;
  }

  void end_turn() {
    // What is added meanwhile comes next turn, which then does not wait.
    const auto due = std::exchange(loop_->at_turn_end, {});
    for (const auto& [target, tag] : due)
      target->completed(tag, {});
  }

  std::shared_ptr<Loop> loop_;
  std::shared_ptr<Signals> signals_;
  std::atomic<bool> stop_{false};
};

}  // namespace

std::shared_ptr<void> Reactor::resolve(const std::string& host, std::uint16_t port,
                                       ResolvedFn done) {
  auto wanted = std::make_shared<bool>(true);
  post([host, port, done = std::move(done), still = std::weak_ptr<bool>(wanted)] {
    if (still.expired()) return;
    const auto address = numeric_address(host, port);
    if (!address.ok()) return done(address.status());
    done(std::vector<std::string>{address->text()});
  });
  return wanted;
}

Result<std::unique_ptr<PacketStream>> Reactor::connect_packets(const std::string&, std::size_t,
                                                               PacketStream::Events) {
  return absl::UnimplementedError("not here");
}

std::string system_error_text(const std::string& text, int error) {
  return text + ": " + std::strerror(error);
}

Result<std::unique_ptr<Reactor>> Reactor::create() {
  auto loop = std::make_shared<Loop>();
  auto ring = Ring::open();
  if (!ring.ok()) return ring.status();
  loop->ring = *std::move(ring);
  auto mailbox = Mailbox::open();
  if (!mailbox.ok()) return mailbox.status();
  loop->mailbox = *std::move(mailbox);
  loop->now = steady_now();
  return std::make_unique<ReactorLoop>(std::move(loop));
}

void SystemRandom::fill(MutableByteView out) {
  while (!out.empty()) {
    const auto got = ::getrandom(out.data(), out.size(), 0);
    MEHR_ASSERT(got > 0 || errno == EINTR);
    if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace mehr::reactor
