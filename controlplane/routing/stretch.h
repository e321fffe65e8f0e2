// What keeps hop links across plain Reticulum nodes (SC-43) from riding in themselves. Such a link
// is an interface like any other here, but its frames travel in a Reticulum link to the neighbour's
// "mehr.hop" destination. So nobody learns a way to such a destination over such an interface, and
// what was learned over one is not told to the interface below it: the plain nodes there heard the
// announce themselves, and would send their packets round by us. Owns no state; asked by the
// router's handlers for announces, and by the endpoint.
#pragma once

#include <string_view>

#include "controlplane/routing/interface_traits.h"

namespace mehr::routing {

inline constexpr std::string_view kHopDestination = "mehr.hop";

/// Where a node takes links that carry hop frames.
DestinationHash hop_destination(const IdentityHash& node);
/// Whether an announce is of such a destination of whatever node, by the hash of the name in it.
bool names_hop_destination(const NameHash& name);

/// Whether an announce may come in or leave over that interface.
/// @param payload of the announce; one that is too short passes, others count it
bool announce_may_cross(const InterfaceTraits& interface, ByteView payload);

/// Whether what was learned over `from` may be told to `to`.
bool tells_below(const InterfaceTraits& from, InterfaceId to);

}  // namespace mehr::routing
