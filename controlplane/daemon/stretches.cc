// See stretches.h.
#include "controlplane/daemon/stretches.h"

#include "controlplane/daemon/node.h"
#include "controlplane/routing/stretch.h"

namespace mehr::daemon {

void Stretches::carry(endpoint::StretchEvents& events, bool accept) {
  node_.turn(
      [this, &events, accept](Time now) { node_.endpoint().carry_stretches(events, accept, now); });
}

void Stretches::forget(endpoint::StretchEvents& events) {
  node_.turn([this, &events](Time now) { node_.endpoint().forget_stretches(events, now); });
}

void Stretches::open(const IdentityHash& node, bool fresh,
                     std::function<void(std::optional<LinkId>)> done) {
  node_.turn([this, destination = routing::hop_destination(node), fresh, done = std::move(done)](
                 Time now) { done(node_.endpoint().open_stretch(destination, fresh, now)); });
}

// Neighbours send from inside turns; what the router wants transmitted only waits in queues.
bool Stretches::send(const LinkId& link, ByteView datagram) {
  return node_.endpoint().send_stretch(link, datagram, node_.now());
}

void Stretches::close(const LinkId& link) {
  node_.turn([this, link](Time now) { node_.endpoint().close_stretch(link, now); });
}

void Stretches::stop() {
  node_.turn([this](Time now) { node_.endpoint().close_stretches(now); });
}

}  // namespace mehr::daemon
