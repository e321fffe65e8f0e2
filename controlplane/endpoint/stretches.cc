// Links sorted out by the destination they lead to.
#include "controlplane/endpoint/stretches.h"

#include "controlplane/routing/stretch.h"

namespace mehr::endpoint {

using border::Counter;

void Stretches::carry(StretchEvents& events, bool accept) {
  events_ = &events;
  if (accept != accepting_) accept ? destinations_.take_hop_links() : destinations_.end_hop_links();
  accepting_ = accept;
}

void Stretches::forget(StretchEvents& events) {
  if (events_ != &events) return;
  close_all();
  carry(events, false);
  events_ = nullptr;
}

bool Stretches::may_ride(routing::InterfaceId interface) const {
  const routing::InterfaceTraits* traits = context_.router.interface(interface);
  return traits != nullptr && !traits->rides_on;
}

std::optional<LinkId> Stretches::open(const DestinationHash& destination, bool fresh) {
  if (fresh) context_.router.drop_path(destination);
  const routing::PathEntry* path = context_.router.path(destination);
  if (path == nullptr || !may_ride(path->interface) || !peers_.identity(destination)) {
    context_.router.request_path(destination, context_.now, true);
    return std::nullopt;
  }
  const auto id = links_.connect(destination);
  if (!id) return std::nullopt;
  // One that is up already was opened for something else, by a message to that address.
  if (const Link* link = links_.find(*id); link == nullptr || link->usable()) return std::nullopt;
  links_here_.insert(*id);
  return id;
}

bool Stretches::send(const LinkId& id, ByteView datagram) {
  Link* link = links_here_.contains(id) ? links_.find(id) : nullptr;
  if (link == nullptr || !link->usable()) return false;
  if (datagram.size() > wire::link_mdu(link->mtu())) return false;
  link->send(wire::Context::kNone, datagram);
  return true;
}

void Stretches::close(const LinkId& id) {
  if (links_here_.contains(id)) links_.close(id);
}

void Stretches::close_all() {
  for (const LinkId& id : links_here_)
    links_.close(id);
}

void Stretches::request_arrived(const routing::Delivery& delivery) {
  if (!may_ride(delivery.from)) return context_.count(Counter::kEndpointLinkRefused);
  links_.request_arrived(delivery);
}

void Stretches::announce_heard(const routing::HeardAnnounce& heard) {
  if (events_ == nullptr || !routing::names_hop_destination(heard.announce.name)) return;
  events_->hop_destination_heard(heard.destination);
}

bool Stretches::link_up(const Link& link) {
  const bool here = link.initiator() ? links_here_.contains(link.id()) : is_hop(link.destination());
  if (!here || events_ == nullptr) return false;
  links_here_.insert(link.id());
  StretchLink up;
  up.id = link.id();
  up.ours = link.initiator();
  up.room = wire::link_mdu(link.mtu());
  up.rtt = link.rtt();
  up.interface = *link.interface();
  const routing::InterfaceTraits* below = context_.router.interface(up.interface);
  up.bitrate_bps = below == nullptr ? 0 : below->bitrate_bps;
  up.hops = link.hops();
  events_->stretch_up(up);
  return true;
}

bool Stretches::link_closed(const LinkId& id) {
  if (links_here_.erase(id) == 0) return false;
  if (events_ != nullptr) events_->stretch_down(id);
  return true;
}

bool Stretches::packet(const Link& link, ByteView plaintext) {
  if (!links_here_.contains(link.id())) return false;
  if (events_ != nullptr) events_->stretch_datagram(link.id(), plaintext);
  return true;
}

}  // namespace mehr::endpoint
