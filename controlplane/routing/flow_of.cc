// The same questions in the same order as inbound.cc, asked without a packet.
#include "controlplane/routing/flow_of.h"

#include <algorithm>

#include "controlplane/routing/hop_offset.h"
#include "controlplane/routing/standing.h"
#include "controlplane/routing/too_big.h"

namespace mehr::routing {
namespace {

Flow link_flow(const Node& node, const LinkEntry& link) {
  const Interface* next = node.interfaces.find(link.next_interface);
  const Interface* received = node.interfaces.find(link.received_interface);
  if (next == nullptr || received == nullptr) return std::monostate{};
  return LinkFlow{
      link.next_interface, link.received_interface, link.remaining_hops, link.taken_hops,
      std::min(link_limit(link, *next, node.latest), link_limit(link, *received, node.latest))};
}

Flow path_flow(const Node& node, const PathEntry& path) {
  const CandidateSet* set = node.candidates.find(path.destination);
  if (set == nullptr || node.interfaces.find(path.interface) == nullptr) return std::monostate{};
  const auto winner = std::find_if(set->all.begin(), set->all.end(),
                                   [&](const Candidate& each) { return same_way(each, path); });
  if (winner == set->all.end()) return std::monostate{};
  return PathFlow{path.next_hop, path.interface,
                  is_last_hop(node, path.interface, path.hops, path.next_hop, path.destination),
                  set->all.size() > 1, candidate_mtu(node, *winner)};
}

}  // namespace

Flow flow_of(const Node& node, const Hash16& destination_or_link) {
  if (node.local_links.contains(destination_or_link) || node.is_local(destination_or_link)) {
    return LocalFlow{};
  }
  if (const LinkEntry* link = node.links.find(destination_or_link)) return link_flow(node, *link);
  const PathEntry* path = node.paths.find(destination_or_link);
  if (path == nullptr || !node.config.transport) return std::monostate{};
  return path_flow(node, *path);
}

}  // namespace mehr::routing
