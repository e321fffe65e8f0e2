// The router's face: hands every call to the handler it concerns and keeps the timers together.
#include "controlplane/routing/router.h"

#include <algorithm>

#include "controlplane/routing/announce_outbound.h"
#include "controlplane/routing/choice.h"
#include "controlplane/routing/congestion.h"
#include "controlplane/routing/control_inbound.h"
#include "controlplane/routing/flow_of.h"
#include "controlplane/routing/inbound.h"
#include "controlplane/routing/lifecycle.h"
#include "controlplane/routing/node.h"
#include "controlplane/routing/originate.h"
#include "controlplane/routing/path_costs.h"
#include "controlplane/routing/request_inbound.h"
#include "controlplane/routing/too_big.h"
#include "controlplane/routing/tunnel_inbound.h"

namespace mehr::routing {

class Router::Impl {
 public:
  Impl(RouterConfig config, RouterSink& sink, Random& random, border::Counters& counters)
      : node(std::move(config), sink, random, counters) {}

  /// Remembers how far time has come, for the calls that are not told.
  void at(Time now) { node.latest = std::max(node.latest, now); }

  Node node;
};

Router::Router(RouterConfig config, RouterSink& sink, Random& random, border::Counters& counters)
    : impl_(std::make_unique<Impl>(std::move(config), sink, random, counters)) {}
Router::~Router() = default;

void Router::interface_up(InterfaceId id, const InterfaceTraits& traits, Time now) {
  impl_->at(now);
  if (impl_->node.interfaces.find(id) != nullptr) {
    interface_changed(id, traits, now);
    return;
  }
  bring_up(impl_->node, id, traits, now);
}

void Router::interface_changed(InterfaceId id, const InterfaceTraits& traits, Time now) {
  impl_->at(now);
  Interface* interface = impl_->node.interfaces.find(id);
  if (interface == nullptr) return;
  impl_->node.interfaces.change(*interface, traits);
  if (impl_->node.mehr) costs_changed(impl_->node);
}

void Router::interface_down(InterfaceId id, Time now) {
  impl_->at(now);
  take_down(impl_->node, id, now);
}

std::vector<InterfaceId> Router::take_out_of_step() {
  auto& those = impl_->node.costs.out_of_step;
  std::vector<InterfaceId> taken(those.begin(), those.end());
  those.clear();
  return taken;
}

void Router::receive(InterfaceId from, ByteView raw, const SignalReport& signal, Time now,
                     wire::HopClass traffic) {
  impl_->at(now);
  receive_packet(impl_->node, from, raw, signal, now, traffic);
}

void Router::receive_control(InterfaceId from, wire::HopControl type, ByteView body, Time now) {
  impl_->at(now);
  receive_control_record(impl_->node, from, type, body, now);
}

void Router::queue_changed(InterfaceId interface, double occupancy, Duration drain, Time now) {
  impl_->at(now);
  queue_moved(impl_->node, interface, occupancy, drain, now);
}

void Router::tick(Time now) {
  impl_->at(now);
  Node& node = impl_->node;
  serve_queues(node, now);
  check_announces(node, now);
  run_interface_jobs(node, now);
  cull(node, now);
  if (const auto request = node.requests.take_automatic(now)) {
    ask_for_path(node, request->destination, request->except, now);
  }
  report_tunnels(node, now);
  end_packet_limits(node, now);
  tell_costs(node, now);
}

Time Router::next_due() const {
  const Node& node = impl_->node;
  // Reports leave strictly after their time, like everything kept in Deadlines.
  const Time reports = node.tunnels.report_due();
  const Time limits = node.limits_end.next();
  return std::min({queues_due(node), node.announces.next_due(), interface_jobs_due(node),
                   cull_due(node), node.requests.automatic_due(), costs_due(node),
                   reports == kNever ? kNever : reports + Duration{1},
                   limits == kNever ? kNever : limits + Duration{1}});
}

void Router::add_local_destination(const DestinationHash& destination) {
  Node& node = impl_->node;
  node.local_destinations.try_emplace(destination);
  node.flow_changes.note(destination);
  drop_path(destination);
}

void Router::remove_local_destination(const DestinationHash& destination) {
  impl_->node.local_destinations.erase(destination);
  impl_->node.flow_changes.note(destination);
}

void Router::add_local_link(const LinkId& link) {
  impl_->node.local_links.try_emplace(link);
  impl_->node.flow_changes.note(link);
}

void Router::remove_local_link(const LinkId& link) {
  impl_->node.local_links.erase(link);
  impl_->node.flow_changes.note(link);
}

SendOutcome Router::send(ByteView raw, Time now) {
  impl_->at(now);
  return originate(impl_->node, raw, now);
}

SendOutcome Router::send_on(InterfaceId interface, ByteView raw, Time now,
                            std::optional<DestinationHash> about) {
  impl_->at(now);
  return originate_on(impl_->node, interface, raw, about, now);
}

void Router::announce(ByteView raw, std::optional<InterfaceId> only, Time now) {
  impl_->at(now);
  send_own_announce(impl_->node, raw, only);
}

bool Router::request_path(const DestinationHash& destination, Time now, bool force) {
  impl_->at(now);
  Node& node = impl_->node;
  if (!force && node.requests.throttled(destination, now)) return false;
  return ask_for_path(node, destination, std::nullopt, now);
}

bool Router::path_failed(const DestinationHash& destination, Time now) {
  impl_->at(now);
  const PathEntry* path = impl_->node.paths.find(destination);
  return path != nullptr && note_lost(impl_->node, destination, path->interface, now);
}

bool Router::drop_path(const DestinationHash& destination) {
  Node& node = impl_->node;
  const bool parked = node.parked.erase(destination);
  const bool living = node.paths.erase(destination);
  if (living || parked) path_gone(node, destination, node.latest);
  return living || parked;
}

void Router::watch_flows() {
  Node& node = impl_->node;
  node.flow_changes.watch();
  for (const DestinationHash& destination : node.paths.destinations())
    node.flow_changes.note(destination);
  node.links.for_each([&node](const LinkId& link) { node.flow_changes.note(link); });
  for (const auto& [destination, emitted] : node.local_destinations)
    node.flow_changes.note(destination);
  for (const auto& [link, state] : node.local_links)
    node.flow_changes.note(link);
}

std::vector<Hash16> Router::take_changed_flows(std::size_t most) {
  return impl_->node.flow_changes.take(most);
}

Flow Router::flow(const Hash16& destination_or_link) const {
  return flow_of(impl_->node, destination_or_link);
}

void Router::flow_used(const Hash16& destination_or_link, Time now) {
  impl_->at(now);
  Node& node = impl_->node;
  if (LinkEntry* link = node.links.find(destination_or_link)) {
    link->last_used = now;
  } else {
    node.paths.used(destination_or_link, now);
  }
}

const PathEntry* Router::path(const DestinationHash& destination) const {
  return impl_->node.paths.find(destination);
}

std::vector<DestinationHash> Router::path_destinations() const {
  return impl_->node.paths.destinations();
}

std::optional<std::uint32_t> Router::packet_limit(const Hash16& destination_or_link) const {
  const Node& node = impl_->node;
  if (const auto it = node.local_links.find(destination_or_link); it != node.local_links.end()) {
    const std::uint32_t limit = it->second.limit.at(node.latest);
    return limit == 0 ? std::nullopt : std::optional(limit);
  }
  const PathEntry* path = node.paths.find(destination_or_link);
  return path == nullptr ? std::nullopt : way_mtu(node, *path);
}

PathExplanation Router::explain(const DestinationHash& destination, PathPolicy policy,
                                Time now) const {
  return explain_path(impl_->node, destination, policy, now);
}

std::optional<wire::CongestionSeverity> Router::congestion(InterfaceId id, Time now) const {
  const Interface* interface = impl_->node.interfaces.find(id);
  return interface == nullptr ? std::nullopt : interface->hop.severity(now);
}

std::optional<PublicIdentity> Router::known_identity(const DestinationHash& destination) const {
  const PublicIdentity* identity = impl_->node.known.find(destination);
  return identity == nullptr ? std::nullopt : std::optional(*identity);
}

RouterTables Router::tables() const {
  const Node& node = impl_->node;
  RouterTables sizes;
  sizes.paths = node.paths.size();
  sizes.links = node.links.size();
  sizes.reverse = node.reverse.size();
  sizes.announces = node.announces.size();
  for (const auto& [id, interface] : node.interfaces) {
    ++sizes.interfaces;
    sizes.held += interface->ingress.held();
    sizes.queued += interface->queue.size();
  }
  sizes.packet_hashes = node.hashes.size();
  sizes.tunnels = node.tunnels.size();
  sizes.path_requests = node.requests.size();
  sizes.known_identities = node.known.size();
  sizes.candidates = node.candidates.size();
  sizes.early_costs = node.candidates.early();
  sizes.kept_distances = node.candidates.kept();
  sizes.cost_changes = node.costs.changes.size();
  sizes.withdrawals = node.costs.withdrawals.size();
  sizes.parked = node.parked.size();
  sizes.rates = node.rates.size();
  sizes.told_too_big = node.told_too_big.size();
  sizes.limited = node.limited.size();
  return sizes;
}

const InterfaceTraits* Router::interface(InterfaceId id) const {
  const Interface* interface = impl_->node.interfaces.find(id);
  return interface == nullptr ? nullptr : &interface->traits;
}

void Router::restore_path(PathEntry entry, Time now) {
  impl_->at(now);
  Node& node = impl_->node;
  const PathEntry* known = node.paths.find(entry.destination);
  if (known == nullptr) known = node.parked.find(entry.destination);
  if (known != nullptr && newest_emission(entry.blobs) <= newest_emission(known->blobs)) return;
  if (const Interface* interface = node.interfaces.find_name(entry.interface_name)) {
    revive_path(node, std::move(entry), *interface, now);
  } else {
    // The mode is not known before the interface comes up; the longest life holds until then.
    park_path(node, std::move(entry), InterfaceMode::kFull, now);
  }
}

void Router::restore_tunnel(TunnelEntry tunnel, Time now) {
  impl_->at(now);
  impl_->node.tunnels.restore(std::move(tunnel), now);
}

void Router::restore_identity(const DestinationHash& destination, const PublicIdentity& identity) {
  Node& node = impl_->node;
  if (node.known.find(destination) != nullptr) return;
  node.known.attach(destination, identity);
  node.known.used(destination);
  if (node.paths.find(destination) == nullptr) node.known.detach(destination, node.latest);
}

}  // namespace mehr::routing
