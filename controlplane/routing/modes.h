// What interface modes decide: where an announce may be relayed to, and who gets unknown paths
// looked up for him. Owns no state; asked by the router. Source: reticulum-wire §10, §22.
#pragma once

#include "controlplane/routing/interface_traits.h"

namespace mehr::routing {

/// Whether an announce whose path leads over `from` may be relayed out of `to`. Own announces and
/// path responses do not ask.
bool may_relay_announce(const InterfaceTraits& from, const InterfaceTraits& to);

/// Whether a request for an unknown path received on `from` starts a discovery.
bool discovers_for(const InterfaceTraits& from);
/// Whether that discovery asks on `to`.
bool discovers_on(const InterfaceTraits& from, const InterfaceTraits& to);

}  // namespace mehr::routing
