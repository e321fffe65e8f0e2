// From neighbours, peers and candidates to the rows of the admin protocol, and the advice that goes
// with a peer that cannot be linked. Only copies and words; owns nothing. Called by the daemon, on
// the reactor thread.
#pragma once

#include <gateway_generated.h>

#include <memory>
#include <optional>
#include <string>

#include "controlplane/neighbour/neighbours.h"
#include "controlplane/routing/explain.h"
#include "core/wire/hop_signals.h"

namespace mehr::admin {

/// @param linked who is at the other end, if anybody
/// @param own this node's identity, for what to do on the other node
std::unique_ptr<api::PeerT> peer_row(const neighbour::PeerReport& peer,
                                     const std::optional<IdentityHash>& linked,
                                     const IdentityHash& own);

/// What a link's row has that its neighbour does not know.
struct LinkRowContext {
  std::string name;  ///< display name the neighbour announced, may be empty
  std::optional<wire::CongestionSeverity> congestion;
  std::uint64_t price_umhr_per_mib = 0;
  Time now;
};
std::unique_ptr<api::LinkT> link_row(const neighbour::NeighbourRow& row,
                                     const LinkRowContext& context);
/// @param time Unix seconds of the event
std::unique_ptr<api::LinkEventT> link_event_row(const IdentityHash& identity, std::string name,
                                                const neighbour::HistoryEvent& event, double time);

api::PathExplainResponseT explain_rows(const DestinationHash& destination,
                                       const routing::PathExplanation& explanation);

}  // namespace mehr::admin
