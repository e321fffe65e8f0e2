// Traffic, faults and samples of a scenario. See scenario_run.h.
#include "tools/mehr-sim/scenario_run.h"

#include <algorithm>

namespace mehr::mehr_sim {
namespace {

constexpr int kSamples = 240;
constexpr std::uint64_t kConcern = 7;

class Run {
 public:
  explicit Run(const Scenario& scenario)
      : scenario_(scenario),
        world_(scenario.seed, scenario.plan),
        faults_(world_),
        random_(world_.engine().random_for(kConcern)) {}

  ScenarioResult run();

 private:
  void schedule(const ScenarioTraffic& traffic);
  void schedule(const ScenarioFault& fault);
  void happen(const ScenarioFault& fault);
  void sample();
  [[nodiscard]] double paths_known();
  void collect();

  const Scenario& scenario_;
  World world_;
  Faults faults_;
  SeededRandom random_;
  ScenarioResult out_;
  std::uint64_t bytes_before_ = 0;
  std::vector<Duration> air_before_;
};

void Run::schedule(const ScenarioTraffic& traffic) {
  const Duration until = std::min(traffic.until, scenario_.duration);
  for (const HostId from : traffic.from) {
    for (Duration at = traffic.start + random_.jitter(traffic.every); at < until;
         at += traffic.every) {
      std::vector<HostId> others = traffic.to;
      std::erase(others, from);
      if (others.empty()) continue;
      const HostId to = others[random_.below(others.size())];
      world_.at(Time{at}, EventKind::kTraffic, [this, from, to, bytes = traffic.bytes] {
        world_.traffic().send(world_.host(from), world_.host(to), bytes);
      });
    }
  }
}

void Run::schedule(const ScenarioFault& fault) {
  world_.at(Time{fault.at}, EventKind::kFault, [this, &fault] { happen(fault); });
}

void Run::happen(const ScenarioFault& fault) {
  for (const LinkNumber link : fault.links)
    faults_.cut(link, fault.span);
  for (const HostId node : fault.nodes) {
    switch (fault.fault) {
      case Fault::kKill:
        faults_.restart(node, Ending::kKilled, fault.span);
        break;
      case Fault::kPowerLoss:
        faults_.restart(node, Ending::kPowerLost, fault.span);
        break;
      case Fault::kRestart:
        faults_.restart(node, Ending::kStopped, fault.span);
        break;
      case Fault::kPause:
        world_.engine().pause(node, world_.now() + fault.span);
        break;
      default:
        faults_.unplug(node, fault.span);
    }
  }
}

double Run::paths_known() {
  std::size_t pairs = 0, known = 0;
  for (HostId from = 0; from < world_.hosts(); ++from) {
    for (HostId to = 0; to < world_.hosts(); ++to) {
      if (from == to) continue;
      ++pairs;
      Host& host = world_.host(from);
      if (host.running() && host.node().router().path(world_.host(to).address())) ++known;
    }
  }
  return pairs == 0 ? 1 : static_cast<double>(known) / static_cast<double>(pairs);
}

void Run::sample() {
  Sample one;
  one.at = world_.now();
  one.paths_known = paths_known();
  if (one.paths_known >= 1 && !out_.converged) out_.converged = one.at;
  const double span = to_seconds(scenario_.duration) / kSamples;
  std::uint64_t bytes = 0;
  for (LinkNumber i = 0; i < world_.internet().links(); ++i) {
    const auto& sent = world_.internet().link(i).bytes_sent;
    bytes += sent[0] + sent[1];
  }
  one.line_bps = static_cast<double>(bytes - bytes_before_) * 8 / span;
  bytes_before_ = bytes;
  air_before_.resize(world_.air().channels());
  for (std::size_t i = 0; i < world_.air().channels(); ++i) {
    auto& emulator = world_.air().channel(i);
    Duration busy{};
    for (std::size_t node = 0; node < emulator.nodes(); ++node)
      busy += emulator.totals(node).airtime;
    one.air_busy = std::max(one.air_busy, to_seconds(busy - air_before_[i]) / span);
    air_before_[i] = busy;
  }
  out_.samples.push_back(one);
}

void Run::collect() {
  for (HostId i = 0; i < world_.hosts(); ++i)
    out_.nodes.push_back(world_.host(i).name());
  out_.letters = world_.traffic().letters();
  for (LinkNumber i = 0; i < world_.internet().links(); ++i) {
    const Link& link = world_.internet().link(i);
    out_.links.push_back({out_.nodes[link.host(0)] + " - " + out_.nodes[link.host(1)],
                          link.bytes_sent[0] + link.bytes_sent[1], link.datagrams, link.lost});
  }
  for (std::size_t i = 0; i < world_.air().channels(); ++i) {
    auto& emulator = world_.air().channel(i);
    for (std::size_t node = 0; node < emulator.nodes(); ++node) {
      const auto& totals = emulator.totals(node);
      std::uint64_t lost = 0;
      for (const std::uint64_t each : totals.frames_lost)
        lost += each;
      const auto host = std::stoul(emulator.name(node).substr(1));
      out_.radios.push_back({out_.nodes[host], totals.frames_sent, totals.bytes_sent,
                             totals.frames_received, lost, totals.airtime});
    }
  }
  out_.events = world_.engine().trace().events();
  out_.trace = world_.engine().trace().hash();
  out_.breach = world_.watch().broken();
}

ScenarioResult Run::run() {
  world_.watch().set_calm_since(Time{scenario_.duration});  // the file says when what is wrong
  world_.boot();
  for (const auto& traffic : scenario_.traffic)
    schedule(traffic);
  for (const auto& fault : scenario_.faults)
    schedule(fault);
  for (int i = 1; i <= kSamples; ++i) {
    if (!world_.run_until(Time{scenario_.duration * i / kSamples})) break;
    sample();
  }
  collect();
  return std::move(out_);
}

}  // namespace

ScenarioResult run_scenario(const Scenario& scenario) {
  return Run(scenario).run();
}

}  // namespace mehr::mehr_sim
