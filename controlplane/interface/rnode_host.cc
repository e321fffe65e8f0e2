// Frames from the radio, phases and liveness. Failures found while a frame is handled are reported
// after the decoder is done, because the owner closes the line on them.
#include "controlplane/interface/rnode_host.h"

#include <algorithm>

namespace mehr::interface {

using border::Counter;

RnodeHost::RnodeHost(RnodeOptions options, RnodeHostSink& sink, border::Counters& counters)
    : options_(std::move(options)),
      modulation_{options_.parameters.bandwidth_hz, options_.parameters.spreading_factor,
                  options_.parameters.coding_rate},
      sink_(sink),
      counters_(counters) {}

void RnodeHost::opened(Time now) {
  phase_ = Phase::kSettling;
  deadline_ = now + options_.timing.settle;
  last_received_ = last_written_ = last_asked_ = now;
  decoder_.reset();
  status_ = {};
  failure_.reset();
  in_radio_.clear();
  in_radio_bytes_ = 0;
  hold_until_ = now;
  ready_ = true;
}

std::size_t RnodeHost::closed() {
  const std::size_t lost = queue_.size();
  phase_ = Phase::kClosed;
  queue_.clear();
  queued_bytes_ = 0;
  return lost;
}

void RnodeHost::shut_down() {
  if (phase_ == Phase::kClosed) return;
  for (const Bytes& frame : wire::rnode_shutdown())
    sink_.write(frame);
  closed();
}

void RnodeHost::write(ByteView bytes, Time now) {
  last_written_ = now;
  sink_.write(bytes);
}

void RnodeHost::fail(std::string reason) {
  if (phase_ == Phase::kClosed || failure_) return;
  counters_.add(phase_ == Phase::kOnline ? Counter::kRadioLost : Counter::kRadioBringUpFailed);
  failure_ = std::move(reason);
}

void RnodeHost::report_failure() {
  if (!failure_) return;
  phase_ = Phase::kClosed;
  const std::string reason = std::move(*failure_);
  failure_.reset();
  sink_.failed(reason);
}

void RnodeHost::receive(ByteView bytes, Time now) {
  if (phase_ == Phase::kClosed) return;
  if (decoder_.partial() && now - last_received_ > options_.timing.partial) {
    counters_.add(Counter::kRadioPartialFrame);
    decoder_.reset();
  }
  last_received_ = now;
  decoder_.push(bytes, [&](const wire::KissFrame& frame) {
    if (!failure_ && phase_ != Phase::kClosed) handle(frame, now);
  });
  counters_.add(Counter::kRadioCutFrame, decoder_.cut() - cut_counted_);
  cut_counted_ = decoder_.cut();
  if (!failure_) advance(now, false);
  if (phase_ == Phase::kOnline && !failure_) pump(now);
  report_failure();
}

void RnodeHost::handle(const wire::KissFrame& frame, Time now) {
  const wire::RnodeMessage message = wire::decode_rnode(frame.command, frame.payload);
  status_.apply(message);
  if (const auto* data = std::get_if<wire::RnodeData>(&message)) {
    handle_packet(data->packet);
  } else if (const auto* byte = std::get_if<wire::RnodeByte>(&message)) {
    handle_byte(*byte, now);
  } else if (std::holds_alternative<wire::RnodeChannelStatistics>(message)) {
    channel_reported_ = now;
  } else if (std::holds_alternative<wire::RnodeOther>(message)) {
    counters_.add(Counter::kRadioUnknownFrame);
  }
  if (phase_ != Phase::kOnline || failure_) return;
  const auto mismatch = wire::rnode_mismatch(options_.parameters, status_);
  if (mismatch != wire::RnodeMismatch::kNone) fail(mismatch_text(mismatch));
}

void RnodeHost::handle_packet(ByteView packet) {
  routing::SignalReport signal;
  if (status_.rssi_dbm) signal.rssi_dbm = *status_.rssi_dbm;
  signal.snr_db = status_.snr_db;
  status_.clear_signal();
  if (signal.rssi_dbm || signal.snr_db) last_signal_ = signal;
  sink_.packet(packet, signal);
}

void RnodeHost::handle_byte(const wire::RnodeByte& message, Time now) {
  switch (message.command) {
    case wire::RnodeCommand::kError:
      handle_error(message.value, now);
      break;
    case wire::RnodeCommand::kReady:
      // Any READY counts, whatever it says: that is what hosts and radios agreed on in practice.
      ready_ = true;
      break;
    case wire::RnodeCommand::kReset:
      if (message.value == wire::kRnodeResetDone && phase_ >= Phase::kConfiguring) {
        fail("the radio restarted by itself; setting it up again");
      }
      break;
    default:
      break;
  }
}

void RnodeHost::handle_error(std::uint8_t error, Time now) {
  counters_.add(Counter::kRadioErrorReports);
  if (error == static_cast<std::uint8_t>(wire::RnodeError::kQueueFull)) {
    counters_.add(Counter::kRadioQueueOverrun);
    // Our reckoning was too fast: let it work off a good part of what it has.
    constexpr int kPackets = 4;
    hold_until_ = now + kPackets * wire::rnode_packet_airtime(modulation_, wire::kRnodeMtu);
  }
  if (wire::rnode_error_is_fatal(error)) {
    fail("the radio reports an error: " + std::string(wire::rnode_error_text(error)));
  }
}

void RnodeHost::tick(Time now) {
  if (phase_ == Phase::kClosed) return;
  if (phase_ != Phase::kOnline) {
    if (now >= deadline_) advance(now, true);
    report_failure();
    return;
  }
  const RnodeTiming& timing = options_.timing;
  if (timing.silence > Duration::zero() && now - last_received_ >= timing.silence) {
    fail("the radio stopped answering");
    report_failure();
    return;
  }
  if (timing.keepalive > Duration::zero() && now >= keepalive_due()) {
    last_asked_ = now;
    write(wire::rnode_detect(), now);
  }
  pump(now);
}

// Packets of ours keep the line open but need no answer: a radio that hears nobody is still asked.
Time RnodeHost::keepalive_due() const {
  return std::min(last_written_, std::max(last_received_, last_asked_)) + options_.timing.keepalive;
}

std::optional<Time> RnodeHost::next_due() const {
  if (phase_ == Phase::kClosed) return std::nullopt;
  if (phase_ != Phase::kOnline) return deadline_;
  std::optional<Time> due;
  const auto consider = [&due](Time when) { due = due ? std::min(*due, when) : when; };
  const RnodeTiming& timing = options_.timing;
  if (timing.silence > Duration::zero()) consider(last_received_ + timing.silence);
  if (timing.keepalive > Duration::zero()) consider(keepalive_due());
  if (const auto pump = next_pump()) consider(*pump);
  return due;
}

}  // namespace mehr::interface
