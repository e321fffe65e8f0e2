// From the gateway's own values to the rows of the admin protocol: paths, interfaces, messages,
// counters. Only copies and names; no table is owned here. Called by the daemon, on the reactor
// thread.
#pragma once

#include <gateway_generated.h>

#include <memory>
#include <string>

#include "controlplane/endpoint/endpoint.h"
#include "controlplane/interface/interface.h"
#include "controlplane/routing/router.h"
#include "core/border/counters.h"

namespace mehr::admin {

/// @param name display name of the destination, may be empty
std::unique_ptr<api::PathT> path_row(const routing::PathEntry& entry, std::string name, Time now);
std::unique_ptr<api::InterfaceT> interface_row(const interface::InterfaceReport& report);
/// @param source_name display name of the sender, may be empty
api::MessageT message_row(const endpoint::Message& message, std::string source_name);
std::unique_ptr<api::DestinationT> destination_row(const endpoint::LocalDestination& destination,
                                                   Time now);
api::StatsResponseT stats_of(const border::Counters& counters);

std::string_view state_name(endpoint::MessageState state);  ///< "queued", "sent", "delivered", ...
std::string_view method_name(
    endpoint::MessageMethod method);  ///< "opportunistic", "link", ...; "" = none

}  // namespace mehr::admin
