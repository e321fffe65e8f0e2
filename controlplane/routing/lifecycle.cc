// Order matters here: an interface leaves the table of interfaces only after everything that refers
// to it has been moved.
#include "controlplane/routing/lifecycle.h"

#include <algorithm>

#include "controlplane/routing/choice.h"
#include "controlplane/routing/hop_offset.h"
#include "controlplane/routing/path_costs.h"
#include "controlplane/routing/path_news.h"
#include "controlplane/routing/tunnel_inbound.h"

namespace mehr::routing {
namespace {

constexpr Duration kCullInterval = 5s;
constexpr Duration kInstant{1};  // every wait ends strictly after its time

Time table_due(const Node& node) {
  return std::min({node.paths.next_due(), node.parked.next_due(), node.reverse.next_due(),
                   node.links.next_due(), node.requests.next_due(), node.tunnels.next_due(),
                   node.known.next_due(), node.candidates.next_due()});
}

/// A relayed link request went unproved: perhaps the destination or the initiator moved.
void link_unproved(Node& node, const LinkEntry& link, Time now) {
  node.counters.add(Counter::kLinkUnproved);
  if (note_lost(node, link.destination, link.next_interface, now)) return;
  const PathEntry* path = node.paths.find(link.destination);
  AutomaticRequest request{link.destination, std::nullopt};
  if (path != nullptr) {
    if (node.requests.throttled(link.destination, now)) return;
    // Next to either end: whoever is one hop away, or might be behind an offset (SC-124).
    const Interface* before = node.interfaces.find(link.received_interface);
    const bool offset = before != nullptr && before->traits.hop_link;
    const bool beside_initiator = link.taken_hops <= (offset ? 1 + kHopOffsetMax : 1);
    const bool beside_destination =
        is_last_hop(node, path->interface, path->hops, path->next_hop, path->destination);
    if (!beside_destination && !beside_initiator) return;
    request.except = link.received_interface;
    const Interface* received = node.interfaces.find(link.received_interface);
    if (received != nullptr && received->traits.mode != InterfaceMode::kBoundary) {
      node.paths.set_state(link.destination, PathState::kUnresponsive);
      node.counters.add(Counter::kPathUnresponsive);
      node.sink.path_changed(*path);
    }
  }
  if (!node.requests.queue_automatic(request, now)) {
    node.counters.add(Counter::kRequestQueueFull);
  }
}

void attach_identity(Node& node, const PathEntry& path) {
  const auto identity = PublicIdentity::from(path.announce_payload);
  if (identity) node.known.attach(path.destination, *identity);
}

}  // namespace

void bring_up(Node& node, InterfaceId id, const InterfaceTraits& traits, Time now) {
  Interface& interface = node.interfaces.add(id, traits, now);
  nothing_to_catch_up(node, interface);
  if (traits.hop_link && !node.mehr) {
    node.mehr = true;
    if (node.config.hop_offset_secret.is_zero())
      node.random.fill(node.config.hop_offset_secret.mutable_view());
  }
  for (PathEntry& entry : node.parked.take(traits.name)) {
    const DestinationHash destination = entry.destination;
    if (!revive_path(node, std::move(entry), interface, now) &&
        node.paths.find(destination) == nullptr) {
      node.sink.path_removed(destination);
    }
  }
  if (traits.tunnel_interface_hash) {
    node.sink.tunnel_synthesis_wanted(id, *traits.tunnel_interface_hash);
  }
}

void take_down(Node& node, InterfaceId id, Time now) {
  Interface* interface = node.interfaces.find(id);
  if (interface == nullptr) return;
  const InterfaceMode mode = interface->traits.mode;
  const bool comes_back = interface->traits.parent.empty();
  std::vector<PathEntry> paths;
  for (PathEntry& path : node.paths.take_interface(id)) {
    if (fail_over(node, path, now)) continue;
    node.known.detach(path.destination, now);
    node.announces.forget(path.destination);
    withdraw_cost(node, path.destination);
    paths.push_back(std::move(path));
  }
  node.candidates.forget_interface(id);
  if (comes_back) {
    for (PathEntry& path : paths) {
      const DestinationHash destination = path.destination;
      const bool needed = interface->tunnel.has_value();
      if (park_path(node, needed ? path : std::move(path), mode, now)) continue;
      node.counters.add(Counter::kPathLost);
      node.sink.path_removed(destination);
    }
  } else {
    node.counters.add(Counter::kPathLost, paths.size());
    for (const PathEntry& path : paths)
      node.sink.path_removed(path.destination);
  }
  if (interface->tunnel) leave_tunnel(node, *interface, std::move(paths), now);
  node.announces.forget_interface(id);
  // Connections come and go by the thousand; walking the tables for each would be an attacker's
  // lever.
  node.reverse.forget_interface(id, comes_back);
  node.links.forget_interface(id, comes_back);
  node.requests.forget_interface(id);
  node.queueing.erase(id);
  node.costs.out_of_step.erase(id);
  node.interfaces.remove(id);
}

bool revive_path(Node& node, PathEntry entry, const Interface& interface, Time now) {
  const Duration lifetime = path_lifetime(interface.traits.mode);
  if (now > entry.last_used + lifetime || node.is_local(entry.destination)) return false;
  if (const PathEntry* known = node.paths.find(entry.destination); known != nullptr) {
    const bool near_enough = entry.hops <= known->hops || now > known->expires;
    if (!near_enough || newest_emission(entry.blobs) < newest_emission(known->blobs)) return false;
  }
  entry.interface = interface.id;
  entry.interface_name = interface.traits.name;
  const DestinationHash destination = entry.destination;
  const auto placed = node.paths.place(std::move(entry), lifetime);
  if (placed.evicted) {
    node.counters.add(Counter::kPathEvicted);
    path_gone(node, *placed.evicted, now);
  }
  if (placed.entry == nullptr) return false;
  attach_identity(node, *placed.entry);
  node.parked.erase(destination);
  node.counters.add(Counter::kPathRestored);
  return true;
}

bool park_path(Node& node, PathEntry entry, InterfaceMode mode, Time now) {
  const Time ends = entry.last_used + path_lifetime(mode);
  if (now > ends || !node.parked.park(std::move(entry), ends)) return false;
  node.counters.add(Counter::kPathParked);
  return true;
}

void path_gone(Node& node, const DestinationHash& destination, Time now) {
  node.known.detach(destination, now);
  node.announces.forget(destination);
  withdraw_cost(node, destination);
  node.sink.path_removed(destination);
}

void cull(Node& node, Time now) {
  if (node.last_cull && now <= *node.last_cull + kCullInterval) return;
  node.last_cull = now;
  if (now <= table_due(node)) return;
  node.reverse.expire(now);
  node.links.expire(now, [&](const LinkEntry& link) { link_unproved(node, link, now); });
  const auto expired = [&](const DestinationHash& destination) {
    node.counters.add(Counter::kPathExpired);
    path_gone(node, destination, now);
  };
  node.paths.expire(now, expired);
  node.parked.expire(now, [&](const DestinationHash& destination) {
    if (node.paths.find(destination) == nullptr) expired(destination);
  });
  node.requests.expire(now);
  node.tunnels.expire(now, [&](const Hash32& id) { node.sink.tunnel_changed({id, now, {}}); });
  node.known.expire(now);
  node.counters.add(Counter::kPathCostUnmatched, node.candidates.expire(now));
}

Time cull_due(const Node& node) {
  const Time due = table_due(node);
  if (due == kNever) return kNever;
  return (node.last_cull ? std::max(due, *node.last_cull + kCullInterval) : due) + kInstant;
}

}  // namespace mehr::routing
