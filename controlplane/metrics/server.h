// Serves the metrics page: a few connections at a time, one request each, closed when answered or
// slow. Owns the socket and its clients; the page comes from whoever made it. Reactor thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/metrics/http_request.h"
#include "controlplane/reactor/reactor.h"
#include "core/border/counters.h"
#include "core/config/operators.h"

namespace mehr::metrics {

struct ServerOptions {
  config::MetricsPlace place;
  std::size_t clients_max = 8;
  Duration patience = 10s;  ///< from connecting to the end of the answer
  /// Who may ask over a Unix socket.
  std::function<bool(const reactor::PeerUser&)> allowed;
  std::function<std::string()> page;
};

class Server {
 public:
  /// Starts listening. `reactor` and `counters` must outlive the server.
  /// @return an error that says what to do when the socket cannot be made
  static Result<std::unique_ptr<Server>> start(ServerOptions options, reactor::Reactor& reactor,
                                               border::Counters& counters);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Where it listens, with the real port.
  [[nodiscard]] const std::string& address() const { return listener_->local_address(); }

 private:
  struct Client;
  Server(ServerOptions options, reactor::Reactor& reactor, border::Counters& counters);
  void accept(std::unique_ptr<reactor::Stream> stream);
  void received(Client& client, ByteView data);
  void answer(Client& client, const Request& request);
  void reply(Client& client, int status, bool head, std::string_view body);
  void remove(const Client* client);

  ServerOptions options_;
  reactor::Reactor& reactor_;
  border::Counters& counters_;
  std::vector<std::shared_ptr<Client>> clients_;
  std::unique_ptr<reactor::Listener> listener_;
};

}  // namespace mehr::metrics
