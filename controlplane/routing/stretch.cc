// Two rules and a name.
#include "controlplane/routing/stretch.h"

#include "core/crypto/hash.h"

namespace mehr::routing {
namespace {

constexpr std::size_t kNameOffset = 64;  // behind the public identity, core/wire/announce.h

const NameHash& hop_name() {
  static const NameHash name = crypto::name_hash(kHopDestination);
  return name;
}

}  // namespace

DestinationHash hop_destination(const IdentityHash& node) {
  return crypto::destination_hash(hop_name(), node);
}

bool names_hop_destination(const NameHash& name) {
  return name == hop_name();
}

bool announce_may_cross(const InterfaceTraits& interface, ByteView payload) {
  if (!interface.rides_on || payload.size() < kNameOffset + NameHash::kSize) return true;
  return !names_hop_destination(*NameHash::from(payload.subspan(kNameOffset, NameHash::kSize)));
}

bool tells_below(const InterfaceTraits& from, InterfaceId to) {
  return from.rides_on != to;
}

}  // namespace mehr::routing
