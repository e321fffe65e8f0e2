// Tunnel announcements: the PLAIN packet by which a stream client tells who it is, so that its
// paths survive a reconnect. Owns the payload's layout; the signature is core/crypto/tunnel.h's,
// tunnels themselves are controlplane/routing's. Any thread; pure.
//
//   0    64   public identity of the client's transport instance
//   64   32   hash of its interface's name
//   96   16   random
//   112  64   Ed25519 signature over the first 112 bytes
//
// Source: reticulum-wire §20.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/wire/packet.h"

namespace mehr::wire {

/// PLAIN destination "rnstransport.tunnel.synthesize".
inline constexpr DestinationHash kTunnelDestination{{0x91, 0xbf, 0x09, 0x10, 0x26, 0x7b, 0x59, 0xb0,
                                                     0xe8, 0x64, 0xe0, 0xd4, 0xc9, 0x16, 0x02,
                                                     0xca}};
inline constexpr std::size_t kTunnelSize = 176;    ///< payload bytes, exactly
inline constexpr std::size_t kTunnelSigned = 112;  ///< of them signed

struct Tunnel {
  PublicIdentity identity;
  Hash32 interface_hash;
  Hash16 random;
  Signature signature;
};

/// @param payload data of a packet to kTunnelDestination; nullopt unless kTunnelSize bytes
std::optional<Tunnel> decode_tunnel(ByteView payload);
/// The kTunnelSigned bytes a client signs.
Bytes tunnel_signed_material(const Tunnel& tunnel);
/// The whole packet, header type 1, hops 0.
Bytes encode_tunnel(const Tunnel& tunnel);

}  // namespace mehr::wire
