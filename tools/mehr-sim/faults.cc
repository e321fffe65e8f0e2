// Doing and undoing. See faults.h.
#include "tools/mehr-sim/faults.h"

#include <algorithm>
#include <utility>

namespace mehr::mehr_sim {
namespace {

constexpr std::uint64_t kConcern = 5;
constexpr Duration kTenYears = 24h * 3'650;

std::uint64_t microseconds(Duration span) {
  return static_cast<std::uint64_t>(span.count());
}

}  // namespace

std::string_view fault_name(Fault fault) {
  static constexpr std::array<std::string_view, kFaults> kNames{
      "cut",        "flap",       "one-way", "partition", "loss",       "duplicate",   "reorder",
      "corrupt",    "slow",       "late",    "mtu",       "black-hole", "rebind",      "pause",
      "kill",       "power-loss", "restart", "slow-disk", "full-disk",  "broken-disk", "rot-cache",
      "lose-cache", "clock-jump", "unplug",  "jam",       "liar"};
  return kNames[static_cast<std::size_t>(fault)];
}

Faults::Faults(World& world)
    : world_(world),
      random_(world.engine().random_for(kConcern)),
      liars_(world.engine()),
      insiders_(world) {
  Internet& internet = world_.internet();
  for (LinkNumber i = 0; i < internet.links(); ++i) {
    planned_.push_back({internet.link(i).quality(0), internet.link(i).quality(1)});
  }
}

FaultMix Faults::draw(Random& random) {
  FaultMix mix{};
  if (random.below(4) == 0) {
    mix[random.below(kFaults)] = static_cast<std::uint32_t>(20 + random.below(100));
    return mix;
  }
  for (std::uint32_t& rate : mix) {
    if (random.below(3) == 0) rate = static_cast<std::uint32_t>(1 + random.below(12));
  }
  return mix;
}

Duration Faults::draw_span(Duration shortest, Duration longest) {
  return shortest + random_.jitter(longest - shortest);
}

void Faults::schedule(const FaultMix& mix, Time from, Time until, bool insiders) {
  for (std::size_t i = 0; i < kFaults; ++i) {
    const std::uint64_t times = mix[i] * microseconds(until - from) / microseconds(1h);
    for (std::uint64_t n = 0; n < times; ++n) {
      world_.at(from + random_.jitter(until - from), EventKind::kFault,
                [this, fault = static_cast<Fault>(i)] { inject(fault); });
    }
  }
  if (insiders) insiders_.schedule(from, until);
  if (mix[static_cast<std::size_t>(Fault::kLiar)] == 0) return;
  world_.internet().set_tamper([this](HostId host, ByteView data, bool stream) {
    return liars_.tamper(host, data, stream);
  });
}

bool Faults::inject(Fault fault) {
  const bool done = fault <= Fault::kRebind      ? link_fault(fault)
                    : fault <= Fault::kClockJump ? host_fault(fault)
                                                 : air_fault(fault);
  if (done) ++injected_[static_cast<std::size_t>(fault)];
  return done;
}

void Faults::undo_after(Duration span, std::function<void()> undo) {
  world_.at(world_.now() + span, EventKind::kFault, std::move(undo));
}

void Faults::restore_link(LinkNumber number) {
  Internet& internet = world_.internet();
  for (unsigned side : {0U, 1U}) {
    internet.set_up(number, side, true);
  }
  internet.set_quality(number, planned_[number]);
}

void Faults::cut(LinkNumber number, Duration span) {
  for (unsigned side : {0U, 1U})
    world_.internet().set_up(number, side, false);
  undo_after(span, [this, number] { restore_link(number); });
}

void Faults::flap(LinkNumber number, int times) {
  if (times == 0) return;
  cut(number, draw_span(500ms, 4s));
  undo_after(draw_span(5s, 9s), [this, number, times] { flap(number, times - 1); });
}

// Every host is on one of two sides; what connects the sides is cut.
void Faults::partition(Duration span) {
  std::vector<bool> side;
  for (std::size_t i = 0; i < world_.hosts(); ++i)
    side.push_back(random_.below(2) == 0);
  for (LinkNumber i = 0; i < world_.internet().links(); ++i) {
    const Link& link = world_.internet().link(i);
    if (side[link.host(0)] != side[link.host(1)]) cut(i, span);
  }
}

bool Faults::link_fault(Fault fault) {
  Internet& internet = world_.internet();
  if (internet.links() == 0) return false;
  const auto number = static_cast<LinkNumber>(random_.below(internet.links()));
  switch (fault) {
    case Fault::kCut:
      cut(number, draw_span(2s, 5min));
      return true;
    case Fault::kFlap:
      flap(number, static_cast<int>(2 + random_.below(8)));
      return true;
    case Fault::kOneWay:
      internet.set_up(number, static_cast<unsigned>(random_.below(2)), false);
      undo_after(draw_span(2s, 3min), [this, number] { restore_link(number); });
      return true;
    case Fault::kPartition:
      partition(draw_span(10s, 6min));
      return true;
    case Fault::kRebind:
      if (!internet.has_nat(number)) return false;
      internet.rebind(number);
      return true;
    default:
      return spoil_quality(fault, number);
  }
}

bool Faults::spoil_quality(Fault fault, LinkNumber number) {
  const auto share = static_cast<std::uint32_t>(10'000 + random_.below(490'000));
  const Duration delay = draw_span(500ms, 4s);
  const std::uint64_t rate = 300 + random_.below(9'300);
  const std::size_t mtu = std::array<std::size_t, 3>{1'280, 1'400, 576}[random_.below(3)];
  const Link& link = world_.internet().link(number);
  std::array<LinkQuality, 2> spoilt{link.quality(0), link.quality(1)};
  for (LinkQuality& quality : spoilt) {
    switch (fault) {
      case Fault::kLoss:
        quality.loss_ppm = share;
        break;
      case Fault::kDuplicate:
        quality.duplicate_ppm = share;
        break;
      case Fault::kReorder:
        quality.reorder_ppm = share;
        break;
      case Fault::kCorrupt:
        quality.corrupt_ppm = share / 5;
        break;
      case Fault::kSlow:
        quality.bandwidth_bps = rate;
        break;
      case Fault::kLate:
        quality.latency = delay;
        break;
      case Fault::kBlackHole:
        quality.says_too_big = false;
        [[fallthrough]];
      case Fault::kMtu:
        quality.mtu = mtu;
        break;
      default:
        return false;
    }
  }
  world_.internet().set_quality(number, spoilt);
  undo_after(draw_span(10s, 5min), [this, number] { restore_link(number); });
  return true;
}

void Faults::restart(HostId host, Ending ending, Duration away) {
  world_.end_host(host, ending);
  undo_after(away, [this, host, ending] {
    Host& one = world_.host(host);
    if (one.running()) return;
    if (ending == Ending::kPowerLost) one.clock().restart(world_.now(), draw_span(1s, 30s));
    one.boot();
  });
}

bool Faults::host_fault(Fault fault) {
  const auto victim = static_cast<HostId>(random_.below(world_.hosts()));
  Host& host = world_.host(victim);
  if (!host.running()) return false;
  switch (fault) {
    case Fault::kPause:
      world_.engine().pause(victim, world_.now() + draw_span(1ms, 60s));
      return true;
    case Fault::kRotCache:
    case Fault::kLoseCache:
      fault == Fault::kRotCache ? static_cast<void>(host.disk().damage_cache(random_))
                                : host.disk().lose_cache();
      [[fallthrough]];
    case Fault::kKill:
      restart(victim, Ending::kKilled, draw_span(100ms, 2min));
      return true;
    case Fault::kPowerLoss:
      restart(victim, Ending::kPowerLost, draw_span(10s, 4min));
      return true;
    case Fault::kRestart:
      restart(victim, Ending::kStopped, draw_span(100ms, 5s));
      return true;
    case Fault::kSlowDisk:
      host.disk().sync_max = draw_span(100ms, 5s);
      undo_after(draw_span(10s, 3min), [&host] { host.disk().sync_max = 20ms; });
      return true;
    case Fault::kFullDisk:
    case Fault::kBrokenDisk:
      host.disk().state = fault == Fault::kFullDisk ? DiskState::kFull : DiskState::kBroken;
      undo_after(draw_span(5s, 3min), [&host] { host.disk().state = DiskState::kGood; });
      return true;
    case Fault::kClockJump:
      host.clock().jump_wall(random_.jitter(2 * kTenYears) - kTenYears);
      return true;
    default:
      return false;
  }
}

bool Faults::air_fault(Fault fault) {
  if (fault == Fault::kLiar) {
    const auto victim = static_cast<HostId>(random_.below(world_.hosts()));
    liars_.begin(victim, static_cast<Lie>(random_.below(kLies)));
    world_.watch().set_liar(victim, true);
    undo_after(draw_span(20s, 5min), [this, victim] { liars_.end(victim); });
    return true;
  }
  if (world_.air().channels() == 0) return false;
  const std::size_t channel = random_.below(world_.air().channels());
  if (fault == Fault::kJam) {
    world_.air().set_loss(channel, 0.5);
    undo_after(draw_span(10s, 3min), [this, channel] { world_.air().set_loss(channel, 0); });
    return true;
  }
  const auto hosts = world_.air().hosts_on(channel);
  const HostId victim = hosts[random_.below(hosts.size())];
  unplug(victim, draw_span(1s, 2min));
  return true;
}

void Faults::unplug(HostId host, Duration span) {
  world_.air().set_plugged(host, false);
  undo_after(span, [this, host] { world_.air().set_plugged(host, true); });
}

void Faults::heal() {
  for (LinkNumber i = 0; i < world_.internet().links(); ++i)
    restore_link(i);
  liars_.end_all();
  insiders_.end_all();
  for (std::size_t i = 0; i < world_.air().channels(); ++i)
    world_.air().set_loss(i, 0);
  for (HostId i = 0; i < world_.hosts(); ++i) {
    Host& host = world_.host(i);
    host.disk().state = DiskState::kGood;
    host.disk().sync_max = 20ms;
    host.clock().set_right();
    world_.engine().pause(i, world_.now());
    world_.air().set_plugged(i, true);
    world_.watch().set_liar(i, false);
    if (!host.running()) host.boot();
  }
}

}  // namespace mehr::mehr_sim
