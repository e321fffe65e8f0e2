// Putting a network together and letting it run. See world.h.
#include "tools/mehr-sim/world.h"

#include <algorithm>
#include <utility>

namespace mehr::mehr_sim {
namespace {

constexpr std::uint16_t kTcpPort = 4'242;
constexpr std::uint16_t kUdpPort = 5'000;
constexpr std::uint16_t kHopUdpPort = 4'343;
constexpr std::uint16_t kHopTcpPort = 4'344;
constexpr Duration kBootSpread = 5s;
constexpr Duration kLookEvery = 10s;
constexpr std::uint64_t kConcern = 3;

config::InterfaceConfig& add(HostSettings& host, std::string name, config::InterfaceKind kind) {
  config::InterfaceConfig one = host.interface;
  one.name = std::move(name);
  one.kind = kind;
  host.config.interfaces.push_back(std::move(one));
  return host.config.interfaces.back();
}

config::InterfaceConfig* find(HostSettings& host, const std::string& name) {
  const auto found =
      std::ranges::find(host.config.interfaces, name, &config::InterfaceConfig::name);
  return found == host.config.interfaces.end() ? nullptr : &*found;
}

// One hop interface a transport serves all neighbours of a host.
config::InterfaceConfig& hop_interface(HostSettings& host, Carrier carrier) {
  const bool udp = carrier == Carrier::kHopUdp;
  const std::string name = udp ? "hop" : "hoptcp";
  if (auto* found = find(host, name)) return *found;
  auto& made = add(host, name, config::InterfaceKind::kHop);
  made.listen_port = udp ? kHopUdpPort : kHopTcpPort;
  made.hop.transport = udp ? "udp" : "tcp";
  made.hop.allow = "any";
  return made;
}

// What an operator of a slow line would write.
void set_rate(config::InterfaceConfig& one, const LinkQuality& quality) {
  if (quality.bandwidth_bps < 10'000'000) one.bitrate_bps = quality.bandwidth_bps;
}

}  // namespace

World::World(std::uint64_t seed, const Plan& plan)
    : engine_(seed), internet_(engine_), air_(engine_), traffic_(engine_), watch_(engine_) {
  Plan ours = plan;
  for (const LinkPlan& link : ours.links) {
    const LinkNumber number = internet_.add_link(link.a, link.b, link.quality);
    watch_.add_link(link.a, link.b);
    if (link.nat) internet_.set_nat(number, 0);
  }
  add_interfaces(ours);
  for (HostSettings& settings : ours.hosts) {
    hosts_.push_back(std::make_unique<Host>(
        engine_, internet_, air_, std::move(settings),
        [this](HostId host, const endpoint::Message& one) { message(host, one); }));
    watch_.add_host(*hosts_.back());
    hosts_.back()->set_news({[this](HostId host) { watch_.neighbours_changed(host); },
                             [this](const DestinationHash& to) { watch_.path_changed(to); }});
    hosts_.back()->set_heard(
        [this](HostId host, std::optional<IdentityHash> neighbour, ByteView raw) {
          hop_mix_.heard(host, hosts_[host]->address(), neighbour, raw);
          if (ear_) ear_(host, raw);
        });
  }
  for (std::size_t i = 0; i < ours.radios.size(); ++i) {
    const std::size_t channel = air_.add_channel();
    for (const HostId host : ours.radios[i].hosts)
      air_.add_radio(channel, host, "/dev/radio" + std::to_string(i));
    if (ours.radios[i].loss > 0) air_.set_loss(channel, ours.radios[i].loss);
  }
  internet_.set_tap([this](HostId from, HostId to, ByteView data, bool stream) {
    watch_.check_frame(from, to, data, stream);
  });
  engine_.set_after_event([this](HostId host) { watch_.after_event(host); });
}

World::~World() {
  engine_.set_after_event(nullptr);
}

void World::add_interfaces(Plan& plan) {
  for (std::size_t i = 0; i < plan.links.size(); ++i) {
    const LinkPlan& link = plan.links[i];
    const auto number = static_cast<LinkNumber>(i);
    HostSettings& a = plan.hosts[link.a];
    HostSettings& b = plan.hosts[link.b];
    const std::string name = "link" + std::to_string(i);
    if (is_hop(link.carrier)) {
      auto& dialing = hop_interface(a, link.carrier);
      dialing.hop.peers.push_back(
          address_of(number, 1) + ":" +
          std::to_string(link.carrier == Carrier::kHopUdp ? kHopUdpPort : kHopTcpPort));
      hop_interface(b, link.carrier);
      continue;
    }
    if (link.carrier == Carrier::kTcp) {
      if (find(b, "server") == nullptr)
        add(b, "server", config::InterfaceKind::kTcpServer).listen_port = kTcpPort;
      auto& client = add(a, name, config::InterfaceKind::kTcpClient);
      client.connect_host = address_of(number, 1);
      client.connect_port = kTcpPort;
      set_rate(client, link.quality);
      continue;
    }
    const auto port = static_cast<std::uint16_t>(kUdpPort + i);
    for (unsigned side : {0U, 1U}) {
      auto& udp = add(side == 0 ? a : b, name, config::InterfaceKind::kUdp);
      udp.listen_port = port;
      udp.connect_host = address_of(number, 1 - side);
      udp.connect_port = port;
      set_rate(udp, link.quality);
    }
  }
  for (std::size_t i = 0; i < plan.radios.size(); ++i) {
    for (const HostId host : plan.radios[i].hosts) {
      auto& radio =
          add(plan.hosts[host], "radio" + std::to_string(i), config::InterfaceKind::kRnode);
      const auto& modulation = plan.radios[i].modulation;
      radio.device = "/dev/radio" + std::to_string(i);
      radio.radio.frequency_hz = modulation.frequency_hz;
      radio.radio.bandwidth_hz = modulation.bandwidth_hz;
      radio.radio.spreading_factor = modulation.spreading_factor;
      radio.radio.coding_rate = modulation.coding_rate;
      radio.radio.tx_power_dbm = 14;
    }
  }
}

void World::boot() {
  SeededRandom random = engine_.random_for(kConcern);
  for (const auto& host : hosts_) {
    at(now() + random.jitter(kBootSpread), EventKind::kBoot, [one = host.get()] { one->boot(); });
  }
  at(now() + kLookEvery, EventKind::kControl, [this] { look(); });
}

void World::look() {
  watch_.check_loops();
  at(now() + kLookEvery, EventKind::kControl, [this] { look(); });
}

void World::at(Time when, EventKind kind, std::function<void()> work) {
  engine_.at(when, {kNobody, 0, kind, {}, [work = std::move(work)](ByteView) { work(); }});
}

void World::end_host(HostId id, Ending ending) {
  Host& one = *hosts_[id];
  if (!one.running()) return;
  one.end(ending);
  traffic_.host_died(one);
}

void World::message(HostId host, const endpoint::Message& message) {
  if (const Letter* delivered = traffic_.heard(host, message)) watch_.check_durable(*delivered);
}

bool World::run_until(Time limit) {
  while (!watch_.broken() && engine_.step(limit)) {
  }
  if (!watch_.broken()) engine_.run_until(limit);
  return !watch_.broken();
}

std::optional<Duration> World::run_until(const std::function<bool()>& done, Duration limit,
                                         Duration step) {
  const Time start = now();
  while (!done()) {
    if (now() - start >= limit || !run_for(step)) return std::nullopt;
  }
  return now() - start;
}

bool World::converged() {
  for (const auto& from : hosts_) {
    if (!from->running()) return false;
    for (const auto& to : hosts_) {
      if (to == from) continue;
      if (from->node().router().path(to->address()) == nullptr) return false;
    }
  }
  return true;
}

}  // namespace mehr::mehr_sim
