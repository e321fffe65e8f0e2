// States, counting, and the way of a frame through the gate. See port.h.
#include "controlplane/interface/port.h"

#include "controlplane/interface/traits.h"
#include "core/base/assert.h"
#include "core/wire/packet.h"

namespace mehr::interface {
namespace {

/// Radios have a hard limit for the whole frame; elsewhere the access code comes on top.
std::size_t frame_limit_of(const config::InterfaceConfig& config,
                           const routing::InterfaceTraits& traits, std::size_t code_bytes) {
  const std::size_t mtu = traits.hardware_mtu.value_or(wire::kMtu);
  return config.kind == config::InterfaceKind::kRnode ? mtu : mtu + code_bytes;
}

}  // namespace

Port::Port(const InterfaceContext& context, const config::InterfaceConfig& config)
    : Port(context, config, {config.name, std::string(kind_name(config.kind)), "", ""}) {}

Port::Port(const InterfaceContext& context, const config::InterfaceConfig& config, Names names)
    : context_(context),
      names_(std::move(names)),
      id_(context.events.next_interface_id()),
      traits_(traits_from_config(config)),
      gate_(config, context.counters),
      frame_limit_(frame_limit_of(config, traits_, gate_.size())),
      since_(context.reactor.now()) {
  traits_.name = names_.name;
  traits_.parent = names_.parent;
}

Port::~Port() {
  if (is_up() && names_.carries_packets) context_.events.down(id_, "removed");
}

void Port::set_state(InterfaceState state, std::string reason) {
  if (state == state_ && reason == reason_) return;
  const InterfaceState before = state_;
  if (state != before) since_ = context_.reactor.now();
  state_ = state;
  reason_ = std::move(reason);
  context_.events.state(names_.name, state_, reason_);
  if (!names_.carries_packets) return;
  if (before == InterfaceState::kUp && state_ != InterfaceState::kUp) {
    context_.events.down(id_, reason_);
  }
  if (before != InterfaceState::kUp && state_ == InterfaceState::kUp) {
    context_.events.up(id_, traits_);
  }
}

void Port::heard(std::size_t frame_bytes) {
  context_.counters.add(border::Counter::kRxFrames);
  context_.counters.add(border::Counter::kRxBytes, frame_bytes);
  ++rx_packets_;
  rx_bytes_ += frame_bytes;
}

void Port::received(ByteView frame, const routing::SignalReport& signal) {
  heard(frame.size());
  if (!is_up()) {
    context_.counters.add(border::Counter::kRxInterfaceDown);
    return;
  }
  if (frame.size() > frame_limit_) {
    context_.counters.add(border::Counter::kRxTooLong);
    return;
  }
  if (const auto packet = gate_.admit(frame)) context_.events.packet(id_, *packet, signal);
}

std::optional<ByteView> Port::outgoing(ByteView packet) {
  if (!is_up()) {
    dropped(border::Counter::kTxInterfaceDown);
    return std::nullopt;
  }
  MEHR_ASSERT(packet.size() >= 2);
  if (packet.size() + gate_.size() > frame_limit_) {
    dropped(border::Counter::kTxTooBig);
    return std::nullopt;
  }
  return gate_.protect(packet);
}

void Port::sent(std::size_t frame_bytes) {
  context_.counters.add(border::Counter::kTxFrames);
  context_.counters.add(border::Counter::kTxBytes, frame_bytes);
  ++tx_packets_;
  tx_bytes_ += frame_bytes;
}

void Port::dropped(border::Counter reason, std::uint64_t packets) {
  context_.counters.add(reason, packets);
  tx_dropped_ += packets;
}

InterfaceReport Port::report() const {
  InterfaceReport out;
  out.id = id_;
  out.name = names_.name;
  out.kind = names_.kind;
  out.parent = names_.parent;
  out.detail = names_.detail;
  out.mode = std::string(routing::mode_name(traits_.mode));
  out.state = state_;
  out.reason = reason_;
  out.state_age = context_.reactor.now() - since_;
  out.bitrate_bps = traits_.bitrate_bps;
  out.mtu = traits_.hardware_mtu.value_or(wire::kMtu);
  out.access_code = gate_.size() > 0;
  out.rx_packets = rx_packets_;
  out.rx_bytes = rx_bytes_;
  out.tx_packets = tx_packets_;
  out.tx_bytes = tx_bytes_;
  out.tx_dropped = tx_dropped_;
  return out;
}

void add_traffic(const InterfaceReport& from, InterfaceReport& to) {
  to.rx_packets += from.rx_packets;
  to.rx_bytes += from.rx_bytes;
  to.tx_packets += from.tx_packets;
  to.tx_bytes += from.tx_bytes;
  to.tx_dropped += from.tx_dropped;
}

}  // namespace mehr::interface
