// Where a packet goes on: one bulk lookup, then the header rewritten in place. Decides only what
// the installed flows say; everything else is punted. The same rules as the router's relay.cc and
// link_transport.cc; the differential test holds them together. Source: reticulum-wire §12, §15.
#pragma once

#include <span>

#include "dataplane/flows.h"
#include "dataplane/packet.h"

namespace mehr::dataplane {

/// Looks up every pending packet. A packet that is forwarded has `to` and `reason` set, its hop
/// byte counted and its header as the next hop expects it (16 bytes shorter on the last hop). A
/// proof that belongs to no link stays pending: the reverse stage knows its way.
/// @param packets at most kBurst
void route(std::span<Packet> packets, const Flows& flows);

}  // namespace mehr::dataplane
