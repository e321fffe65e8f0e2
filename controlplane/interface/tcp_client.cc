// Connects, and connects again for ever. A tunnel synthesis packet after each connect is the
// router's doing: the traits ask for it.
#include <algorithm>
#include <array>
#include <utility>

#include "controlplane/interface/tcp.h"

namespace mehr::interface {
namespace {

constexpr Duration kConnectTimeout = 5s;
/// A connection that held this long starts the pauses over. RNS Backbone servers lock out addresses
/// that come and go within 20 s too often.
constexpr Duration kStable = 20s;
constexpr std::array<Duration, 3> kPauses{1s, 2s, 5s};

}  // namespace

TcpClient::TcpClient(config::InterfaceConfig config, const InterfaceContext& context)
    : config_(std::move(config)),
      context_(context),
      port_(context_, config_),
      retry_(context_.reactor) {
  port_.set_detail(config_.connect_host + ":" + std::to_string(config_.connect_port));
}

void TcpClient::start() {
  connect();
}

void TcpClient::connect() {
  attempt_ =
      context_.reactor.connect_tcp(config_.connect_host, config_.connect_port, {}, kConnectTimeout,
                                   [this](Result<std::unique_ptr<reactor::Stream>> stream) {
                                     const auto ended = std::exchange(attempt_, nullptr);
                                     if (stream.ok()) {
                                       connected(*std::move(stream));
                                     } else {
                                       lost(std::string(stream.status().message()));
                                     }
                                   });
}

void TcpClient::connected(std::unique_ptr<reactor::Stream> stream) {
  connected_at_ = context_.reactor.now();
  link_ = std::make_unique<HdlcLink>(port_, context_.counters, std::move(stream));
  link_->start([this](const Status& status) {
    link_.reset();
    if (stopped_) return;
    if (context_.reactor.now() - connected_at_ >= kStable) failures_ = 0;
    lost(status.ok() ? "the other side closed the connection" : std::string(status.message()));
  });
  port_.set_state(InterfaceState::kUp, "");
}

void TcpClient::lost(const std::string& reason) {
  port_.set_state(InterfaceState::kDown, reason + "; trying again");
  retry_.after(next_pause(), [this] { connect(); });
}

Duration TcpClient::next_pause() {
  const Duration pause = kPauses[std::min<std::size_t>(failures_, kPauses.size() - 1)];
  ++failures_;
  // A tenth either way, so that the clients of a server that restarts do not come all at once.
  return pause * 9 / 10 + context_.random.jitter(pause / 5);
}

bool TcpClient::transmit(routing::InterfaceId id, ByteView raw) {
  if (id != port_.id()) return false;
  if (link_) {
    link_->send(raw);
  } else {
    port_.dropped(border::Counter::kTxInterfaceDown);
  }
  return true;
}

void TcpClient::report(std::vector<InterfaceReport>& out) const {
  out.push_back(port_.report());
  if (link_) out.back().queued_bytes = link_->queued_bytes();
}

void TcpClient::stop() {
  stopped_ = true;
  retry_.cancel();
  attempt_.reset();
  port_.set_state(InterfaceState::kDown, "the gateway stops");
  if (link_) link_->finish();
}

}  // namespace mehr::interface
