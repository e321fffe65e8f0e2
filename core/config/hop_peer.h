// One entry of `peers` of a hop interface, taken apart. Owns no resolving. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"

namespace mehr::config {

struct HopPeer {
  std::optional<IdentityHash> identity;  ///< nobody else is accepted there
  std::string
      host;  ///< empty over Reticulum links; name or numeric, an IPv6 address without brackets
  std::uint16_t port = 0;
};

/// "host:port", "[2001:db8::1]:port", either behind "identity@"; without ":port" kHopPort is meant.
/// @return nullopt on anything else
std::optional<HopPeer> parse_hop_peer(std::string_view text);
/// As that transport wants it: over Reticulum links a peer is an identity and nothing else.
std::optional<HopPeer> parse_hop_peer(std::string_view text, std::string_view transport);

}  // namespace mehr::config
