// The connection and what comes from it; what it is told is in telling.cc.
#include "controlplane/accelerator/accelerator.h"

#include <utility>

#include "core/base/assert.h"
#include "core/wire/hop_frame.h"

namespace mehr::accelerator {
namespace {

constexpr Duration kLookAgain = 200ms;  // nothing is lost by waiting: mehrd forwards meanwhile
constexpr Duration kRefusedAgain = 5s;  // another version answers
constexpr Duration kReadyPatience = 5s;
constexpr Duration kTick = 100ms;

}  // namespace

std::string_view state_name(State state) {
  switch (state) {
    case State::kOff:
      return "off";
    case State::kLooking:
      return "looking";
    case State::kGreeting:
      return "greeting";
    case State::kRunning:
      return "running";
  }
  return "";
}

Accelerator::Accelerator(std::string socket, const Hash16& own_transport, const Parts& parts,
                         Turn turn, Tell tell)
    : socket_(std::move(socket)),
      own_transport_(own_transport),
      parts_(parts),
      turn_(std::move(turn)),
      tell_(std::move(tell)) {}

Accelerator::~Accelerator() {
  parts_.reactor.cancel(timer_);
}

void Accelerator::start() {
  state_since_ = parts_.reactor.now();
  if (socket_.empty()) return;
  state_ = State::kLooking;
  look();
}

void Accelerator::stop() {
  parts_.reactor.cancel(timer_);
  if (state_ == State::kRunning) {
    tell(border::Reset{border::Reset::kFlows | border::Reset::kNeighbours});
    flush();
    sessions_.reset(0, 0, *this);
  }
  state_ = State::kOff;
  stream_.reset();
  outbox_.clear();
}

// --- the connection ---

void Accelerator::look() {
  reactor::PacketStream::Events events;
  events.packet = [this](MutableByteView packet) { this->packet(packet); };
  events.closed = [this](const Status& status) {
    turn_([this, text = std::string(status.message())](Time now) { lost(text, now); });
  };
  events.writable = [this] { turn_([](Time) {}); };
  auto made = parts_.reactor.connect_packets(socket_, border::kPacketMax, std::move(events));
  if (!made.ok()) {
    const std::string reason(made.status().message());
    if (reason != reason_) {
      reason_ = reason;
      tell_(false, "no dataplane answers (" + reason +
                       "): everything is forwarded here; looking for it five times a second");
    }
    return look_later(kLookAgain);
  }
  stream_ = *std::move(made);
  state_ = State::kGreeting;
  state_since_ = parts_.reactor.now();
  timer_ = parts_.reactor.after(kReadyPatience, [this] { refuse("it does not say what it is"); });
}

void Accelerator::look_later(Duration delay) {
  parts_.reactor.cancel(timer_);
  timer_ = parts_.reactor.after(delay, [this] { look(); });
}

void Accelerator::refuse(const std::string& reason) {
  stream_.reset();
  outbox_.clear();
  state_ = State::kLooking;
  if (reason != reason_) tell_(false, "the dataplane at " + socket_ + " is not used: " + reason);
  reason_ = reason;
  look_later(kRefusedAgain);
}

void Accelerator::lost(const std::string& reason, Time now) {
  const bool ran = state_ == State::kRunning;
  state_ = State::kLooking;
  state_since_ = now;
  const bool same = reason == reason_;
  reason_ = reason;
  broken_ = false;
  stream_.reset();
  outbox_.clear();
  const std::vector<link::NeighbourId> lent = sessions_.lent();
  sessions_.reset(0, 0, *this);
  flows_.reset(0, 0, 0);
  interfaces_.clear();
  paths_.clear();
  look_later(kLookAgain);
  if (!ran && !same) tell_(false, "the dataplane at " + socket_ + " is not used: " + reason);
  if (!ran) return;
  ++losses_;
  parts_.neighbours.leave_devices(ready_.udp_port, {});
  tell_(false, "the dataplane is gone (" + reason + "): everything is forwarded here again");
  // What it took since it last said so could be replayed under these keys.
  for (const link::NeighbourId id : lent)
    parts_.neighbours.links().rekey(id, now);
}

void Accelerator::packet(MutableByteView packet) {
  turn_([this, packet](Time now) {
    const auto messages = border::decode_up(packet);
    if (!messages) return lost("it sent something that is no message", now);
    for (const border::Up& message : *messages) {
      if (stream_ == nullptr) return;
      const bool first = std::holds_alternative<border::Ready>(message);
      if (first != (state_ == State::kGreeting)) return lost("its messages have no order", now);
      take(message, now);
    }
  });
}

void Accelerator::flush() {
  if (stream_ == nullptr) return;
  outbox_.flush([this](ByteView packet) {
    return stream_->send(packet) == reactor::PacketStream::Sent::kSent;
  });
}

void Accelerator::tick() {
  timer_ = parts_.reactor.after(kTick, [this] { tick(); });
  turn_([this](Time now) {
    if (state_ != State::kRunning) return;
    if (broken_) return lost("it does not read", now);
    if (now >= refresh_at_) refresh(now);
    sync_sessions(now);
  });
}

// --- what it says ---

void Accelerator::take(const border::Up& message, Time now) {
  if (const auto* ready = std::get_if<border::Ready>(&message)) return take(*ready, now);
  if (const auto* stranger = std::get_if<border::Stranger>(&message)) return take(*stranger, now);
  if (const auto* use = std::get_if<border::KeyUse>(&message)) return take(*use, now);
  if (const auto* moved = std::get_if<border::Moved>(&message)) return take(*moved, now);
  if (const auto* readings = std::get_if<border::CounterReadings>(&message))
    return readings_.take(*readings, parts_.counters);
  if (const auto* readings = std::get_if<border::MeterReadings>(&message))
    return readings_.take(*readings);
  if (const auto* load = std::get_if<border::Load>(&message)) return readings_.take(*load);
  if (const auto* activity = std::get_if<border::Activity>(&message)) {
    for (const Hash16& key : activity->keys)
      parts_.router.flow_used(key, now);
    return;
  }
  if (const auto* records = std::get_if<border::Records>(&message)) {
    const auto id = sessions_.neighbour(records->neighbour);
    if (id) parts_.neighbours.opened_elsewhere(*id, records->records, now);
    return;
  }
  if (const auto* punt = std::get_if<border::Punt>(&message)) {
    const auto id = sessions_.neighbour(punt->neighbour);
    if (!id) return;
    ++punted_;
    parts_.neighbours.packet_elsewhere(*id, punt->packet, wire::HopClass::unpack(punt->hop_class),
                                       now);
  }
}

void Accelerator::take(const border::Ready& ready, Time now) {
  if (ready.receive_places < border::kReceivePlacesLeast ||
      ready.counters != border::kCounterCount) {
    return refuse("it is of another version than this mehrd");
  }
  if (ready.udp_port == 0) return refuse("it takes no hop frames from UDP (--udp-port)");
  ready_ = ready;
  state_ = State::kRunning;
  state_since_ = now;
  reason_.clear();
  readings_.begin(stream_->peer_process());
  places_.reset(ready, parts_.reactor.network_devices());
  local_.clear();
  sessions_.reset(ready.neighbours, ready.receive_places, *this);
  flows_.reset(ready.next_hops, ready.links, ready.flows);
  interfaces_.clear();
  paths_.clear();
  tell(border::Hello{border::kVersion, own_transport_, false, {}});
  tell(border::Reset{border::Reset::kFlows | border::Reset::kNeighbours});
  sync_sessions(now);
  tell(border::Sync{++token_});
  parts_.router.watch_flows();
  parts_.neighbours.leave_devices(ready.udp_port, places_.devices());
  refresh_at_ = now;
  parts_.reactor.cancel(timer_);
  timer_ = parts_.reactor.after(Duration::zero(), [this] { tick(); });
  std::string ports;
  for (const border::Ready::Port& port : ready.ports)
    ports += (ports.empty() ? "" : ", ") + port.name;
  tell_(true, "the dataplane forwards: " + ports + ", UDP port " + std::to_string(ready.udp_port) +
                  ", " + std::to_string(sessions_.size()) + " neighbours");
}

void Accelerator::take(const border::Stranger& stranger, Time now) {
  const std::string from = remote_text(stranger.endpoint);
  const auto carrier = parts_.neighbours.udp_carrier(stranger.endpoint.local_port);
  if (from.empty() || !carrier) return parts_.counters.add(border::Counter::kHopNoCarrier);
  places_.seen_on_port(from, stranger.port);
  parts_.neighbours.frame(*carrier, from, stranger.frame, Duration::zero(), now);
}

void Accelerator::take(const border::KeyUse& use, Time now) {
  for (const border::KeyUse::Row& row : use.rows) {
    if (const auto id = sessions_.neighbour(row.neighbour))
      parts_.neighbours.keys_used(*id, row, now);
  }
}

void Accelerator::take(const border::Moved& moved, Time now) {
  const auto id = sessions_.neighbour(moved.neighbour);
  const std::string address = remote_text(moved.endpoint);
  if (!id || address.empty()) return;
  places_.seen_on_port(address, moved.port);
  parts_.neighbours.moved_elsewhere(*id, address, now);
}

Report Accelerator::report() const {
  Report out;
  out.state = state_;
  out.socket = socket_;
  out.reason = reason_;
  out.since = parts_.reactor.now() - state_since_;
  out.losses = losses_;
  if (state_ != State::kRunning) return out;
  out.process = stream_->peer_process();
  out.ready = ready_;
  out.neighbours = sessions_.size();
  out.sealing = sessions_.sending();
  out.receive_keys = sessions_.receive_keys();
  out.flows = flows_.size();
  out.next_hops = flows_.next_hops();
  out.links = flows_.links();
  out.flows_refused = flows_.refused();
  out.punted = punted_;
  out.injected = injected_;
  out.carried = readings_.carried();
  out.load = readings_.load();
  out.counters = readings_.counters();
  return out;
}

}  // namespace mehr::accelerator
