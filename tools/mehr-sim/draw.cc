// Networks drawn from randomness: a tree with shortcuts, of lines from 1,200 bit/s to 10 Gbit/s,
// and in some of them a radio channel with hosts that have nothing else. See seed.h.
#include <array>

#include "tools/mehr-sim/seed.h"

namespace mehr::mehr_sim {
namespace {

std::size_t draw_hosts(Random& random) {
  const std::uint64_t kind = random.below(20);
  if (kind == 0) return 17 + random.below(14);
  if (kind < 5) return 12 + random.below(5);
  return 8 + random.below(4);
}

LinkQuality draw_quality(Random& random) {
  static constexpr std::array<std::uint64_t, 7> kRates{
      64'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000, 10'000'000'000, 256'000};
  LinkQuality out;
  out.latency = 1ms + random.jitter(random.below(5) == 0 ? 300ms : 40ms);
  out.jitter = random.jitter(out.latency / 4 + 1ms);
  out.bandwidth_bps = kRates[random.below(kRates.size())];
  if (random.below(3) == 0) out.loss_ppm = static_cast<std::uint32_t>(random.below(20'000));
  return out;
}

LinkPlan draw_link(HostId a, HostId b, Random& random) {
  LinkPlan out;
  out.a = a;
  out.b = b;
  static constexpr std::array<Carrier, 8> kCarriers{
      Carrier::kHopUdp, Carrier::kHopUdp, Carrier::kHopUdp, Carrier::kHopTcp,
      Carrier::kHopTcp, Carrier::kTcp,    Carrier::kTcp,    Carrier::kUdp};
  out.carrier = kCarriers[random.below(kCarriers.size())];
  out.quality = draw_quality(random);
  out.nat = out.carrier != Carrier::kUdp && random.below(5) == 0;
  return out;
}

HostSettings draw_host(HostId id, Random& random) {
  HostSettings out;
  out.name = "n" + std::to_string(id);
  out.config.node_name = out.name;
  out.config.announce_interval_s = static_cast<std::uint32_t>(300 + random.below(240));
  // Whoever lets gateways announce this often tells its relays not to mind.
  out.interface.announce_rate_target_s = 0;
  out.interface.recursive_path_requests = random.below(4) != 0;
  out.drift_ppm = static_cast<std::int64_t>(random.below(401)) - 200;
  out.uptime = random.jitter(24h * 30);
  return out;
}

}  // namespace

Plan draw_plan(Random& random) {
  Plan plan;
  const auto hosts = static_cast<HostId>(draw_hosts(random));
  const bool radio = random.below(4) == 0;
  const auto wireless = static_cast<HostId>(radio ? 1 + random.below(2) : 0);
  for (HostId i = 0; i < hosts; ++i)
    plan.hosts.push_back(draw_host(i, random));
  const HostId wired = hosts - wireless;
  for (HostId i = 1; i < wired; ++i) {
    plan.links.push_back(draw_link(i, static_cast<HostId>(random.below(i)), random));
  }
  for (HostId i = 0; i < wired / 3; ++i) {
    const auto a = static_cast<HostId>(random.below(wired));
    const auto b = static_cast<HostId>(random.below(wired));
    if (a != b) plan.links.push_back(draw_link(a, b, random));
  }
  if (radio) {
    RadioPlan air;
    air.hosts.push_back(static_cast<HostId>(random.below(wired)));
    for (HostId i = wired; i < hosts; ++i)
      air.hosts.push_back(i);
    plan.radios.push_back(air);
  }
  return plan;
}

}  // namespace mehr::mehr_sim
