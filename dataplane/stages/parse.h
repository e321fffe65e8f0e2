// The first look at a decrypted packet: is it one, for us, and whose business. The same questions
// in the same order as the router's filter (controlplane/routing/inbound.cc, dedup.cc), without its
// code: the planes share no header but core's. Pure. Source: reticulum-wire §2, §11.
#pragma once

#include <span>

#include "dataplane/packet.h"

namespace mehr::dataplane {

/// Sets kind, destination, hops and exempt, counts our reception in the hop byte, drops what the
/// router's filter would drop. Packets with a fate are left alone.
void parse(std::span<Packet> packets, const Hash16& own_transport);

/// Whether a packet of this kind may come once only, and counts as here already when it was sent
/// from here; false for what is no packet.
bool told_apart(ByteView packet);

}  // namespace mehr::dataplane
