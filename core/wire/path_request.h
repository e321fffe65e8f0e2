// Path requests: the PLAIN packet with which a node asks for the way to a destination. Owns the
// payload's layout and its reading by length; who answers is controlplane/routing's. Any thread;
// pure.
//
//   0    16   wanted destination
//   16   [16] transport id of the requestor, only when it is a transport node
//   ..   1..16  tag
//
// Source: reticulum-wire §10.
#pragma once

#include <optional>

#include "core/base/bytes.h"
#include "core/wire/packet.h"

namespace mehr::wire {

/// PLAIN destination "rnstransport.path.request".
inline constexpr DestinationHash kPathRequestDestination{{0x6b, 0x9f, 0x66, 0x01, 0x4d, 0x98, 0x53,
                                                          0xfa, 0xab, 0x22, 0x0f, 0xba, 0x47, 0xd0,
                                                          0x27, 0x61}};
inline constexpr std::size_t kPathTagMax = 16;  ///< bytes of a tag that count

struct PathRequest {
  DestinationHash destination;
  std::optional<Hash16> transport_id;
  ByteView tag;  ///< 1..kPathTagMax bytes, points into the payload
};

/// @param payload data of a packet to kPathRequestDestination. Over 32 bytes: transport id, then
///        tag; 17..32: tag alone. A tag beyond kPathTagMax is cut.
/// @return nullopt without a tag (16 bytes or fewer)
std::optional<PathRequest> decode_path_request(ByteView payload);

/// The whole packet, header type 1, hops 0. @param request with a tag of 1..kPathTagMax bytes
Bytes encode_path_request(const PathRequest& request);

}  // namespace mehr::wire
