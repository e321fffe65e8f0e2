// Reading and writing path requests, declared in path_request.h.
#include "core/wire/path_request.h"

#include <algorithm>

#include "core/base/assert.h"

namespace mehr::wire {

std::optional<PathRequest> decode_path_request(ByteView payload) {
  if (payload.size() <= Hash16::kSize) return std::nullopt;
  ByteReader reader(payload);
  PathRequest request;
  request.destination = reader.fixed<16>();
  if (payload.size() > 2 * Hash16::kSize) request.transport_id = reader.fixed<16>();
  request.tag = reader.take(std::min(reader.remaining(), kPathTagMax));
  return request;
}

Bytes encode_path_request(const PathRequest& request) {
  MEHR_ASSERT(!request.tag.empty() && request.tag.size() <= kPathTagMax);
  const Bytes payload =
      concat({request.destination.view(),
              request.transport_id ? request.transport_id->view() : ByteView{}, request.tag});
  Packet packet;
  packet.destination_type = DestinationType::kPlain;
  packet.destination = kPathRequestDestination;
  packet.data = payload;
  return encode_packet(packet);
}

}  // namespace mehr::wire
