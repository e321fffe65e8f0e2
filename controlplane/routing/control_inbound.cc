// A switch.
#include "controlplane/routing/control_inbound.h"

#include "controlplane/routing/congestion.h"
#include "controlplane/routing/path_costs.h"
#include "controlplane/routing/too_big.h"

namespace mehr::routing {

void receive_control_record(Node& node, InterfaceId from, wire::HopControl type, ByteView body,
                            Time now) {
  node.counters.add(Counter::kControlReceived);
  Interface* interface = node.interfaces.find(from);
  if (interface == nullptr || !interface->traits.hop_link) {
    return node.counters.add(Counter::kControlUnexpected);
  }
  switch (type) {
    case wire::HopControl::kPathCost:
      return receive_path_cost(node, *interface, body, now);
    case wire::HopControl::kPacketTooBig:
      return receive_too_big(node, *interface, body);
    case wire::HopControl::kCongestion:
      return receive_congestion(node, *interface, body, now);
    default:
      return node.counters.add(Counter::kControlUnexpected);
  }
}

}  // namespace mehr::routing
