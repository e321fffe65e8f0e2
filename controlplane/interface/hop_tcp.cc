// Accepts, dials, and dials again. See hop_tcp.h.
#include "controlplane/interface/hop_tcp.h"

#include <algorithm>
#include <utility>

#include "core/wire/hop_frame.h"

namespace mehr::interface {
namespace {

constexpr Duration kConnectTimeout = 5s;
/// 1, 2, 4 .. 30 s between attempts; a connection that held this long starts the pauses over.
constexpr Duration kLongestPause = 30s, kStable = 20s;

constexpr auto kMostFrame = static_cast<std::uint16_t>(wire::kHopFrameMax);

}  // namespace

HopTcp::HopTcp(config::InterfaceConfig config, const InterfaceContext& context)
    : config_(std::move(config)),
      context_(context),
      port_(context_, config_, hop_names(config_)),
      retry_(context_.reactor) {
  for (HopTarget& target : hop_targets(config_))
    dialers_.push_back(std::make_unique<Dialer>(std::move(target), context_.reactor));
}

std::string HopTcp::local_address() const {
  return listener_ ? listener_->local_address() : "";
}

void HopTcp::start() {
  if (config_.hop.listen) {
    listen();
  } else {
    port_.set_detail("tcp, not listening");
    port_.set_state(InterfaceState::kUp, "");
  }
  for (const auto& dialer : dialers_)
    dial(*dialer);
}

void HopTcp::listen() {
  auto made = context_.reactor.listen_tcp(
      config_.listen_host, config_.listen_port, {},
      [this](std::unique_ptr<reactor::Stream> stream) { accept(std::move(stream)); });
  if (!made.ok()) {
    port_.set_state(InterfaceState::kDown,
                    std::string(made.status().message()) + "; trying again every 5 s");
    retry_.after(kHopOpenRetry, [this] { listen(); });
    return;
  }
  listener_ = *std::move(made);
  port_.set_detail("tcp " + listener_->local_address());
  port_.set_state(InterfaceState::kUp, "");
}

void HopTcp::accept(std::unique_ptr<reactor::Stream> stream) {
  const std::string network = link::SourceLimiter::prefix(stream->peer());
  if (!make_room(network)) {
    context_.counters.add(border::Counter::kRxClientRefused);
    return;
  }
  auto setup = hop_carrier(config_, kMostFrame);
  setup.link.name += "/" + stream->peer();
  setup.link.source = stream->peer();
  auto made = std::make_unique<HopConnection>(context_, port_, std::move(setup), std::move(stream));
  HopConnection& connection = *made;
  const std::uint32_t id = connection.id();
  accepted_.emplace(id, std::move(made));
  unlinked_.add(network, id);
  connection.start([this, id](const std::string&) {
    unlinked_.forget(id);
    accepted_.erase(id);
  });
}

bool HopTcp::make_room(const std::string& network) {
  while (const auto id = unlinked_.in_the_way(network))
    let_go(*id);
  while (accepted_.size() >= config_.max_clients) {
    const auto id = unlinked_.most_crowded();
    if (!id) return false;
    let_go(*id);
  }
  return true;
}

void HopTcp::let_go(std::uint32_t id) {
  unlinked_.forget(id);
  if (context_.carriers->linked(id, "")) return;
  context_.counters.add(border::Counter::kHopUnlinkedFull);
  accepted_.erase(id);
}

// --- dialling ---

void HopTcp::dial(Dialer& dialer) {
  dialer.report.state = neighbour::PeerState::kConnecting;
  context_.carriers->peer(dialer.report);
  dialer.attempt = context_.reactor.connect_tcp(
      dialer.peer.host, dialer.peer.port, {}, kConnectTimeout,
      [this, &dialer](Result<std::unique_ptr<reactor::Stream>> stream) {
        const auto ended = std::exchange(dialer.attempt, nullptr);
        if (stream.ok()) {
          connected(dialer, *std::move(stream));
        } else {
          lost(dialer, std::string(stream.status().message()));
        }
      });
}

void HopTcp::connected(Dialer& dialer, std::unique_ptr<reactor::Stream> stream) {
  dialer.connected_at = context_.reactor.now();
  dialer.report.address = stream->peer();
  auto setup = hop_carrier(config_, kMostFrame);
  setup.link.name += "/" + stream->peer();
  dialer.connection =
      std::make_unique<HopConnection>(context_, port_, std::move(setup), std::move(stream));
  dialer.report.carrier = dialer.connection->id();
  dialer.report.state = neighbour::PeerState::kGreeting;
  context_.carriers->peer(dialer.report);
  dialer.connection->start([this, &dialer](std::string reason) {
    dialer.connection.reset();
    if (context_.reactor.now() - dialer.connected_at >= kStable) dialer.report.failures = 0;
    lost(dialer, std::move(reason));
  });
  dialer.connection->dial(dialer.peer.identity);
}

void HopTcp::lost(Dialer& dialer, std::string reason) {
  if (stopped_) return;
  const Duration pause =
      std::min<Duration>(kLongestPause, Duration{1s} * (1 << std::min(dialer.report.failures, 5U)));
  ++dialer.report.failures;
  dialer.report.last_failure = std::move(reason);
  dialer.report.state = neighbour::PeerState::kConnecting;
  dialer.report.carrier = 0;
  context_.carriers->peer(dialer.report);
  // Up to a quarter more, so that the clients of a gateway that restarts do not come all at once.
  dialer.retry.after(pause + context_.random.jitter(pause / 4), [this, &dialer] { dial(dialer); });
}

void HopTcp::report(std::vector<InterfaceReport>& out) const {
  InterfaceReport row = port_.report();
  for (const auto& [id, connection] : accepted_)
    row.queued_bytes += connection->queued_bytes();
  for (const auto& dialer : dialers_) {
    if (dialer->connection) row.queued_bytes += dialer->connection->queued_bytes();
  }
  out.push_back(std::move(row));
}

void HopTcp::stop() {
  stopped_ = true;
  retry_.cancel();
  listener_.reset();
  for (const auto& [id, connection] : accepted_)
    connection->finish();
  for (const auto& dialer : dialers_) {
    dialer->retry.cancel();
    dialer->attempt.reset();
    if (dialer->connection) dialer->connection->finish();
  }
  port_.set_state(InterfaceState::kDown, "the gateway stops");
}

}  // namespace mehr::interface
