// What waiting at a full port costs each priority class: packets arrive at random (exponential
// gaps) at a share of the port's rate, go through the stages and the port's queue, and a sink opens
// some of what leaves and looks up when it came. In real time on this core; windows in which the
// core was taken away are left out, and counted.
#include <x86intrin.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "bench/load/rig.h"
#include "core/wire/hop_frame.h"

namespace {

using namespace mehr;
using namespace mehr::bench;
using dataplane::PortQueue;
using dataplane::Ticks;

struct Options {
  std::vector<unsigned> loads{50, 95, 150};
  double megabits = 1'000, seconds = 2;
  std::size_t bytes = 484;
};

double ticks_per_second() {
  const auto begin = std::chrono::steady_clock::now();
  const Ticks before = __rdtsc();
  while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(50)) {
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(__rdtsc() - before) / passed.count();
}

class Measurement {
 public:
  Measurement(const Options& options, double hertz)
      : options_(options),
        hertz_(hertz),
        rig_(load(options)),
        burst_(std::make_unique<dataplane::Burst>()),
        arrived_(rig_.templates()) {
    auto& queue = rig_.worker().queues.emplace_back(dataplane::PortQueueLimits{},
                                                    static_cast<std::uint64_t>(hertz));
    queue.set_rate(static_cast<std::uint64_t>(options.megabits * 1e6 / 8), __rdtsc());
    rig_.sink().watch = [this](std::span<const dataplane::Frame> out) { look(out); };
  }

  bool run(unsigned percent) {
    const double packet = static_cast<double>(options_.bytes + PortQueue::kOverhead);
    const double gap = hertz_ * packet * 8 / (options_.megabits * 1e6) * 100 / percent;
    const Ticks begin = __rdtsc();
    const Ticks end = begin + static_cast<Ticks>(options_.seconds * hertz_);
    const auto window = static_cast<Ticks>(hertz_ / 100);
    double next = static_cast<double>(begin);
    Ticks turned = begin;
    window_end_ = begin + window;
    for (Ticks now = begin; now < end; now = __rdtsc()) {
      // Half a millisecond without a turn: this core did something else.
      stalled_ = stalled_ || now - turned > static_cast<Ticks>(hertz_ / 2'000);
      turned = now;
      if (now > window_end_) close_window(now + window);
      turn(now, next, gap);
    }
    close_window(end);
    print(percent);
    return waits_[0].size() > 100;
  }

 private:
  static LoadOptions load(const Options& options) {
    LoadOptions out;
    out.packet_bytes = options.bytes;
    out.buffers = 8'192;
    out.percent = {5, 15, 40, 40};
    return out;
  }

  void turn(Ticks now, double& next, double gap) {
    auto& queue = rig_.worker().queues[0];
    burst_->now = now;
    if (!queue.empty()) dataplane::release(rig_.worker(), *burst_, 0);
    burst_->in_count = 0;
    while (next < static_cast<double>(now) && burst_->in_count < dataplane::kBurst) {
      const std::size_t number = rig_.add(*burst_);
      arrived_[number] = next;
      next += -gap * std::log(1 - uniform());
      if (rig_.at_end()) break;
    }
    if (burst_->in_count != 0) rig_.run(*burst_, nullptr);
  }

  /// 0 .. below 1
  double uniform() { return static_cast<double>(random_.next() >> 11) * 0x1p-53; }

  void look(std::span<const dataplane::Frame> out) {
    const auto now = static_cast<double>(__rdtsc());
    for (const dataplane::Frame& frame : out) {
      if (++seen_ % 7 != 0) continue;
      const Bytes plain = rig_.opened(frame.neighbour, {frame.data, frame.size});
      const bool whole = wire::decode_hop_records(plain, [&](const wire::HopRecord& record) {
        const std::size_t number = rig_.number_of(record.body);
        const auto priority = static_cast<unsigned>(record.hop_class.priority);
        window_[priority].push_back((now - arrived_[number]) / hertz_ * 1e6);
        sent_[priority] += 1;
      });
      if (!whole || plain.empty()) wrong_ = true;
    }
  }

  void close_window(Ticks end) {
    for (unsigned priority = 0; priority < 4; ++priority) {
      auto& from = window_[priority];
      if (!stalled_) waits_[priority].insert(waits_[priority].end(), from.begin(), from.end());
      from.clear();
    }
    (stalled_ ? stalled_windows_ : windows_) += 1;
    stalled_ = false;
    window_end_ = end;
  }

  void print(unsigned percent) {
    double all = 0;
    for (const double each : sent_)
      all += each;
    for (unsigned priority = 0; priority < 4; ++priority) {
      auto& waits = waits_[priority];
      std::sort(waits.begin(), waits.end());
      const auto part = [&](double share) {
        if (waits.empty()) return 0.0;
        return waits[static_cast<std::size_t>(share * static_cast<double>(waits.size() - 1))];
      };
      std::printf("%4u %%  P%u %9zu %11.0f %11.0f %11.0f %8.1f %%\n", percent, priority,
                  waits.size(), part(0.5), part(0.99), part(1), 100 * sent_[priority] / all);
    }
    std::printf(
        "        windows of 10 ms: %u, left out because the core was away: %u; dropped: %llu full, "
        "%llu late%s\n",
        windows_, stalled_windows_,
        static_cast<unsigned long long>(rig_.count(border::Counter::kTxQueueFull)),
        static_cast<unsigned long long>(rig_.count(border::Counter::kTxDeadline)),
        wrong_ ? "; WRONG OUTPUT" : "");
  }

  Options options_;
  double hertz_;
  WorkerRig rig_;
  std::unique_ptr<dataplane::Burst> burst_;
  std::vector<double> arrived_;  ///< ticks, by template
  std::array<std::vector<double>, 4> window_, waits_;
  std::array<double, 4> sent_{};
  SeededRandom random_{9};
  Ticks window_end_ = 0;
  std::uint64_t seen_ = 0;
  unsigned windows_ = 0, stalled_windows_ = 0;
  bool stalled_ = false, wrong_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"How long packets of each priority wait for a port, in microseconds."};
  app.add_option("--load", options.loads, "percent of the port's rate that is offered")
      ->check(CLI::Range(1, 1'000));
  app.add_option("--megabits", options.megabits, "rate of the port, Mbit/s")
      ->check(CLI::Range(1.0, 10'000.0));
  app.add_option("--bytes", options.bytes, "of every packet")->check(CLI::Range(64, 8'000));
  app.add_option("--seconds", options.seconds, "for each load")->check(CLI::Range(0.1, 600.0));
  CLI11_PARSE(app, argc, argv);
  const double hertz = ticks_per_second();
  std::printf(
      "packets of %zu bytes at random, 5 %% P0, 15 %% P1, 40 %% P2, 40 %% P3; port of %.0f "
      "Mbit/s\n",
      options.bytes, options.megabits);
  std::printf("  load  class  samples   median us   99 %% us     worst us   share sent\n");
  bool right = true;
  for (const unsigned percent : options.loads)
    right = Measurement(options, hertz).run(percent) && right;
  return right ? 0 : 1;
}
