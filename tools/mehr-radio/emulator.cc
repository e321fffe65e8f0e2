// Events of the same moment happen in a fixed order: ends of frames, then by node timers and polls.
#include "tools/mehr-radio/emulator.h"

#include <algorithm>

#include "core/base/assert.h"

namespace mehr::mehr_radio {
namespace {

constexpr Duration kPollEvery = 1ms;  // the firmware's loop turns about this fast

void earlier(std::optional<Time>& first, std::optional<Time> other) {
  if (other && (!first || *other < *first)) first = other;
}

}  // namespace

Emulator::Emulator(std::uint64_t seed, FrameListener* listener)
    : chance_(seed), device_random_(~seed), listener_(listener), channel_(chance_) {}

NodeId Emulator::add_node(std::string name) {
  nodes_.emplace_back(std::move(name), device_random_);
  return channel_.add_node();
}

std::optional<NodeId> Emulator::find(std::string_view name) const {
  const auto at = std::ranges::find(nodes_, name, &Node::name);
  if (at == nodes_.end()) return std::nullopt;
  return static_cast<NodeId>(at - nodes_.begin());
}

void Emulator::plug(NodeId node, Time now) {
  advance(now);
  if (!nodes_[node].device.powered()) nodes_[node].device.power_on(clock_);
}

void Emulator::unplug(NodeId node, Time now) {
  advance(now);
  channel_.cut(node, clock_);
  nodes_[node].device.power_off();
  retune(node);
  advance(clock_);
}

void Emulator::from_host(NodeId node, ByteView bytes, Time now) {
  advance(now);
  nodes_[node].device.from_host(bytes, clock_);
  retune(node);
}

void Emulator::advance(Time now) {
  for (auto next = next_event(); next && *next <= now; next = next_event()) {
    clock_ = std::max(clock_, *next);
    while (channel_.next_end() && *channel_.next_end() <= clock_)
      end_frame();
    for (NodeId node = 0; node < nodes_.size(); ++node) {
      run_timers(node);
      poll(node);
    }
  }
  clock_ = std::max(clock_, now);
}

std::optional<Time> Emulator::next_event() const {
  std::optional<Time> first = channel_.next_end();
  for (const Node& node : nodes_) {
    earlier(first, node.device.next_timer());
    if (node.device.wants_air()) earlier(first, poll_time(node));
  }
  return first;
}

void Emulator::end_frame() {
  const Frame frame = channel_.finish();
  Node& sender = nodes_[frame.from];
  ++sender.totals.frames_sent;
  sender.totals.bytes_sent += frame.bytes.size();
  sender.totals.airtime += frame.airtime();
  for (const Reception& reception : frame.receptions) {
    Node& receiver = nodes_[reception.node];
    if (reception.lost != Lost::kWeak) receiver.device.channel_used(frame.start, frame.end);
    if (reception.lost) {
      ++receiver.totals.frames_lost[static_cast<std::size_t>(*reception.lost)];
      continue;
    }
    ++receiver.totals.frames_received;
    receiver.device.frame_heard(frame.bytes, reception.rssi_dbm, reception.snr_db, clock_);
  }
  if (listener_) listener_->frame_ended(frame);
  if (frame.cut) return;
  auto next = sender.device.frame_done(frame.airtime(), clock_);
  if (next) channel_.begin(frame.from, sender.device.power_dbm(), std::move(*next), clock_);
  retune(frame.from);  // what the host had sent meanwhile may have changed the radio
}

void Emulator::poll(NodeId id) {
  Node& node = nodes_[id];
  if (!node.device.wants_air() || poll_time(node) > clock_) return;
  node.next_poll = clock_ + kPollEvery;
  auto frame = node.device.poll_air(!channel_.busy(id, clock_), clock_);
  if (frame) channel_.begin(id, node.device.power_dbm(), std::move(*frame), clock_);
}

void Emulator::run_timers(NodeId id) {
  RnodeDevice& device = nodes_[id].device;
  const auto next = device.next_timer();
  if (!next || *next > clock_) return;
  if (const auto tuned = device.tuned())
    device.set_environment(channel_.rssi_dbm(id, clock_), tuned->noise_floor_dbm());
  device.run_timers(clock_);
}

void Emulator::retune(NodeId id) {
  channel_.tune(id, nodes_[id].device.tuned(), clock_);
}

}  // namespace mehr::mehr_radio
