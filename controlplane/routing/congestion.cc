// Signals out, signals in, and the price.
#include "controlplane/routing/congestion.h"

#include <algorithm>

#include "controlplane/routing/path_costs.h"

namespace mehr::routing {
namespace {

using wire::CongestionSeverity;

constexpr Duration kSignalInterval = 1s;
constexpr Duration kFeederLife = 5s;
constexpr Duration kSignalLife = 5s;
constexpr Duration kSignalLeast = 100ms;
constexpr Duration kPatience = 30s;  // SC-32
constexpr double kStep = 0.125;      // what is reported at all; also the way down
constexpr double kDearFrom = 0.5;

std::optional<CongestionSeverity> level_of(double occupancy) {
  if (occupancy > 0.9) return CongestionSeverity::kSaturated;
  if (occupancy > 0.75) return CongestionSeverity::kSevere;
  if (occupancy > 0.5) return CongestionSeverity::kModerate;
  return std::nullopt;
}

/// Up at once, down an eighth later.
std::optional<CongestionSeverity> next_level(std::optional<CongestionSeverity> now,
                                             double occupancy) {
  const auto up = level_of(occupancy);
  const auto down = level_of(std::min(occupancy + kStep, 1.0));
  if (up > now) return up;
  return std::min(now, down);
}

void reprice(Node& node, HopState& hop) {
  const bool dear = hop.occupancy > (hop.factor > 1 ? kDearFrom - kStep : kDearFrom);
  const double wanted = dear ? 1 + hop.occupancy * hop.occupancy : 1;
  const double change = wanted > hop.factor ? wanted - hop.factor : hop.factor - wanted;
  if (change < hop.factor * kStep && !(wanted == 1 && hop.factor > 1)) return;
  hop.factor = wanted;
  if (node.config.price_umhr_per_mib > 0) costs_changed(node);
}

bool everything_congested(const Node& node) {
  return std::all_of(node.interfaces.begin(), node.interfaces.end(), [](const auto& each) {
    return !each.second->traits.outgoing || each.second->hop.level;
  });
}

void signal_feeders(Node& node, Interface& to, Time now) {
  wire::CongestionSignal signal;
  signal.severity = *to.hop.level;
  signal.scope = everything_congested(node) ? wire::CongestionScope::kAllOutbound
                                            : wire::CongestionScope::kThisLink;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(to.hop.drain).count();
  signal.drain_ms = static_cast<std::uint16_t>(std::clamp<std::int64_t>(ms, 0, 65'535));
  const Bytes body = wire::encode_congestion(signal);
  for (auto it = to.hop.feeders.begin(); it != to.hop.feeders.end();) {
    const Interface* feeder = node.interfaces.find(it->first);
    if (feeder == nullptr || now > it->second + kFeederLife) {
      it = to.hop.feeders.erase(it);
      continue;
    }
    node.counters.add(Counter::kControlCongestionSent);
    node.sink.control(feeder->id, wire::HopControl::kCongestion, body);
    ++it;
  }
  to.hop.signalled = now;
}

}  // namespace

void queue_moved(Node& node, InterfaceId id, double occupancy, Duration drain, Time now) {
  Interface* interface = node.interfaces.find(id);
  if (interface == nullptr || !(occupancy >= 0)) return;
  HopState& hop = interface->hop;
  hop.occupancy = std::min(occupancy, 1.0);
  hop.drain = drain;
  const auto before = hop.level;
  hop.level = next_level(hop.level, hop.occupancy);
  reprice(node, hop);
  if (hop.level > before) signal_feeders(node, *interface, now);
}

void repeat_congestion(Node& node, Interface& to, Time now) {
  if (!to.hop.level) return;
  if (to.hop.signalled && now < *to.hop.signalled + kSignalInterval) return;
  signal_feeders(node, to, now);
}

void receive_congestion(Node& node, Interface& from, ByteView body, Time now) {
  const auto signal = wire::decode_congestion(body);
  if (!signal) return node.counters.add(Counter::kControlMalformed);
  HopState& hop = from.hop;
  if (now < hop.doubted_until) return node.counters.add(Counter::kControlIgnored);
  if (now > hop.theirs_until + kSignalInterval) hop.theirs_since = now;
  // Somebody who starves us on purpose looks like this: congested for long, and nothing waits here.
  if (now > hop.theirs_since + kPatience && hop.occupancy < kStep) {
    hop.doubted_until = now + kPatience;
    hop.theirs.reset();
    hop.theirs_until = now;
    return node.counters.add(Counter::kControlCongestionDoubted);
  }
  Duration life = std::chrono::milliseconds{signal->drain_ms};
  if (life == Duration::zero()) life = kSignalLife;
  hop.theirs = signal->severity;
  hop.theirs_until = now + std::clamp(life, kSignalLeast, kSignalLife);
  node.counters.add(Counter::kControlCongestionHeard);
}

}  // namespace mehr::routing
