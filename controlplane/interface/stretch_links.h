// The seam between hop links that ride in Reticulum links (hop_reticulum) and the endpoint that
// keeps those. The daemon stands between the two: calls become turns, events come from inside them.
// Reactor thread.
#pragma once

#include <functional>
#include <optional>

#include "controlplane/endpoint/stretch.h"

namespace mehr::interface {

class StretchLinks {
 public:
  virtual ~StretchLinks() = default;
  /// Ours, for ties between two that call each other.
  [[nodiscard]] virtual IdentityHash identity() const = 0;
  /// @param accept take links from others, and announce it
  virtual void carry(endpoint::StretchEvents& events, bool accept) = 0;
  /// Ends what carry() began, if nobody else began it anew; `events` hears no more.
  virtual void forget(endpoint::StretchEvents& events) = 0;
  /// Asks a node for a link. @param fresh its path led nowhere lately
  /// @param done called now or soon; nullopt: no path yet, no room
  virtual void open(const IdentityHash& node, bool fresh,
                    std::function<void(std::optional<LinkId>)> done) = 0;
  /// Sends now; called from inside turns. @return false: it is not up
  virtual bool send(const LinkId& link, ByteView datagram) = 0;
  virtual void close(const LinkId& link) = 0;
};

}  // namespace mehr::interface
