// Everything one router owns, in one place: its tables, its configuration, and whom it talks to.
// The handlers beside this file (announce_inbound, announce_outbound, relay, request_inbound,
// tunnel_inbound, lifecycle) are functions over it, each for one concern. Owned by Router; private
// to controlplane/routing.
#pragma once

#include <absl/container/btree_set.h>
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <algorithm>
#include <optional>

#include "controlplane/routing/announce_rate.h"
#include "controlplane/routing/announces.h"
#include "controlplane/routing/candidates.h"
#include "controlplane/routing/cost_work.h"
#include "controlplane/routing/dedup.h"
#include "controlplane/routing/flow_changes.h"
#include "controlplane/routing/interfaces.h"
#include "controlplane/routing/known.h"
#include "controlplane/routing/link_transport.h"
#include "controlplane/routing/parked.h"
#include "controlplane/routing/path_requests.h"
#include "controlplane/routing/paths.h"
#include "controlplane/routing/reverse.h"
#include "controlplane/routing/router.h"
#include "controlplane/routing/tunnels.h"
#include "core/crypto/hash.h"

namespace mehr::routing {

using border::Counter;

/// Classes of what starts here or has none yet.
inline constexpr wire::HopClass kUrgent{wire::HopPriority::kP1};
inline constexpr wire::HopClass kOrdinary{wire::HopPriority::kP2};
inline constexpr wire::HopClass kBulk{wire::HopPriority::kP3};

/// A link that ends here.
struct LocalLink {
  PacketLimit limit;  ///< from PacketTooBig
};

struct Node {
  Node(RouterConfig configuration, RouterSink& router_sink, Random& router_random,
       border::Counters& router_counters)
      : config(std::move(configuration)),
        sink(router_sink),
        random(router_random),
        counters(router_counters),
        interfaces(config.limits.held_announces, config.limits.queued_announces),
        hashes(config.limits.packet_hashes_per_generation),
        paths(config.limits.paths),
        parked(config.limits.paths),
        announces(config.limits.announce_entries),
        rates(config.limits.rate_records),
        requests(config.limits.path_request_tags, config.limits.pending_discoveries),
        reverse(config.limits.reverse_entries),
        links(config.limits.link_entries),
        tunnels(config.limits.tunnels, config.limits.paths_per_tunnel, config.limits.paths),
        known(config.limits.known_identities),
        candidates(config.limits.early_costs, config.limits.kept_distances) {
    paths.report_to(flow_changes);
    links.report_to(flow_changes);
  }

  [[nodiscard]] bool is_local(const DestinationHash& destination) const {
    return local_destinations.contains(destination);
  }
  [[nodiscard]] std::uint64_t newest_own(const DestinationHash& destination) const {
    const auto found = local_destinations.find(destination);
    return found == local_destinations.end() ? 0 : found->second;
  }
  void made_own(const DestinationHash& destination, std::uint64_t emitted) {
    const auto found = local_destinations.find(destination);
    if (found != local_destinations.end()) found->second = std::max(found->second, emitted);
  }
  void transmit(InterfaceId to, ByteView raw, wire::HopClass traffic) {
    sink.transmit(to, raw, traffic);
  }

  RouterConfig config;
  RouterSink& sink;
  Random& random;
  border::Counters& counters;

  Interfaces interfaces;
  FlowChanges flow_changes;
  PacketHashes hashes;
  PathTable paths;
  ParkedPaths parked;
  AnnounceTable announces;
  AnnounceRates rates;
  PathRequests requests;
  ReverseTable reverse;
  LinkTable links;
  Tunnels tunnels;
  KnownIdentities known;
  Candidates candidates;
  CostWork costs;
  /// Of this host, with the emission of the newest announce of ours that we know of.
  absl::flat_hash_map<DestinationHash, std::uint64_t> local_destinations;
  absl::flat_hash_map<LinkId, LocalLink> local_links;
  absl::flat_hash_map<std::pair<InterfaceId, Hash16>, Time> told_too_big;
  /// Destinations and links with a limit from PacketTooBig, and when to look whether it ended.
  absl::flat_hash_set<Hash16> limited;
  Deadlines<Hash16> limits_end;
  /// Interfaces whose announce queue is not empty.
  absl::btree_set<InterfaceId> queueing;

  /// A hop link has been up: from then on candidates are kept and costs told.
  bool mehr = false;
  Time latest{};  ///< the newest time handed in
  std::optional<Time> last_cull;
  std::optional<Time> last_interface_jobs;
  bool interface_jobs_wanted = false;
  Bytes received;  ///< the packet being handled, hop byte incremented
  Bytes outgoing;  ///< scratch for the packet being relayed
};

/// One received packet on its way through the handlers.
struct Inbound {
  Interface& interface;
  ByteView raw;         ///< as received, hop byte already incremented
  wire::Packet packet;  ///< decoded raw; hops counted for our reception
  const SignalReport& signal;
  Time now;
  wire::HopClass traffic;  ///< what its record carried

  /// Packet hash, computed at first need.
  const Hash32& hash() {
    if (!hash_) hash_ = crypto::packet_hash(raw);
    return *hash_;
  }

 private:
  std::optional<Hash32> hash_;

 public:
  Inbound(Interface& from, ByteView bytes, const wire::Packet& decoded, const SignalReport& report,
          Time at, wire::HopClass carried)
      : interface(from), raw(bytes), packet(decoded), signal(report), now(at), traffic(carried) {}
};

/// What the duplicate filter remembers of a packet. A local link's packets count per interface: a
/// copy overheard elsewhere must not hide the one that arrives where the link lives.
inline Hash32 filter_key(const Node& node, const Hash32& hash, const Hash16& destination,
                         InterfaceId interface) {
  Hash32 key = hash;
  if (node.local_links.contains(destination)) {
    for (unsigned i = 0; i < 4; ++i) {
      key.bytes[i] = static_cast<std::uint8_t>(key.bytes[i] ^ (interface.value >> (8 * i)));
    }
  }
  return key;
}

}  // namespace mehr::routing
