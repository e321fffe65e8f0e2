// Attaching tunnels to connections.
#include "controlplane/routing/tunnel_inbound.h"

#include "controlplane/routing/lifecycle.h"
#include "core/crypto/tunnel.h"

namespace mehr::routing {
namespace {

void report(Node& node, const Hash32& id, Time now) {
  std::optional<TunnelEntry> entry = node.tunnels.entry(id);
  if (!entry) {
    node.sink.tunnel_changed({id, now, {}});
    return;
  }
  if (const auto interface = node.tunnels.interface_of(id)) {
    entry->paths = node.paths.over_interface(*interface, node.config.limits.paths_per_tunnel);
  }
  node.tunnels.reported(id, entry->paths.size());
  node.sink.tunnel_changed(*entry);
}

/// The client is back on another connection before its old one was noticed to be dead.
void move_paths(Node& node, InterfaceId from, Interface& to, Time now) {
  for (PathEntry& path : node.paths.take_interface(from)) {
    const DestinationHash destination = path.destination;
    if (revive_path(node, std::move(path), to, now)) {
      node.sink.path_changed(*node.paths.find(destination));
    } else {
      path_gone(node, destination, now);
    }
  }
}

}  // namespace

Counter receive_tunnel(Node& node, Inbound& inbound) {
  if (inbound.packet.data.size() != wire::kTunnelSize) return Counter::kTunnelMalformed;
  // The reference lets anybody replay such a packet and so take over the tunnel's paths; a client
  // draws new random bytes for every connection, so a packet seen before is not from it.
  if (node.hashes.seen(inbound.hash())) return Counter::kPacketDuplicate;
  Interface& interface = inbound.interface;
  if (!node.interfaces.may_check(interface, inbound.now)) return Counter::kTunnelCheckQuota;
  const auto tunnel = crypto::check_tunnel(inbound.packet.data);
  if (!tunnel) {
    node.interfaces.check_failed(interface);
    return Counter::kTunnelMalformed;
  }
  node.hashes.remember(inbound.hash());
  const Hash32 id = crypto::tunnel_id(tunnel->identity, tunnel->interface_hash);
  if (interface.tunnel && *interface.tunnel != id) leave_tunnel(node, interface, {}, inbound.now);

  Tunnels::Appearance appearance = node.tunnels.appear(id, interface.id, inbound.now);
  if (appearance.evicted) node.sink.tunnel_changed({*appearance.evicted, inbound.now, {}});
  if (!appearance.accepted) return Counter::kTunnelTableFull;
  interface.tunnel = id;
  if (appearance.moved_from) {
    if (Interface* old = node.interfaces.find(*appearance.moved_from)) old->tunnel.reset();
    move_paths(node, *appearance.moved_from, interface, inbound.now);
  }
  for (PathEntry& path : appearance.paths) {
    const DestinationHash destination = path.destination;
    if (revive_path(node, std::move(path), interface, inbound.now)) {
      node.sink.path_changed(*node.paths.find(destination));
    }
  }
  node.tunnels.touched(id, inbound.now);
  return Counter::kTunnelEstablished;
}

void leave_tunnel(Node& node, Interface& interface, std::vector<PathEntry> paths, Time now) {
  const Hash32 id = *interface.tunnel;
  interface.tunnel.reset();
  node.tunnels.detach(id, std::move(paths), now);
  report(node, id, now);
}

void report_tunnels(Node& node, Time now) {
  for (const Hash32& id : node.tunnels.take_reports(now))
    report(node, id, now);
}

}  // namespace mehr::routing
