// What one core does with sealed packets: a template source copies each frame into a fresh buffer,
// the stages open, route and seal it, a null sink takes it. In slices of some milliseconds it takes
// turns with ipsec-mb's seal of the same size, so that both meet the same noise; a figure is the
// median of the ratios of neighbouring slices. Everything in this process and on this core. What
// the source costs, which is a device's work elsewhere, is in quiet and median, reported beside,
// and not in the ratio; "+source" is the ratio with it.
#include <x86intrin.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <vector>

#include "bench/load/reference.h"
#include "bench/load/rig.h"

namespace {

using namespace mehr;
using namespace mehr::bench;
using dataplane::Ticks;

struct Options {
  std::vector<std::string> loads{"link", "single", "coalesced"};
  std::vector<std::size_t> sizes;
  std::size_t rounds = 60;
  std::size_t next_hops = 0;  ///< 0: what the load says
  std::size_t remembered = 131'072;
  std::size_t frames = dataplane::kBurst;
  bool stages = false;
};

/// TSC cycles of one decrement and branch: tells a quiet core from a shared one.
double probe() {
  double best = 1e9;
  for (int i = 0; i < 50; ++i) {
    std::uint64_t count = 20'000;
    const Ticks before = __rdtsc();
    __asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(count) : : "cc");
    best = std::min(best, static_cast<double>(__rdtsc() - before) / 20'000);
  }
  return best;
}

double part_of(std::vector<double> values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

struct Slice {
  double cycles = 0, source = 0;  ///< per packet
};

class Measurement {
 public:
  static constexpr Ticks kSlice = 25'000'000;  ///< about 10 ms

  Measurement(const LoadOptions& load, bool stages)
      : rig_(load),
        burst_(std::make_unique<dataplane::Burst>()),
        frames_(load.frames),
        stages_(stages) {
    rig_.sink().sample_every = 9'973;
    reference_ = Reference::make(load.packet_bytes);
  }

  void run(std::size_t rounds) {
    ours();
    theirs();
    for (std::size_t i = 0; i < rounds; ++i) {
      const Slice slice = ours();
      cycles_.push_back(slice.cycles);
      source_.push_back(slice.source);
      if (reference_ == nullptr) continue;
      const double reference = theirs();
      reference_cycles_.push_back(reference);
      ratios_.push_back(reference / (slice.cycles - slice.source));
      with_source_.push_back(reference / slice.cycles);
    }
  }

  void print(const char* name, const LoadOptions& load) {
    std::printf("%-9s %5zu %4zu %8.0f %8.0f %8.0f", name, load.packet_bytes, load.next_hops,
                part_of(cycles_, 0.05), part_of(cycles_, 0.5), part_of(source_, 0.5));
    if (reference_ != nullptr) {
      std::printf(" %9.0f %7.2f %6.2f..%.2f %8.2f", part_of(reference_cycles_, 0.5),
                  part_of(ratios_, 0.5), part_of(ratios_, 0.25), part_of(ratios_, 0.75),
                  part_of(with_source_, 0.5));
    }
    const auto relayed =
        rig_.count(border::Counter::kLinkRelayed) + rig_.count(border::Counter::kDataRelayed);
    std::printf("  %s\n", relayed == packets_ && rig_.samples_open() ? "all out, samples open"
                                                                     : "WRONG OUTPUT");
    wrong_ = relayed != packets_ || !rig_.samples_open();
    if (stages_) print_stages();
  }
  [[nodiscard]] bool wrong() const { return wrong_; }

 private:
  Slice ours() {
    const Ticks end = __rdtsc() + kSlice;
    Ticks source = 0, begin = __rdtsc(), now = begin;
    std::size_t packets = 0;
    while (now < end) {
      const Ticks before = __rdtsc();
      rig_.fill(*burst_);
      _mm_lfence();  // what the source waits for is the source's
      source += __rdtsc() - before;
      rig_.run(*burst_, stages_ ? &cost_ : nullptr);
      packets += frames_ * rig_.packets_per_frame();
      now = __rdtsc();
    }
    packets_ += packets;
    const auto count = static_cast<double>(packets);
    if (stages_) {
      for (std::size_t i = 0; i < by_stage_.size(); ++i)
        by_stage_[i].push_back(static_cast<double>(cost_.ticks[i]) / count);
      cost_ = {};
    }
    return {static_cast<double>(now - begin) / count, static_cast<double>(source) / count};
  }

  double theirs() {
    if (reference_ == nullptr) return 0;
    const Ticks begin = __rdtsc();
    std::size_t packets = 0;
    Ticks now = begin;
    for (; now < begin + kSlice; now = __rdtsc(), packets += 32)
      reference_->run(32);
    return static_cast<double>(now - begin) / static_cast<double>(packets);
  }

  void print_stages() const {
    std::printf("         ");
    std::size_t at = 0;
    for (const auto& stages : {dataplane::frame_stages(), dataplane::packet_stages()}) {
      for (const dataplane::Stage& stage : stages) {
        std::printf(" %.*s %.0f", static_cast<int>(stage.name.size()), stage.name.data(),
                    part_of(by_stage_[at++], 0.05));
      }
    }
    std::printf("\n");
  }

  WorkerRig rig_;
  std::unique_ptr<Reference> reference_;
  std::unique_ptr<dataplane::Burst> burst_;
  dataplane::StageTicks cost_;
  std::array<std::vector<double>, dataplane::StageTicks::kMax> by_stage_;
  std::vector<double> cycles_, source_, reference_cycles_, ratios_, with_source_;
  std::size_t frames_, packets_ = 0;
  bool stages_, wrong_ = false;
};

bool measure(const std::string& name, const Options& options) {
  LoadOptions load;
  std::vector<std::size_t> sizes{64, 128, 484};
  load.remembered = options.remembered;
  load.frames = options.frames;
  if (name == "link") {
    sizes.insert(sizes.end(), {1'500, 4'096});
  } else if (name == "single") {
    load.load = Load::kSingle;
  } else {
    load.load = Load::kCoalesced;
    load.next_hops = 8;
  }
  if (options.next_hops != 0) load.next_hops = options.next_hops;
  if (!options.sizes.empty()) sizes = options.sizes;
  bool right = true;
  for (const std::size_t bytes : sizes) {
    load.packet_bytes = bytes;
    Measurement measurement(load, options.stages);
    measurement.run(options.rounds);
    measurement.print(name.c_str(), load);
    std::fflush(stdout);
    right = right && !measurement.wrong();
  }
  return right;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "Cycles and ratios of the dataplane's stages: open, route and seal of every packet."};
  app.add_option("--load", options.loads, "link, single, coalesced")
      ->check(CLI::IsMember({"link", "single", "coalesced"}));
  app.add_option("--bytes", options.sizes, "packet sizes; default: those of the load")
      ->check(CLI::Range(64, 8'000));
  app.add_option("--rounds", options.rounds, "slices of each")->check(CLI::Range(1, 10'000));
  app.add_option("--next-hops", options.next_hops, "neighbours that packets leave to")
      ->check(CLI::Range(1, 64));
  app.add_option("--remembered", options.remembered,
                 "digests of one generation of the duplicate filter");
  app.add_option("--frames", options.frames, "frames of a burst")
      ->check(CLI::Range(std::size_t{1}, dataplane::kBurst));
  app.add_flag("--stages", options.stages,
               "also quiet cycles by stage (reading the clock costs some)");
  CLI11_PARSE(app, argc, argv);
  std::printf("probe: %.3f TSC cycles per core cycle; 64 links, 100,000 flows\n", probe());
  std::printf(
      "load      bytes hops    quiet   median   source%s\n",
      Reference::make(64) != nullptr ? "  ipsec-mb   ratio  p25..p75  +source" : "  (no ipsec-mb)");
  bool right = true;
  for (const std::string& load : options.loads)
    right = measure(load, options) && right;
  std::printf("probe: %.3f\n", probe());
  return right ? 0 : 1;
}
