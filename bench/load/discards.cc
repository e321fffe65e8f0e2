// What hostile frames cost: frames that are none of ours, as fast as the core takes them; and
// forged ones under a live session's index, at a set rate beside a flow whose goodput must not
// suffer. The source is on the same core; its cycles are reported.
#include <x86intrin.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <vector>

#include "bench/load/rig.h"

namespace {

using namespace mehr;
using namespace mehr::bench;
using border::Counter;
using dataplane::Ticks;

struct Options {
  std::size_t rounds = 100;
  double forged = 1.5, honest = 2;  ///< millions a second
};

double ticks_per_second() {
  const auto begin = std::chrono::steady_clock::now();
  const Ticks before = __rdtsc();
  while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(50)) {
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  return static_cast<double>(__rdtsc() - before) / passed.count();
}

double part_of(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

LoadOptions load() {
  LoadOptions out;
  out.packet_bytes = 64;
  return out;
}

/// Frames of 64 bytes that are no hop frames: cycles of source and stages for each.
bool discard(const Options& options, double hertz) {
  WorkerRig rig(load());
  auto burst = std::make_unique<dataplane::Burst>();
  std::vector<double> all, source;
  std::uint64_t frames = 0;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    Ticks filling = 0;
    const Ticks begin = __rdtsc();
    constexpr std::size_t kBursts = 1'000;
    for (std::size_t i = 0; i < kBursts; ++i) {
      const Ticks before = __rdtsc();
      burst->in_count = 0;
      burst->now = 1;
      while (burst->in_count < dataplane::kBurst)
        rig.add_nonsense(*burst);
      filling += __rdtsc() - before;
      rig.run(*burst, nullptr);
    }
    constexpr double kFrames = kBursts * dataplane::kBurst;
    all.push_back(static_cast<double>(__rdtsc() - begin) / kFrames);
    source.push_back(static_cast<double>(filling) / kFrames);
    frames += kBursts * dataplane::kBurst;
  }
  const bool right = rig.count(Counter::kHopMalformed) == frames && rig.sink().frames == 0;
  std::printf(
      "none of ours   %6.1f cycles a frame (median %.1f), of them %.1f the source's: %.1f Mpps "
      "(median %.1f)%s\n",
      part_of(all, 0.05), part_of(all, 0.5), part_of(source, 0.5), hertz / part_of(all, 0.05) / 1e6,
      hertz / part_of(all, 0.5) / 1e6, right ? ", all counted" : "  NOT ALL COUNTED");
  return right;
}

/// One kind of frame at a set rate.
struct Paced {
  double gap, next;
  bool due(Ticks now) {
    if (next >= static_cast<double>(now)) return false;
    next += gap;
    return true;
  }
};

/// An honest flow and forged frames in turns with the honest flow alone.
class Beside {
 public:
  explicit Beside(double hertz)
      : hertz_(hertz), rig_(load()), burst_(std::make_unique<dataplane::Burst>()) {}

  /// @return honest packets forwarded, a second
  double slice(double honest, double forged) {
    const Ticks begin = __rdtsc();
    const auto start = static_cast<double>(begin);
    const Ticks end = begin + static_cast<Ticks>(hertz_ / 100);
    Paced good{hertz_ / honest, start};
    Paced bad{forged == 0 ? 1e30 : hertz_ / forged, forged == 0 ? 2e30 : start};
    const std::uint64_t before = rig_.count(Counter::kLinkRelayed);
    Ticks now = begin;
    for (; now < end; now = __rdtsc()) {
      burst_->in_count = 0;
      burst_->now = 1;
      while (burst_->in_count + 2 <= dataplane::kBurst) {
        const bool more = good.due(now), worse = bad.due(now);
        if (worse) rig_.add_forged(*burst_), ++forged_;
        if (more) rig_.add(*burst_), ++honest_;
        if ((!more && !worse) || (more && rig_.at_end())) break;
      }
      if (burst_->in_count != 0) rig_.run(*burst_, nullptr);
    }
    return static_cast<double>(rig_.count(Counter::kLinkRelayed) - before) * hertz_ /
           static_cast<double>(now - begin);
  }

  /// A burst of forged frames alone leaves every session as it was.
  bool changes_nothing() {
    const auto state = [&] {
      std::vector<std::uint64_t> out;
      for (std::uint32_t i = 0; i < 64; ++i) {
        const auto& session = rig_.sessions().place(i);
        out.push_back(session.windows[0].next());
        out.push_back(session.bytes_left);
      }
      return out;
    };
    const auto before = state();
    burst_->in_count = 0;
    while (burst_->in_count < dataplane::kBurst)
      rig_.add_forged(*burst_), ++forged_;
    rig_.run(*burst_, nullptr);
    return state() == before;
  }
  [[nodiscard]] bool right() const {
    return rig_.count(Counter::kHopForged) == forged_ &&
           rig_.count(Counter::kLinkRelayed) == honest_;
  }
  [[nodiscard]] std::uint64_t forged() const { return forged_; }

 private:
  double hertz_;
  WorkerRig rig_;
  std::unique_ptr<dataplane::Burst> burst_;
  std::uint64_t forged_ = 0, honest_ = 0;
};

bool forge(const Options& options, double hertz) {
  Beside beside(hertz);
  std::vector<double> alone, together, kept;
  double forged_seconds = 0;
  for (std::size_t round = 0; round < options.rounds; ++round) {
    alone.push_back(beside.slice(options.honest * 1e6, 0));
    const std::uint64_t before = beside.forged();
    together.push_back(beside.slice(options.honest * 1e6, options.forged * 1e6));
    kept.push_back(together.back() / alone.back());
    forged_seconds += static_cast<double>(beside.forged() - before) * 100;
  }
  const bool nothing = beside.changes_nothing();
  std::printf(
      "forged         %.2f Mpps beside an honest flow of %.2f Mpps: it keeps %.1f %% of its "
      "goodput "
      "(5th percentile of slices %.1f %%); every forged frame counted, honest packet relayed: %s; "
      "state unchanged: %s\n",
      forged_seconds / static_cast<double>(options.rounds) / 1e6, part_of(alone, 0.5) / 1e6,
      100 * part_of(kept, 0.5), 100 * part_of(kept, 0.05), beside.right() ? "yes" : "NO",
      nothing ? "yes" : "NO");
  return beside.right() && nothing;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"What frames cost that are nobody's or forged."};
  app.add_option("--rounds", options.rounds, "slices of each")->check(CLI::Range(1, 10'000));
  app.add_option("--forged", options.forged, "millions of forged frames a second")
      ->check(CLI::Range(0.001, 100.0));
  app.add_option("--honest", options.honest, "millions of honest packets a second")
      ->check(CLI::Range(0.001, 100.0));
  CLI11_PARSE(app, argc, argv);
  const double hertz = ticks_per_second();
  const bool first = discard(options, hertz);
  return forge(options, hertz) && first ? 0 : 1;
}
