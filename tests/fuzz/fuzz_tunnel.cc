// Tunnel announcements: layout, signature, and the same bytes back.
#include "core/base/assert.h"
#include "core/crypto/tunnel.h"

using namespace mehr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input{data, size};
  const auto tunnel = wire::decode_tunnel(input);
  MEHR_ASSERT(tunnel.has_value() == (size == wire::kTunnelSize));
  const auto checked = crypto::check_tunnel(input);
  if (!tunnel) {
    MEHR_ASSERT(!checked);
    return 0;
  }
  const Bytes raw = wire::encode_tunnel(*tunnel);
  const auto packet = wire::decode_packet(raw);
  MEHR_ASSERT(packet && packet->destination == wire::kTunnelDestination);
  MEHR_ASSERT(to_bytes(packet->data) == to_bytes(input));
  MEHR_ASSERT(wire::tunnel_signed_material(*tunnel).size() == wire::kTunnelSigned);
  return 0;
}
