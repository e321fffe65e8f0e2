// What the control plane lets this plane forward: values of the flow table and the small tables
// they point into. Written by the command handler between bursts, read by every worker.
// Source: architecture §2, reticulum-wire §12, §15.
#pragma once

#include <vector>

#include "core/base/bytes.h"
#include "dataplane/packet.h"
#include "dataplane/tables/flow_table.h"

namespace mehr::dataplane {

enum class FlowKind : std::uint8_t {
  kNone = 0,
  kPath = 1,   ///< index of a NextHop
  kLink = 2,   ///< index of a LinkFlow
  kLocal = 3,  ///< a destination or link that ends here: the control plane's
};
inline constexpr std::uint32_t kFlowIndexMax = (std::uint32_t{1} << 30) - 1;

constexpr std::uint32_t flow_value(FlowKind kind, std::uint32_t index) {
  return static_cast<std::uint32_t>(kind) << 30 | index;
}
constexpr FlowKind flow_kind(std::uint32_t value) {
  return static_cast<FlowKind>(value >> 30);
}
constexpr std::uint32_t flow_index(std::uint32_t value) {
  return value & kFlowIndexMax;
}

/// Where a path goes on. Shared by all destinations behind the same transport node.
struct alignas(32) NextHop {
  Hash16 transport_id;  ///< of the next transport node
  NeighbourIndex neighbour = kNoNeighbour;
  bool last = false;  ///< the destination is the neighbour itself: header type 1 from here
  std::uint16_t limit = 0xFFFF;  ///< larger packets than that many bytes are punted
  bool sampled = false;          ///< some packets are punted, as border::SetNextHop says
};

/// A link that passes through: which neighbours it joins and how far its ends are.
struct alignas(16) LinkFlow {
  NeighbourIndex received = kNoNeighbour;  ///< towards the initiator
  NeighbourIndex next = kNoNeighbour;      ///< towards the destination
  std::uint8_t taken_hops = 0, remaining_hops = 0;
  std::uint16_t limit = 0xFFFF;  ///< larger packets than that many bytes are punted
};

struct Flows {
  FlowTable table;  ///< destinations and links
  std::vector<NextHop> next_hops;
  std::vector<LinkFlow> links;
  /// By neighbour: largest packet one frame to it holds, bytes; 0 while it must be spared (it is
  /// congested) or has no session, so that the control plane decides about every packet.
  std::vector<std::uint16_t> room;
  Hash16 own_transport;  ///< our identity hash: header type 2 addressed to us
  /// Every local destination is in the table, so that what is addressed to nobody here may be
  /// dropped without asking.
  bool locals_complete = false;
};

}  // namespace mehr::dataplane
