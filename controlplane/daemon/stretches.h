// Between hop links that ride in Reticulum links and the endpoint that keeps those: calls of the
// first become turns of the node. Decides nothing. Reactor thread.
#pragma once

#include "controlplane/interface/stretch_links.h"

namespace mehr::daemon {

class Node;

class Stretches final : public interface::StretchLinks {
 public:
  /// `node` must outlive it.
  Stretches(Node& node, const IdentityHash& identity) : node_(node), identity_(identity) {}

  [[nodiscard]] IdentityHash identity() const override { return identity_; }
  void carry(endpoint::StretchEvents& events, bool accept) override;
  void forget(endpoint::StretchEvents& events) override;
  void open(const IdentityHash& node, bool fresh,
            std::function<void(std::optional<LinkId>)> done) override;
  bool send(const LinkId& link, ByteView datagram) override;
  void close(const LinkId& link) override;

  /// Links end in order: the other sides hear of it.
  void stop();

 private:
  Node& node_;
  IdentityHash identity_;
};

}  // namespace mehr::daemon
