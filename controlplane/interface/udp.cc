// A socket, opened again every 5 s while it cannot be had. See udp.h.
#include "controlplane/interface/udp.h"

#include <utility>

namespace mehr::interface {
namespace {

constexpr Duration kOpenRetry = 5s;

}  // namespace

Udp::Udp(config::InterfaceConfig config, const InterfaceContext& context)
    : config_(std::move(config)),
      context_(context),
      port_(context_, config_),
      retry_(context_.reactor) {}

std::string Udp::local_address() const {
  return socket_ ? socket_->local_address() : "";
}

void Udp::start() {
  open();
}

void Udp::open() {
  auto made = context_.reactor.open_udp(
      config_.listen_host, config_.listen_port, config_.connect_host, config_.connect_port,
      [this](ByteView data, const std::string&) { port_.received(data); });
  if (!made.ok()) {
    port_.set_state(InterfaceState::kDown,
                    std::string(made.status().message()) + "; trying again every 5 s");
    retry_.after(kOpenRetry, [this] { open(); });
    return;
  }
  socket_ = *std::move(made);
  std::string detail = socket_->local_address();
  if (!config_.connect_host.empty()) {
    detail += " -> " + config_.connect_host + ":" + std::to_string(config_.connect_port);
  }
  port_.set_detail(std::move(detail));
  port_.set_state(InterfaceState::kUp, "");
}

bool Udp::transmit(routing::InterfaceId id, ByteView raw) {
  if (id != port_.id()) return false;
  const auto frame = port_.outgoing(raw);
  if (!frame) return true;
  if (socket_->send(*frame)) {
    port_.sent(frame->size());
  } else {
    port_.dropped(border::Counter::kTxQueueFull);
  }
  return true;
}

void Udp::report(std::vector<InterfaceReport>& out) const {
  out.push_back(port_.report());
}

void Udp::stop() {
  retry_.cancel();
  port_.set_state(InterfaceState::kDown, "the gateway stops");
  socket_.reset();
}

}  // namespace mehr::interface
