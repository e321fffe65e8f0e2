// Accepts, names and forgets clients. The server's own port only shows whether it listens: its id
// never carries packets.
#include <utility>

#include "controlplane/interface/tcp.h"
#include "controlplane/interface/traits.h"

namespace mehr::interface {
namespace {

constexpr Duration kListenRetry = 5s;

}  // namespace

TcpServer::TcpServer(config::InterfaceConfig config, const InterfaceContext& context)
    : config_(std::move(config)),
      context_(context),
      port_(context_, config_, {config_.name, std::string(kind_name(config_.kind)), "", "", false}),
      retry_(context_.reactor) {
  if (config_.kind != config::InterfaceKind::kTcpServer) return;
  port_.set_detail(config_.listen_host + ":" + std::to_string(config_.listen_port));
}

Result<std::unique_ptr<reactor::Listener>> TcpServer::open(reactor::AcceptFn accept) {
  return context_.reactor.listen_tcp(config_.listen_host, config_.listen_port, {},
                                     std::move(accept));
}

Port::Names TcpServer::name_client(const reactor::Stream& stream) {
  return {unused_name(stream.peer()), "tcp-peer", config_.name, stream.peer()};
}

std::string TcpServer::local_address() const {
  return listener_ ? listener_->local_address() : "";
}

void TcpServer::start() {
  listen();
}

void TcpServer::listen() {
  auto made = open([this](std::unique_ptr<reactor::Stream> stream) { accept(std::move(stream)); });
  if (!made.ok()) {
    port_.set_state(InterfaceState::kDown,
                    std::string(made.status().message()) + "; trying again every 5 s");
    retry_.after(kListenRetry, [this] { listen(); });
    return;
  }
  listener_ = *std::move(made);
  port_.set_detail(listener_->local_address());
  port_.set_state(InterfaceState::kUp, "");
}

void TcpServer::accept(std::unique_ptr<reactor::Stream> stream) {
  if (clients_.size() >= config_.max_clients) {
    context_.counters.add(border::Counter::kRxClientRefused);
    return;
  }
  Port::Names names = name_client(*stream);
  auto client = std::make_unique<Client>(context_, config_, std::move(names), std::move(stream));
  Client& made = *client;
  const routing::InterfaceId id = made.port.id();
  clients_.emplace(id, std::move(client));
  made.port.set_state(InterfaceState::kUp, "");
  made.link.start([this, id](const Status& status) { remove(id, status); });
}

std::string TcpServer::unused_name(const std::string& peer) const {
  const std::string name = config_.name + "/" + peer;
  // An old connection from the same address and port may not have noticed its end yet.
  for (const auto& [id, client] : clients_) {
    if (client->port.traits().name == name) return name + "#" + std::to_string(id.value);
  }
  return name;
}

void TcpServer::remove(routing::InterfaceId id, const Status& status) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  const std::unique_ptr<Client> client = std::move(found->second);
  clients_.erase(found);
  client->port.set_state(InterfaceState::kDown, status.ok() ? "the client closed the connection"
                                                            : std::string(status.message()));
  add_traffic(client->port.report(), left_);
}

bool TcpServer::transmit(routing::InterfaceId id, ByteView raw) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return false;
  found->second->link.send(raw);
  return true;
}

void TcpServer::report(std::vector<InterfaceReport>& out) const {
  // The server's own row tells of all its clients, also those who left: totals never fall.
  const std::size_t own = out.size();
  out.push_back(port_.report());
  add_traffic(left_, out[own]);
  for (const auto& [id, client] : clients_) {
    out.push_back(client->port.report());
    out.back().queued_bytes = client->link.queued_bytes();
    add_traffic(out.back(), out[own]);
  }
}

void TcpServer::stop() {
  retry_.cancel();
  listener_.reset();
  for (const auto& [id, client] : clients_) {
    client->port.set_state(InterfaceState::kDown, "the gateway stops");
    client->link.finish();
  }
  port_.set_state(InterfaceState::kDown, "the gateway stops");
}

}  // namespace mehr::interface
