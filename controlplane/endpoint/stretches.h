// Which links carry hop frames: those that others open to our "mehr.hop" destination, and those we
// open to theirs. Never over an interface that is such a link itself. Links themselves are
// links.h's; who is at the other end is found out by the hop handshake inside. Reactor thread.
// Source: SC-43.
#pragma once

#include <set>

#include "controlplane/endpoint/destinations.h"
#include "controlplane/endpoint/links.h"
#include "controlplane/endpoint/stretch.h"

namespace mehr::endpoint {

class Stretches {
 public:
  Stretches(Context& context, Destinations& destinations, Peers& peers, Links& links)
      : context_(context), destinations_(destinations), peers_(peers), links_(links) {}

  /// See Endpoint.
  void carry(StretchEvents& events, bool accept);
  void forget(StretchEvents& events);
  std::optional<LinkId> open(const DestinationHash& destination, bool fresh);
  bool send(const LinkId& id, ByteView datagram);
  void close(const LinkId& id);
  void close_all();

  [[nodiscard]] bool is_hop(const DestinationHash& destination) const {
    return accepting_ && destination == destinations_.hop();
  }
  /// A link to is_hop() is wanted.
  void request_arrived(const routing::Delivery& delivery);
  void announce_heard(const routing::HeardAnnounce& heard);

  // From the hooks of Links. False: the link is none of these.
  bool link_up(const Link& link);
  bool link_closed(const LinkId& id);
  bool packet(const Link& link, ByteView plaintext);

 private:
  [[nodiscard]] bool may_ride(routing::InterfaceId interface) const;

  Context& context_;
  Destinations& destinations_;
  Peers& peers_;
  Links& links_;
  StretchEvents* events_ = nullptr;
  bool accepting_ = false;
  std::set<LinkId> links_here_;  ///< up or asked for; bounded by the table of links
};

}  // namespace mehr::endpoint
