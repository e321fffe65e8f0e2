// What a neighbour may hand us of the two urgent classes: above its budget its packets go on as
// ordinary ones. The same rule as the router's (controlplane/routing/traffic.cc). Owns nothing; the
// budgets are set by the control plane. One worker. Source: spec/02 §9.3, SC-19.
#pragma once

#include <span>

#include "core/border/counters.h"
#include "dataplane/packet.h"
#include "dataplane/tables/policer.h"

namespace mehr::dataplane {

/// Only packets that are forwarded. @param urgent one bucket a neighbour; ticks of `now`
void police(std::span<Packet> packets, Policers& urgent, border::Counters& counters,
            std::uint64_t now);

}  // namespace mehr::dataplane
