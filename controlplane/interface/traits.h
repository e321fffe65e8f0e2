// What the router has to know of a configured interface, worked out from its configuration. Pure;
// any thread. Source: reticulum-wire §9, §21..§25.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "controlplane/routing/interface_traits.h"
#include "core/config/config.h"
#include "core/wire/rnode.h"

namespace mehr::interface {

/// Traits of the interface itself, or of each client of a TCP server (whose name and parent the
/// caller sets).
routing::InterfaceTraits traits_from_config(const config::InterfaceConfig& config);

/// Hardware MTU that goes with a bit rate; nullopt for slow ones.
std::optional<std::uint32_t> mtu_for_bitrate(std::uint64_t bitrate_bps);

/// What a host asks of its radio.
wire::RnodeParameters radio_parameters(const config::RadioConfig& radio);

/// "tcp-server", "tcp-client", "udp", "rnode".
std::string_view kind_name(config::InterfaceKind kind);

}  // namespace mehr::interface
