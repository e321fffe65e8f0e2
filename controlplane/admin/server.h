// The server side of the admin socket: accepts clients on a Unix socket, refuses strangers, passes
// requests to the backend and message events to those who watch. Owns the socket and its clients.
// Reactor thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/admin/access.h"
#include "controlplane/admin/connection.h"

namespace mehr::admin {

struct AdminOptions {
  std::string path;              ///< of the socket; its folder must exist
  unsigned mode = 0600;          ///< file mode
  bool read_only = false;        ///< answer questions, refuse orders
  Access access;                 ///< who is served
  std::size_t clients_max = 32;  ///< a client beyond is closed at once
};

class AdminServer {
 public:
  /// Starts listening. All references must outlive the server.
  /// @return an error that says what to do when the socket cannot be made
  static Result<std::unique_ptr<AdminServer>> start(AdminOptions options, reactor::Reactor& reactor,
                                                    AdminBackend& backend,
                                                    border::Counters& counters);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Sends `frame`, an encoded response, to everybody who watches the topic.
  void event(Topic topic, const Bytes& frame);
  /// Whether anybody watches, so that callers can save making the event.
  [[nodiscard]] bool watched(Topic topic) const;
  /// From the next connection on.
  void set_access(Access access) { options_.access = std::move(access); }
  [[nodiscard]] std::size_t clients() const { return connections_.size(); }

 private:
  AdminServer(AdminOptions options, reactor::Reactor& reactor, AdminBackend& backend,
              border::Counters& counters);
  void accept(std::unique_ptr<reactor::Stream> stream);
  void remove(const Connection* connection);

  AdminOptions options_;
  reactor::Reactor& reactor_;
  AdminBackend& backend_;
  border::Counters& counters_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::unique_ptr<reactor::Listener> listener_;
};

}  // namespace mehr::admin
