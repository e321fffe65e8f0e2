// The mode tables of the reference as conditions: what is not named here passes.
#include "controlplane/routing/modes.h"

namespace mehr::routing {

bool may_relay_announce(const InterfaceTraits& from, const InterfaceTraits& to) {
  if (!to.outgoing || to.program) return false;
  if (!to.announces_from_internal && from.mode == InterfaceMode::kInternal) return false;
  switch (to.mode) {
    case InterfaceMode::kAccessPoint:
      return false;
    case InterfaceMode::kInternal:
      return from.announces_to_internal || from.mode != InterfaceMode::kBoundary;
    case InterfaceMode::kRoaming:
      return from.mode != InterfaceMode::kRoaming && from.mode != InterfaceMode::kBoundary;
    case InterfaceMode::kBoundary:
      return from.mode != InterfaceMode::kRoaming;
    default:
      return true;
  }
}

bool discovers_for(const InterfaceTraits& from) {
  if (from.recursive_path_requests) return true;
  switch (from.mode) {
    case InterfaceMode::kAccessPoint:
    case InterfaceMode::kRoaming:
    case InterfaceMode::kBoundary:
    case InterfaceMode::kGateway:
    case InterfaceMode::kInternal:
      return true;
    default:
      return false;
  }
}

bool discovers_on(const InterfaceTraits& from, const InterfaceTraits& to) {
  if (!to.outgoing) return false;
  // A boundary looks only towards its own kind and gateways, unless told to look everywhere.
  if (from.mode == InterfaceMode::kBoundary && !from.recursive_path_requests) {
    return to.mode == InterfaceMode::kBoundary || to.mode == InterfaceMode::kGateway;
  }
  return true;
}

}  // namespace mehr::routing
