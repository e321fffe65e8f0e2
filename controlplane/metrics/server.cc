// Accept, read one request, answer, close.
#include "controlplane/metrics/server.h"

#include <algorithm>

namespace mehr::metrics {
namespace {

using border::Counter;

constexpr std::size_t kAnswerMax = 4U << 20U;  // bytes; the page is some 60 KiB
constexpr unsigned kSocketMode = 0666;         // whoever connects is asked who he is

std::string_view phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Bad Request";
  }
}

/// A page of a web site may make a browser on this host ask; it cannot make it ask for this name.
bool host_is_here(const std::string& host) {
  return host.empty() || host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

}  // namespace

struct Server::Client {
  std::unique_ptr<reactor::Stream> stream;
  RequestReader reader;
  reactor::TimerId late;
  bool answered = false;
};

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, reactor::Reactor& reactor,
                                              border::Counters& counters) {
  auto server = std::unique_ptr<Server>(new Server(std::move(options), reactor, counters));
  Server* const self = server.get();
  const config::MetricsPlace& place = self->options_.place;
  const auto accept = [self](std::unique_ptr<reactor::Stream> stream) {
    self->accept(std::move(stream));
  };
  auto listener = place.path.empty() ? reactor.listen_tcp(place.host, place.port, {}, accept)
                                     : reactor.listen_unix(place.path, kSocketMode, accept);
  if (!listener.ok()) return listener.status();
  server->listener_ = std::move(*listener);
  return server;
}

Server::Server(ServerOptions options, reactor::Reactor& reactor, border::Counters& counters)
    : options_(std::move(options)), reactor_(reactor), counters_(counters) {}

Server::~Server() {
  for (const auto& client : clients_)
    reactor_.cancel(client->late);
}

void Server::accept(std::unique_ptr<reactor::Stream> stream) {
  if (clients_.size() >= options_.clients_max) return counters_.add(Counter::kMetricsTooMany);
  const auto user = stream->peer_user();
  if (!options_.place.path.empty() && (!user || !options_.allowed(*user))) {
    return counters_.add(Counter::kMetricsRefused);
  }
  auto client = std::make_shared<Client>();
  client->stream = std::move(stream);
  client->stream->set_queue_limit(kAnswerMax);
  Client* const key = client.get();
  clients_.push_back(std::move(client));
  key->late = reactor_.after(options_.patience, [this, key] {
    counters_.add(Counter::kMetricsSlow);
    remove(key);
  });
  key->stream->start({.data = [this, key](ByteView data) { received(*key, data); },
                      .closed = [this, key](const Status&) { remove(key); },
                      .drained = {}});
}

void Server::received(Client& client, ByteView data) {
  if (client.answered) return;
  switch (client.reader.append(data)) {
    case RequestReader::State::kMore:
      return;
    case RequestReader::State::kReady:
      return answer(client, client.reader.request());
    case RequestReader::State::kMalformed:
      counters_.add(Counter::kMetricsMalformed);
      return reply(client, client.reader.status(), false, phrase(client.reader.status()));
  }
}

void Server::answer(Client& client, const Request& request) {
  if (options_.place.path.empty() && !host_is_here(request.host)) {
    counters_.add(Counter::kMetricsRefused);
    return reply(client, 403, request.head, "ask for this page as localhost\n");
  }
  const std::string path = request.target.substr(0, request.target.find('?'));
  if (path != "/metrics") {
    return reply(client, 404, request.head, "the metrics are at /metrics\n");
  }
  counters_.add(Counter::kMetricsPages);
  reply(client, 200, request.head, options_.page());
}

void Server::reply(Client& client, int status, bool head, std::string_view body) {
  client.answered = true;
  std::string out = "HTTP/1.1 " + std::to_string(status) + " ";
  out.append(phrase(status));
  out.append("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: ");
  out.append(std::to_string(body.size()));
  if (status == 405) out.append("\r\nAllow: GET, HEAD");
  out.append("\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
  if (!head) out.append(body);
  client.stream->write(as_bytes(out));
  client.stream->finish();
}

void Server::remove(const Client* client) {
  const auto found =
      std::find_if(clients_.begin(), clients_.end(),
                   [client](const auto& candidate) { return candidate.get() == client; });
  if (found == clients_.end()) return;
  reactor_.cancel((*found)->late);
  // The stream must not die inside its own callback; the task holds the last reference.
  reactor_.post([kept = std::move(*found)] {});
  clients_.erase(found);
}

}  // namespace mehr::metrics
