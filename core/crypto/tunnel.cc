// The tunnel id and the signature check, declared in tunnel.h.
#include "core/crypto/tunnel.h"

#include "core/crypto/hash.h"
#include "core/crypto/identity.h"

namespace mehr::crypto {

TunnelId tunnel_id(const PublicIdentity& identity, const Hash32& interface_hash) {
  return sha256(concat({identity.view(), interface_hash.view()}));
}

std::optional<wire::Tunnel> check_tunnel(ByteView payload) {
  const auto tunnel = wire::decode_tunnel(payload);
  if (!tunnel) return std::nullopt;
  const ByteView signed_part = payload.first(wire::kTunnelSigned);
  if (!verify(verify_key(tunnel->identity), signed_part, tunnel->signature)) return std::nullopt;
  return tunnel;
}

}  // namespace mehr::crypto
