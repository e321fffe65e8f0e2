// The class a packet travels in, and what a neighbour may hand us of it: relayed packets keep the
// class of their record within the neighbour's budget of P0 and P1, plain Reticulum traffic gets
// one by its kind, untrusted neighbours get the last one and a budget of bytes. Owns nothing (the
// budgets are in hop_state.h). Called by the relaying handlers. Source: SC-19, spec/02 §9.3,
// architecture §3.
#pragma once

#include "controlplane/routing/node.h"

namespace mehr::routing {

/// Whether a packet of this kind sets something up or answers: link requests and proofs.
bool is_signalling(const wire::Packet& packet);
/// The class of a packet that starts here.
wire::HopClass own_class(const wire::Packet& packet);

struct Admission {
  std::optional<wire::HopClass> traffic;  ///< nullopt: refused
  bool free_only = false;                 ///< may take no next hop that asks for money
  Counter refused = Counter::kDataUntrustedQuota;
};
/// Takes the packet from its neighbour's budgets.
Admission admit(Node& node, Inbound& inbound);

/// Remembers whose packets fill the queue of `to`, and tells them when it is congested.
void note_feeder(Node& node, const Interface& from, Interface& to, Time now);

}  // namespace mehr::routing
