// What a forwarding plane beside the router may do by itself: the part of the router's decisions
// that is the same for every ordinary packet to a destination or on a link. Whatever is not here
// (other path policies, congestion, packets too large, link requests) comes to the router. Values;
// any thread. Source: architecture §2.
#pragma once

#include <cstdint>
#include <variant>

#include "controlplane/routing/interface_traits.h"
#include "core/base/bytes.h"

namespace mehr::routing {

/// Along a path: header type 2 addressed to us goes to `next_hop`.
struct PathFlow {
  Hash16 next_hop;
  InterfaceId interface;
  bool last = false;  ///< the next hop is the destination: header type 1 from here
  /// There are other ways, so this one is judged by its proofs: some packets are the router's, as a
  /// sample.
  bool sampled = false;
  std::uint32_t limit = 0;  ///< larger packets than that many bytes are the router's
  bool operator==(const PathFlow&) const = default;
};

/// A link that passes through here.
struct LinkFlow {
  InterfaceId next;      ///< towards the destination
  InterfaceId received;  ///< towards the initiator
  std::uint8_t remaining_hops = 0, taken_hops = 0;
  std::uint32_t limit = 0;  ///< either way, as in PathFlow
  bool operator==(const LinkFlow&) const = default;
};

/// A destination or link of this host.
struct LocalFlow {
  bool operator==(const LocalFlow&) const = default;
};

/// monostate: unknown, or nothing that holds for every packet.
using Flow = std::variant<std::monostate, PathFlow, LinkFlow, LocalFlow>;

}  // namespace mehr::routing
