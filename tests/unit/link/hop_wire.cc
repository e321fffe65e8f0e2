// Moving frames and time in the network of hop_wire.h.
#include "hop_wire.h"

#include <algorithm>

namespace mehr::link {

void HopNetwork::deliver_all(Duration waited) {
  while (!wire.flights.empty()) {
    const HopWire::Flight flight = wire.flights.front();
    wire.flights.pop_front();
    HopNode* to = wire.node_at(flight.to);
    if (to == nullptr) continue;
    if (chance.below(100) < static_cast<std::uint64_t>(loss_percent)) continue;
    to->links.receive({0, flight.from}, flight.frame, waited, now);
  }
}

void HopNetwork::run(Duration time) {
  const Time end = now + time;
  deliver_all();
  while (now < end) {
    Time next = end;
    for (auto& [address, node] : wire.nodes)
      next = std::min(next, node->links.next_due());
    now = std::max(now, next);
    for (auto& [address, node] : wire.nodes)
      node->links.tick(now);
    deliver_all();
    if (next >= end) break;
    now += 1ms;
  }
  now = end;
}

Bytes packet_record(std::string_view body) {
  Bytes out;
  wire::append_hop_record(out, {wire::HopClass{}, 0, as_bytes(body)});
  return out;
}

}  // namespace mehr::link
