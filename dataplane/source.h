// Who sent a frame, read from the headers before it: for the control plane, which answers
// strangers, and to notice neighbours whose address changed. Pure; any thread.
#pragma once

#include "core/border/messages.h"
#include "dataplane/frame.h"

namespace mehr::dataplane {

/// The far end of a wire, as far as a neighbour is told by it: Ethernet address, or IP address and
/// UDP port.
struct alignas(32) Source {
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;  ///< host order
  std::uint8_t form = 0;   ///< border::EndpointForm; 0: nobody
  bool operator==(const Source&) const = default;
};

/// @param headers from the Ethernet header to the hop frame, as unwrap() accepted them
Source source_of(ByteView headers);
/// Both ends: local is what the frame was sent to.
border::Endpoint endpoint_of(ByteView headers);
Source source_of(const border::Endpoint& endpoint);

}  // namespace mehr::dataplane
