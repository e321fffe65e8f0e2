// Watch: the size of every table of a gateway against its cap. See watch.h.
#include <algorithm>

#include "controlplane/routing/too_big.h"
#include "tools/mehr-sim/watch.h"

namespace mehr::mehr_sim {
namespace {

/// Of controlplane/routing/too_big.cc: who was told a limit within the last second.
constexpr std::size_t kToldTooBig = 4'096;
/// One record cut into pieces, with their headers, when everything else waits already.
constexpr std::size_t kCutRecord = 96 << 10;
/// Strangers an "any" policy lets in at once: link::PeerPolicy::any_limit.
constexpr std::size_t kAnyLimit = 64;

}  // namespace

void Watch::over_cap(const Host& host, const char* table, std::size_t size, std::size_t room) {
  breach("every table at or under its cap", host.name() + " keeps " + std::to_string(size) +
                                                " in table " + table + " with room for " +
                                                std::to_string(room));
}

void Watch::check_router_tables(Host& host) {
  static const routing::RouterLimits kLimits;
  const auto tables = host.node().router().tables();
  const std::size_t ports = tables.interfaces + 1;
  const std::size_t paths = host.config().max_paths;
  const auto check = [&](const char* name, std::size_t size, std::size_t room) {
    check_size(host, name, size, room);
  };
  check("paths", tables.paths, paths);
  check("links", tables.links, kLimits.link_entries);
  check("reverse", tables.reverse, kLimits.reverse_entries);
  check("announces", tables.announces, kLimits.announce_entries);
  check("held", tables.held, kLimits.held_announces * ports);
  check("queued", tables.queued, kLimits.queued_announces * ports);
  check("packet hashes", tables.packet_hashes, 2 * kLimits.packet_hashes_per_generation);
  check("tunnels", tables.tunnels, kLimits.tunnels);
  check("path requests", tables.path_requests,
        kLimits.path_request_tags + kLimits.pending_discoveries);
  check("known identities", tables.known_identities, kLimits.known_identities);
  check("candidates", tables.candidates, paths);
  check("early costs", tables.early_costs, kLimits.early_costs);
  check("kept distances", tables.kept_distances, kLimits.kept_distances);
  check("changes of costs", tables.cost_changes, tables.candidates);
  check("withdrawals", tables.withdrawals, paths);
  check("parked paths", tables.parked, paths);
  check("announce rates", tables.rates, kLimits.rate_records);
  check("told too big", tables.told_too_big, kToldTooBig);
  check("packet limits", tables.limited, routing::kLimitedMax);
}

void Watch::check_hop_tables(Host& host) {
  static const link::LinksConfig kLinks;
  const auto& neighbours = host.node().neighbours();
  const auto tables = neighbours.tables();
  const std::size_t configured = degree_[host.id()];
  const auto check = [&](const char* name, std::size_t size, std::size_t room) {
    check_size(host, name, size, room);
  };
  check("hop neighbours", tables.links.neighbours, std::min(kAnyLimit, kLinks.neighbour_limit));
  check("living hops", tables.living, tables.links.neighbours);
  check("half-open", tables.links.half_open, kLinks.half_open_limit);
  check("session indices", tables.links.indices, 3 * tables.links.neighbours);
  check("wanted peers", tables.links.wanted, configured + tables.trying);
  check("initiations", tables.links.initiations, tables.links.wanted);
  check("remembered peers", tables.remembered, 2 * hosts_.size());  // over UDP and TCP
  check("remembered peers tried", tables.trying, tables.remembered * tables.carriers);
  check("peers of operators", tables.peers, configured + tables.trying);
  check("histories", tables.history,
        neighbour::History::kNeighbours + neighbour::History::kStrangers);
  neighbours.each_hop([&](const neighbour::HopTables& hop) {
    for (const auto& use : hop.classes)
      check("hop queue", use.waiting_bytes, use.limit_bytes);
    check("control queue", hop.control_bytes, hop.classes[0].limit_bytes);
    check("unfinished packets", hop.pieces, neighbour::Reassembly::kRecords);
    check("unfinished bytes", hop.piece_bytes, neighbour::Reassembly::kBytes);
    check("flight", hop.flight_bytes, neighbour::Flight::kBytes);
    check("sent again", hop.again_bytes, neighbour::Hop::kAgainBytes + kCutRecord);
    check("probes under way", hop.asked, neighbour::Hop::kAskedMost);
  });
}

}  // namespace mehr::mehr_sim
