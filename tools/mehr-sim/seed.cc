// The phases of a seed. What it draws is in draw.cc. See seed.h.
#include "tools/mehr-sim/seed.h"

#include <memory>

namespace mehr::mehr_sim {
namespace {

constexpr std::uint64_t kConcern = 6;
constexpr Duration kQuiet = 90s;         // at first, everybody finds everybody
constexpr Duration kSafetyEnds = 40min;  // then things break
constexpr Duration kSettle = 11min;      // after healing: everybody announces itself once
constexpr Duration kAnnounced = 10min;   // of which this is more than the longest announce interval
constexpr Duration kLetters = 3min;      // the last messages are written in this time
constexpr Duration kPatience = 15min;    // and must be through

class SeedRun {
 public:
  SeedRun(std::uint64_t seed, const SeedOptions& options)
      : seed_(seed),
        insiders_(options.insiders),
        random_(Engine(seed).random_for(kConcern)),
        plan_(draw_plan(random_)) {
    for (HostSettings& host : plan_.hosts)
      host.acknowledge_early = options.acknowledge_early;
    world_ = std::make_unique<World>(seed, plan_);
    if (options.trace) world_->engine().trace().set_listener(options.trace);
    faults_ = std::make_unique<Faults>(*world_);
    if (options.look) {
      world_->at(options.look_at, EventKind::kControl,
                 [this, look = options.look] { look(*world_); });
    }
  }

  SeedResult run();

 private:
  void write_letters(Time from, Time until, Duration mean, bool must_arrive);
  void judge();

  std::uint64_t seed_;
  bool insiders_;
  SeededRandom random_;
  Plan plan_;
  std::unique_ptr<World> world_;
  std::unique_ptr<Faults> faults_;
};

void SeedRun::write_letters(Time from, Time until, Duration mean, bool must_arrive) {
  const std::size_t hosts = world_->hosts();
  for (HostId host = 0; host < hosts; ++host) {
    Time next = from + random_.jitter(mean);
    while (next < until) {
      const auto to = static_cast<HostId>((host + 1 + random_.below(hosts - 1)) % hosts);
      const std::size_t bytes =
          random_.below(12) == 0 ? 400 + random_.below(3'000) : 20 + random_.below(180);
      world_->at(next, EventKind::kTraffic, [this, host, to, bytes, must_arrive] {
        world_->traffic().send(world_->host(host), world_->host(to), bytes, must_arrive);
      });
      next += mean / 2 + random_.jitter(mean);
    }
  }
}

SeedResult SeedRun::run() {
  const Time heal = Time{kSafetyEnds};
  const Time letters = heal + kSettle;
  const Time end = letters + kLetters + kPatience;
  world_->boot();
  world_->watch().set_calm_since(heal + kAnnounced);
  faults_->schedule(Faults::draw(random_), Time{kQuiet}, heal, insiders_);
  write_letters(Time{kQuiet / 2}, heal, 60s + random_.jitter(240s), false);
  world_->at(heal, EventKind::kFault, [this] { faults_->heal(); });
  write_letters(letters, letters + kLetters, 90s, true);
  if (world_->run_until(end)) judge();

  SeedResult result;
  result.seed = seed_;
  result.hosts = world_->hosts();
  result.links = plan_.links.size();
  result.radios = plan_.radios.size();
  result.virtual_time = world_->now() - Time{};
  result.events = world_->engine().trace().events();
  result.trace = world_->engine().trace().hash();
  result.traffic = world_->traffic().totals();
  result.letters = world_->traffic().letters();
  result.faults = faults_->injected();
  result.insiders = faults_->insiders().begun();
  result.deceits = faults_->insiders().told();
  result.lies = faults_->liars().told;
  for (HostId i = 0; i < world_->hosts(); ++i) {
    const auto counters = world_->host(i).all_counters();
    for (std::size_t k = 0; k < counters.size(); ++k)
      result.counters[k] += counters[k];
  }
  result.hop_bins = world_->hop_mix().pooled();
  result.all_hop_bins = world_->hop_mix().everything();
  result.link_bins = world_->hop_mix().links();
  result.checks = world_->watch().checks;
  result.loops_seen = world_->watch().loops_seen;
  result.breach = world_->watch().broken();
  if (result.breach) result.tail = world_->engine().trace().tail();
  return result;
}

// What has to be true at the end, when nothing is wrong any more.
void SeedRun::judge() {
  Watch& watch = world_->watch();
  for (const Letter& letter : world_->traffic().letters()) {
    const std::string who = world_->host(letter.from).name() + " to " +
                            world_->host(letter.to).name() + ", written at " +
                            std::to_string(to_seconds(letter.sent.time_since_epoch())) + " s";
    if (letter.delivered) {
      watch.check_durable(letter);
    } else if (letter.must_arrive) {
      watch.breach("everything arrives once nothing is wrong",
                   "a message from " + who + " is not proved: " +
                       (letter.reason.empty() ? "still waiting" : letter.reason));
    } else if (!letter.finished()) {
      watch.breach(
          "everything pending completes",
          "a message from " + who + " is neither delivered nor given up: " + letter.reason);
    }
  }
  if (world_->traffic().totals().delivered == 0) {
    watch.breach("something is delivered", "no message was proved in the whole run");
  }
}

}  // namespace

SeedResult run_seed(std::uint64_t seed, const SeedOptions& options) {
  return SeedRun(seed, options).run();
}

std::string describe(const SeedResult& result) {
  if (!result.breach) return "seed " + std::to_string(result.seed) + ": all invariants held\n";
  return "seed " + std::to_string(result.seed) + " broke: " + result.breach->invariant + "\n  at " +
         std::to_string(to_seconds(result.breach->at.time_since_epoch())) +
         " s: " + result.breach->detail + "\n  see it again: mehr-sim seed " +
         std::to_string(result.seed) + " --trace\n  just before:\n" + result.tail;
}

}  // namespace mehr::mehr_sim
