// Links of this host that carry the frames of hop links across plain Reticulum nodes (SC-43), as
// those who use them see them: interface/hop_reticulum, by way of the daemon. Kept by stretches.h.
// Plain declarations; reactor thread.
#pragma once

#include "controlplane/routing/interface_traits.h"

namespace mehr::endpoint {

/// A link that is up.
struct StretchLink {
  LinkId id;
  bool ours = false;               ///< we asked for it
  std::size_t room = 0;            ///< bytes of the largest datagram; 431 at an MTU of 500
  Duration rtt{};                  ///< of its handshake
  routing::InterfaceId interface;  ///< that carries its packets
  std::uint64_t bitrate_bps = 0;   ///< of that interface, 0 = not known
  std::uint8_t hops = 0;           ///< plain nodes on the way, and one
};

/// Called from inside Endpoint calls; must not call the endpoint back.
class StretchEvents {
 public:
  virtual ~StretchEvents() = default;
  virtual void stretch_up(const StretchLink& link) = 0;
  /// One that was up, or one asked for that never came up.
  virtual void stretch_down(const LinkId& link) = 0;
  virtual void stretch_datagram(const LinkId& link, ByteView datagram) = 0;
  /// A node that takes hop links announced itself: now is the time to try.
  virtual void hop_destination_heard(const DestinationHash& destination) = 0;
};

}  // namespace mehr::endpoint
