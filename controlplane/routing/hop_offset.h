// Where the hop byte of our own packets starts. On a hop link it starts at 0..23, always the same
// for one destination and one link, so that the neighbour cannot tell from a small number that a
// packet began here, and every hop check on the way still agrees with what came before. Plain
// interfaces start at 0, as the reference does. The more steps, the less a hop or two of transit
// show through: over the simulator's mix the best guess from the byte is 5.0 points better than
// chance with 16 of them (mehr-sim seeds 1 60, "hop bytes"), which has to stay within 5. But stock
// nodes behind us wait six seconds for each hop they count, so not more of them than it takes. Owns
// no table. Called where packets are originated; router's thread. Source: SC-124.
//
// Packets of programs on this host (interfaces with `program`) start here, too, as far as the
// network is concerned: they get the same offsets where they leave.
//
// The destination of a packet is the one its link or proof belongs to: announces of ours, proofs
// for packets to it, link requests and everything on the link use one offset a link direction. Path
// requests and other PLAIN packets must leave with 0 and do.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

inline constexpr std::uint8_t kHopOffsetMax = 23;

/// 0 on interfaces without hop link.
std::uint8_t hop_offset(Node& node, const Interface& to, const DestinationHash& destination);
/// `raw` with its hop byte moved by the offset: in node.outgoing when that changes anything.
ByteView with_hop_offset(Node& node, const Interface& to, const DestinationHash& destination,
                         ByteView raw);
/// The same for a packet on its way from `from`, if that is a program on this host: what starts
/// there has to look to neighbours like our own.
ByteView with_program_offset(Node& node, const Interface& from, InterfaceId to,
                             const DestinationHash& destination, ByteView raw);
/// Whether the next hop is the destination itself. Over a hop link hops do not tell, since its own
/// announce came with an offset; that it came without transport id does.
bool is_last_hop(const Node& node, InterfaceId interface, std::uint8_t hops, const Hash16& next_hop,
                 const DestinationHash& destination);

/// Hops from here to the destination as far as anybody told: without offsets where the next hop
/// tells its distance, else the count of the announce.
std::uint8_t hops_without_offset(const Node& node, const DestinationHash& destination,
                                 InterfaceId interface, const Hash16& next_hop, std::uint8_t hops);

}  // namespace mehr::routing
