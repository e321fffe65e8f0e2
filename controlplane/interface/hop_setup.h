// What hop interfaces of every transport have in common: the policy from the configuration, the
// traits of their carriers, and their peers. Reactor thread.
#pragma once

#include <string>
#include <vector>

#include "controlplane/interface/port.h"
#include "controlplane/neighbour/carriers.h"
#include "core/config/hop_peer.h"

namespace mehr::interface {

/// Retry of a socket that cannot be had.
inline constexpr Duration kHopOpenRetry = 5s;

/// The row of a hop interface: it carries frames, its neighbours carry packets.
Port::Names hop_names(const config::InterfaceConfig& config);
/// @param max_frame the most the transport takes
neighbour::CarrierSetup hop_carrier(const config::InterfaceConfig& config, std::uint16_t max_frame);

/// A configured peer and how far it has come.
struct HopTarget {
  std::string text;
  config::HopPeer peer;
  neighbour::PeerReport report;
};
std::vector<HopTarget> hop_targets(const config::InterfaceConfig& config);

}  // namespace mehr::interface
