// Duplicates: a keyed digest of every packet that may not come twice, one bulk question before the
// flows are asked, and after them the packets remembered one by one, in the order of arrival. The
// same rules as the router's filter (controlplane/routing/inbound.cc). Owns nothing. One worker.
// Source: reticulum-wire §11.
//
// Remembered is what the router would have remembered: every packet but those on a link that passes
// through here, which count only once it was our turn to carry them, link proofs, and what belongs
// to a destination or link of this host, where the router keeps its own account by interface.
#pragma once

#include <span>

#include "dataplane/packet.h"
#include "dataplane/tables/digest.h"
#include "dataplane/tables/seen_filter.h"

namespace mehr::dataplane {

/// Drops what was here before. @param packets at most kBurst
void drop_seen(std::span<Packet> packets, const PacketDigest& digest, const SeenFilter& filter);

/// After routing: remembers, and drops the copies that came in the same burst.
void remember_seen(std::span<Packet> packets, SeenFilter& filter, SeenFilter::Claim& claim);

/// A packet the control plane sends over this one: copies of it must not pass here afterwards.
/// @param packet as it leaves; one that does not parse is ignored
void remember_sent(ByteView packet, const PacketDigest& digest, SeenFilter& filter,
                   SeenFilter::Claim& claim);

}  // namespace mehr::dataplane
