// Packets too big for the next hop: the neighbour they came from is told, and what next hops tell
// of themselves is kept for the packets to come, so that the limit walks back to the originator one
// hop an oversized packet, and ends after a while (packet_limit.h). Owns the times of the last
// tellings and of the ends (node.h). Called by the
// relaying handlers and the router. Source: spec/01 §5, SC-24.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// At most one a second per neighbour and destination; nothing without hop link.
/// @param destination of the packet, or its link id @param limit bytes that fit
void tell_too_big(Node& node, const Interface& to, const Hash16& destination, std::uint32_t limit,
                  Time now);
/// A limit below what every way carries is refused; nobody keeps more than kLimitedMax of them.
void receive_too_big(Node& node, const Interface& from, ByteView body);
/// Forgets what was told longer ago than kPacketLimitLife.
void end_packet_limits(Node& node, Time now);
/// Largest packet that goes on over this link, bytes.
std::uint32_t link_limit(const LinkEntry& link, const Interface& to, Time now);

/// Destinations and links with a limit at one time; those beyond keep trying.
inline constexpr std::size_t kLimitedMax = 65'536;

}  // namespace mehr::routing
