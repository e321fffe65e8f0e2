// Accepting, counting and forgetting admin clients.
#include "controlplane/admin/server.h"

#include <algorithm>

namespace mehr::admin {

Result<std::unique_ptr<AdminServer>> AdminServer::start(AdminOptions options,
                                                        reactor::Reactor& reactor,
                                                        AdminBackend& backend,
                                                        border::Counters& counters) {
  auto server =
      std::unique_ptr<AdminServer>(new AdminServer(std::move(options), reactor, backend, counters));
  AdminServer* const self = server.get();
  auto listener = reactor.listen_unix(
      self->options_.path, self->options_.mode,
      [self](std::unique_ptr<reactor::Stream> stream) { self->accept(std::move(stream)); });
  if (!listener.ok()) return listener.status();
  server->listener_ = std::move(*listener);
  return server;
}

AdminServer::AdminServer(AdminOptions options, reactor::Reactor& reactor, AdminBackend& backend,
                         border::Counters& counters)
    : options_(std::move(options)), reactor_(reactor), backend_(backend), counters_(counters) {}

AdminServer::~AdminServer() = default;

void AdminServer::accept(std::unique_ptr<reactor::Stream> stream) {
  if (connections_.size() >= options_.clients_max) {
    counters_.add(border::Counter::kAdminTooMany);
    return;
  }
  const auto user = stream->peer_user();
  auto connection =
      std::make_shared<Connection>(std::move(stream), backend_, counters_, options_.read_only);
  auto gone = [this, key = connection.get()] { remove(key); };
  connections_.push_back(connection);
  if (user && options_.access.allows(*user)) {
    connection->start(std::move(gone));
  } else {
    counters_.add(border::Counter::kAdminRefused);
    connection->refuse(options_.read_only
                           ? "you are none of the `readers` in [operator]: use sudo"
                           : "the admin socket serves root, the user mehrd runs as and the `users` "
                             "in [operator]: use sudo",
                       std::move(gone));
  }
}

void AdminServer::remove(const Connection* connection) {
  const auto found =
      std::find_if(connections_.begin(), connections_.end(),
                   [connection](const auto& candidate) { return candidate.get() == connection; });
  if (found == connections_.end()) return;
  // The stream must not die inside its own callback; the task holds the last reference.
  reactor_.post([kept = std::move(*found)] {});
  connections_.erase(found);
}

void AdminServer::event(Topic topic, const Bytes& frame) {
  // A slow watcher leaves the list while it is walked.
  const auto snapshot = connections_;
  for (const auto& connection : snapshot)
    connection->event(topic, frame);
}

bool AdminServer::watched(Topic topic) const {
  return std::any_of(connections_.begin(), connections_.end(),
                     [topic](const auto& connection) { return connection->watches(topic); });
}

}  // namespace mehr::admin
