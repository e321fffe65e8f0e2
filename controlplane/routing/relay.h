// Passing on what is not an announce: data and link requests along paths, proofs back along the
// reverse table, link traffic both ways. Owns no state. Called by the router once the packet filter
// has let a packet in. Source: reticulum-wire §12, §13, §15.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// Header type 2 addressed to us, of a destination that is not local.
Counter relay_along_path(Node& node, Inbound& inbound);
/// A proof of a packet this node may have relayed; else the sink gets it.
Counter relay_proof(Node& node, Inbound& inbound);
/// A link proof of a link that may pass here.
Counter relay_link_proof(Node& node, Inbound& inbound);
/// Any other packet of a link that passes here.
Counter relay_on_link(Node& node, Inbound& inbound, LinkEntry& link);

/// Whether the path to it ends at a program on this host.
[[nodiscard]] bool leads_to_program(const Node& node, const DestinationHash& destination);
/// A broadcast that never travels: from a program everywhere, from elsewhere to the programs.
Counter pass_to_programs(Node& node, const Inbound& inbound);

/// Hands the packet to the local endpoints. @return `outcome`
Counter deliver(Node& node, Inbound& inbound, Counter outcome);

}  // namespace mehr::routing
