// The bytes of one row: paths, tunnels and messages as they lie in the databases. Owns the formats
// and the conversion of steady times to wall-clock times; knows no SQL. Rows are treated as hostile
// when read, since a disk may return anything. Pure; any thread.
//
//   path     version 1 | next hop 16 | hops 1 | state 1 | flags 1 | learned 8 | last used 8 |
//            expires 8 | interface name 2+n | blobs 1 + 10 each | announce payload 4+n
//   tunnel   version 1 | expires 8 | paths 4, each: destination 16 | path row 4+n
//   message  version 1 | incoming 1 | state 1 | method 1 | flags 1 | hops 1 | id 32 | source 16 |
//            destination 16 | timestamp 8 | attempts 4 | wire bytes 8 | rtt 8 | rssi 8 | snr 8 |
//            title 4+n | content 4+n | fields 4+n | reason 4+n
//   peer     version 1 | last linked 8 | interface name 2+n | address 2+n; key: identity 16 |
//            transport 1 (0 udp, 1 tcp)
//   announced  version 1 | emission 8, whole seconds; key: destination 16
//
// Integers are little endian, times Unix microseconds, real numbers IEEE 754 doubles.
#pragma once

#include <optional>

#include "controlplane/endpoint/endpoint.h"
#include "controlplane/neighbour/remembered.h"
#include "controlplane/routing/router.h"
#include "core/base/bytes.h"
#include "core/base/time.h"

namespace mehr::store {

inline constexpr std::size_t kMaxPathRow = 16'384;  ///< bytes; larger paths are not stored
inline constexpr std::size_t kMaxTunnelPaths = 4'096;
inline constexpr std::size_t kMaxTunnelRow = 8'388'608;    ///< bytes
inline constexpr std::size_t kMaxMessageRow = 20'971'520;  ///< bytes; above any max_message_bytes

inline constexpr std::size_t kMaxPeerRow = 1'024;  ///< bytes
inline constexpr std::size_t kPeerKey = IdentityHash::kSize + 1;
inline constexpr Duration kPeerLifetime = 24h * 30;  ///< since it was linked last

/// The same moment on both clocks.
struct ClockPair {
  Time now;
  UnixTime unix_now;
};

Bytes encode_path(const routing::PathEntry& entry, const ClockPair& clocks);
/// Ages come out as not below zero when the wall clock jumped back, and a path never lives longer
/// than it had when stored. @return nullopt when anything in the row is out of its range
std::optional<routing::PathEntry> decode_path(const DestinationHash& destination, ByteView row,
                                              const ClockPair& clocks);

/// Paths that are too large for a row of their own are left out, and those above kMaxTunnelPaths.
Bytes encode_tunnel(const routing::TunnelEntry& tunnel, const ClockPair& clocks);
std::optional<routing::TunnelEntry> decode_tunnel(const Hash32& id, ByteView row,
                                                  const ClockPair& clocks);

Bytes peer_key(const IdentityHash& identity, const std::string& transport);
Bytes encode_peer(const neighbour::RememberedPeer& peer, UnixTime last_linked);
struct PeerRow {
  neighbour::RememberedPeer peer;
  UnixTime last_linked;
};
std::optional<PeerRow> decode_peer(ByteView key, ByteView row);

/// When one of our destinations announced itself last, to the second.
Bytes encode_announced(UnixTime emitted);
/// @return nullopt unless it fits into the 40 bits an announce has for it
std::optional<UnixTime> decode_announced(ByteView row);

Bytes encode_message(const endpoint::Message& message);
std::optional<endpoint::Message> decode_message(ByteView row);

}  // namespace mehr::store
