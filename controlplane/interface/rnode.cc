// Device, timers and sentences around the state machine. See rnode.h.
#include "controlplane/interface/rnode.h"

#include <utility>

#include "controlplane/interface/traits.h"

namespace mehr::interface {
namespace {

constexpr Duration kRetry = 5s;
constexpr Duration kConnectTimeout = 5s;

std::string place_of(const config::InterfaceConfig& config) {
  if (!config.device.empty()) return config.device;
  const std::uint16_t port = config.connect_port != 0 ? config.connect_port : Rnode::kTcpPort;
  return config.connect_host + ":" + std::to_string(port);
}

}  // namespace

Rnode::Rnode(config::InterfaceConfig config, const InterfaceContext& context)
    : Rnode(config, context, config.device.empty() ? kRnodeTcpTiming : kRnodeSerialTiming, kRetry) {
}

Rnode::Rnode(config::InterfaceConfig config, const InterfaceContext& context, RnodeTiming timing,
             Duration retry)
    : config_(std::move(config)),
      context_(context),
      retry_pause_(retry),
      port_(context_, config_),
      host_({radio_parameters(config_.radio), timing, false}, *this, context_.counters),
      retry_(context_.reactor),
      due_(context_.reactor) {
  port_.set_detail(place_of(config_));
}

void Rnode::start() {
  open();
}

void Rnode::open() {
  if (over_tcp()) {
    const std::uint16_t port = config_.connect_port != 0 ? config_.connect_port : kTcpPort;
    attempt_ =
        context_.reactor.connect_tcp(config_.connect_host, port, {}, kConnectTimeout,
                                     [this](Result<std::unique_ptr<reactor::Stream>> stream) {
                                       const auto ended = std::exchange(attempt_, nullptr);
                                       if (stream.ok()) {
                                         opened(*std::move(stream));
                                       } else {
                                         lost(std::string(stream.status().message()));
                                       }
                                     });
    return;
  }
  auto stream = context_.reactor.open_serial(config_.device, {config_.baud});
  if (stream.ok()) {
    opened(*std::move(stream));
  } else if (absl::IsNotFound(stream.status())) {
    lost("no device at " + config_.device + ": plug the radio in or check `device`");
  } else {
    lost(std::string(stream.status().message()));
  }
}

void Rnode::opened(std::unique_ptr<reactor::Stream> stream) {
  stream_ = std::move(stream);
  reactor::Stream::Events events;
  events.data = [this](ByteView data) {
    host_.receive(data, context_.reactor.now());
    schedule();
  };
  events.closed = [this](const Status& status) {
    if (stopped_) {
      stream_.reset();
      return;
    }
    if (port_.is_up()) context_.counters.add(border::Counter::kRadioLost);
    lost(status.ok() ? place_of(config_) + " closed the connection"
                     : std::string(status.message()));
  };
  stream_->start(std::move(events));
  host_.opened(context_.reactor.now());
  schedule();
}

void Rnode::lost(const std::string& reason) {
  due_.cancel();
  stream_.reset();
  const std::size_t queued = host_.closed();
  if (queued > 0) port_.dropped(border::Counter::kTxInterfaceDown, queued);
  port_.set_state(InterfaceState::kDown, reason);
  retry_.after(retry_pause_, [this] { open(); });
}

void Rnode::schedule() {
  const auto due = host_.next_due();
  if (!due) {
    due_.cancel();
    return;
  }
  due_.at(*due, [this] {
    host_.tick(context_.reactor.now());
    schedule();
  });
}

void Rnode::write(ByteView bytes) {
  // The metering keeps this far below the stream's queue limit.
  if (stream_) stream_->write(bytes);
}

void Rnode::packet(ByteView frame, const routing::SignalReport& signal) {
  port_.received(frame, signal);
}

void Rnode::online() {
  port_.set_state(InterfaceState::kUp, "");
}

void Rnode::failed(const std::string& reason) {
  lost(reason);
}

bool Rnode::transmit(routing::InterfaceId id, ByteView raw) {
  if (id != port_.id()) return false;
  const auto frame = port_.outgoing(raw);
  if (!frame) return true;
  if (host_.send(*frame, context_.reactor.now())) {
    port_.sent(frame->size());
  } else {
    port_.dropped(border::Counter::kTxQueueFull);
  }
  schedule();
  return true;
}

RadioReport Rnode::radio_report() const {
  const wire::RnodeStatus& status = host_.status();
  RadioReport out;
  if (status.firmware) {
    const std::string minor = std::to_string(status.firmware->minor);
    out.firmware =
        std::to_string(status.firmware->major) + "." + (minor.size() < 2 ? "0" + minor : minor);
  }
  if (status.platform) out.platform = std::string(wire::rnode_platform_name(*status.platform));
  out.rssi_dbm = host_.last_signal().rssi_dbm;
  out.snr_db = host_.last_signal().snr_db;
  if (status.channel) {
    out.airtime_short_percent = status.channel->airtime_short_percent;
    out.airtime_long_percent = status.channel->airtime_long_percent;
    out.channel_load_short_percent = status.channel->load_short_percent;
    out.channel_load_long_percent = status.channel->load_long_percent;
    out.noise_floor_dbm = status.channel->noise_floor_dbm;
  }
  if (status.battery) out.battery_percent = status.battery->percent;
  if (status.temperature_c) out.temperature_c = *status.temperature_c;
  out.airtime_sent_seconds = to_seconds(host_.airtime_sent());
  return out;
}

void Rnode::report(std::vector<InterfaceReport>& out) const {
  out.push_back(port_.report());
  out.back().queued_bytes = host_.queued_bytes();
  out.back().radio = radio_report();
}

void Rnode::stop() {
  stopped_ = true;
  retry_.cancel();
  due_.cancel();
  attempt_.reset();
  const std::size_t queued = host_.queued_packets();
  if (queued > 0) port_.dropped(border::Counter::kTxInterfaceDown, queued);
  host_.shut_down();
  port_.set_state(InterfaceState::kDown, "the gateway stops");
  if (stream_) stream_->finish();
}

}  // namespace mehr::interface
