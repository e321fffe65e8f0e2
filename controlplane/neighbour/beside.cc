// Neighbours beside a forwarding plane: what it tells, and what it must know (core/border/001).
#include <algorithm>

#include "controlplane/neighbour/neighbours.h"

namespace mehr::neighbour {

std::optional<HopFacts> Neighbours::facts(link::NeighbourId id) const {
  const auto found = living_.find(id);
  if (found == living_.end()) return std::nullopt;
  const Living& living = found->second;
  return HopFacts{living.interface, living.hop->frame_bytes(), living.hop->packet_room(),
                  living.traits.bitrate_bps};
}

std::uint16_t Neighbours::udp_port(std::uint32_t carrier) const {
  const auto found = carriers_.find(carrier);
  return found == carriers_.end() ? std::uint16_t{0} : found->second.setup.udp_port;
}

std::optional<std::uint32_t> Neighbours::udp_carrier(std::uint16_t port) const {
  for (const auto& [id, carrier] : carriers_) {
    if (port != 0 && carrier.setup.udp_port == port) return id;
  }
  return std::nullopt;
}

void Neighbours::leave_devices(std::uint16_t udp_port, const std::vector<int>& devices) {
  for (const auto& [id, carrier] : carriers_) {
    if (udp_port != 0 && carrier.setup.udp_port == udp_port)
      carrier.carrier->leave_devices(devices);
  }
}

void Neighbours::keys_used(link::NeighbourId id, const border::KeyUse::Row& row, Time now) {
  now_ = now;
  links_.keys_used(id, row, now);
  const auto found = living_.find(id);
  if (found != living_.end() && !row.sending) found->second.hop->heard();
}

void Neighbours::opened_elsewhere(link::NeighbourId id, ByteView records, Time now) {
  now_ = now;
  links_.opened_elsewhere(id, records, now);
}

void Neighbours::packet_elsewhere(link::NeighbourId id, ByteView raw, wire::HopClass traffic,
                                  Time now) {
  now_ = now;
  // Its first frame may have held nothing else.
  if (!living_.contains(id)) links_.opened_elsewhere(id, {}, now);
  wire::HopRecord packet;
  packet.hop_class = traffic;
  packet.hop_class.control = false;
  packet.body = raw;
  record(id, packet);
}

void Neighbours::moved_elsewhere(link::NeighbourId id, const std::string& address, Time now) {
  now_ = now;
  links_.moved(id, address, now);
}

}  // namespace mehr::neighbour
