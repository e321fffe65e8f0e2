// What the router has to know of an interface: how it forwards there, not how it sends. Filled by
// controlplane/interface from the configuration. Source: reticulum-wire §22, §23.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::routing {

/// Names one interface for the life of the process; never used again after it is gone. Every TCP
/// client of a server is an interface of its own.
struct InterfaceId {
  std::uint32_t value = 0;
  auto operator<=>(const InterfaceId&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, InterfaceId id) {
    return H::combine(std::move(state), id.value);
  }
};

enum class InterfaceMode : std::uint8_t {
  kFull = 1,
  kPointToPoint = 2,
  kAccessPoint = 3,
  kRoaming = 4,
  kBoundary = 5,
  kGateway = 6,
  kInternal = 7,
};
/// "full", "point_to_point", "access_point", "roaming", "boundary", "gateway", "internal".
std::string_view mode_name(InterfaceMode mode);
std::optional<InterfaceMode> mode_from_name(std::string_view name);

/// How often one destination's announces are relayed; see reticulum-wire §9.
struct AnnounceRate {
  Duration target{};  ///< shortest wanted interval
  std::uint32_t grace = 0;
  Duration penalty{};
};

struct InterfaceTraits {
  std::string name;    ///< unique among the living; stable over restarts for configured interfaces
  std::string parent;  ///< configured interface this one was spawned by (TCP clients), else empty
  InterfaceMode mode = InterfaceMode::kFull;
  std::uint64_t bitrate_bps = 10'000'000;     ///< for announce caps and timeouts; 0 = not known yet
  std::optional<std::uint32_t> hardware_mtu;  ///< bytes; nullopt = no MTU known
  bool autoconfigure_mtu = false;  ///< link MTU discovery may raise link MTUs over this interface
  bool fixed_mtu = false;
  bool outgoing = true;         ///< false: no broadcasts leave here
  bool ingress_control = true;  ///< hold bursts of unknown announces (radios: false)
  bool egress_control = false;  ///< limit path requests sent
  double announce_cap = 0.02;   ///< share of the bit rate for relayed announces, (0, 1]
  std::optional<AnnounceRate> announce_rate = AnnounceRate{3600s, 5, 0s};
  int gravity = 0;
  bool recursive_path_requests = false;
  bool announces_from_internal = true;
  bool announces_to_internal = false;
  /// A program on this host: the way to it is no hop, announces reach it at once, and what it asks
  /// for is looked up (reticulum-wire §27).
  bool program = false;
  /// A link with an authenticated Mehr neighbour: it understands control records and classes.
  bool hop_link = false;
  std::optional<IdentityHash> neighbour;  ///< who is at the other end of the hop link
  std::optional<Duration> latency;        ///< one way, measured on the hop link
  /// Hop link across a stretch of plain nodes: the interface whose packets carry its frames.
  std::optional<InterfaceId> rides_on;
  bool in_pieces = false;  ///< hop link: packets above hardware_mtu pass too, cut into pieces
  /// Plain Reticulum neighbours the operator does not vouch for: class P3, within a budget, and
  /// over free next hops only (architecture §3). Hop links ignore it.
  bool trusted = true;
  /// Wanted tunnel: this is a stream client; send a tunnel synthesis packet after each connect.
  std::optional<Hash32> tunnel_interface_hash;
};

}  // namespace mehr::routing
