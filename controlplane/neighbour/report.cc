// Neighbours: what operators see and do.
#include <algorithm>

#include "controlplane/neighbour/neighbours.h"

namespace mehr::neighbour {

std::string_view peer_state_name(PeerState state) {
  switch (state) {
    case PeerState::kLookingUp:
      return "looking up";
    case PeerState::kConnecting:
      return "connecting";
    case PeerState::kGreeting:
      return "greeting";
    case PeerState::kLinked:
      return "linked";
  }
  return "";
}

std::vector<NeighbourRow> Neighbours::report() const {
  std::vector<NeighbourRow> out;
  for (const link::NeighbourReport& link : links_.neighbours()) {
    const auto found = living_.find(link.id);
    if (found == living_.end()) continue;
    const Living& living = found->second;
    const Hop& hop = *living.hop;
    NeighbourRow& row = out.emplace_back();
    row.link = link;
    if (hop.rtt()) row.link.rtt = hop.rtt();
    row.interface = living.interface;
    row.name = living.traits.name;
    row.parent = living.traits.parent;
    row.mode = living.traits.mode;
    if (const auto carrier = carriers_.find(link.path.carrier); carrier != carriers_.end()) {
      row.transport = carrier->second.setup.transport;
    }
    row.frame_bytes = hop.frame_bytes();
    row.packet_bytes = hop.packet_room();
    row.bitrate_bps = living.traits.bitrate_bps;
    row.waiting_bytes = hop.waiting_bytes();
    row.occupancy = hop.occupancy();
    row.drops = hop.drops();
    row.fragmented = hop.fragmented();
    row.classes = hop.classes();
    row.history = history_.of(link.identity);
  }
  return out;
}

// The interface knows how far dialling has come, Links what became of the greeting.
std::vector<PeerReport> Neighbours::peers() const {
  const std::vector<link::WantedReport> wanted = links_.wanted();
  std::vector<PeerReport> out;
  for (const auto& [key, peer] : peers_) {
    PeerReport row = peer;
    const auto greeted =
        std::find_if(wanted.begin(), wanted.end(), [&](const link::WantedReport& one) {
          return one.path.carrier == row.carrier &&
                 (one.path.address.empty() || one.path.address == row.address);
        });
    if (row.state == PeerState::kGreeting && greeted != wanted.end()) {
      if (greeted->up && living_.contains(*greeted->up)) row.state = PeerState::kLinked;
      row.failures += greeted->failures;
      if (!greeted->last_failure.empty()) row.last_failure = greeted->last_failure;
    }
    out.push_back(std::move(row));
  }
  return out;
}

NeighbourTables Neighbours::tables() const {
  return {links_.tables(), living_.size(), carriers_.size(), remembered_.size(),
          trying_.size(),  peers_.size(),  history_.size()};
}

void Neighbours::each_hop(const std::function<void(const HopTables&)>& look) const {
  for (const auto& [id, living] : living_)
    look(living.hop->tables());
}

bool Neighbours::linked_with(const IdentityHash& identity) const {
  return std::any_of(living_.begin(), living_.end(),
                     [&](const auto& entry) { return entry.second.identity == identity; });
}

bool Neighbours::rekey(link::NeighbourId id, Time now) {
  now_ = now;
  if (!living_.contains(id)) return false;
  links_.rekey(id, now);
  return true;
}

bool Neighbours::drop(link::NeighbourId id, Time now, std::string_view reason) {
  now_ = now;
  if (!living_.contains(id)) return false;
  links_.drop(id, now, reason);
  return true;
}

}  // namespace mehr::neighbour
