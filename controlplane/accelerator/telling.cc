// What the dataplane is told, and in which order.
#include <algorithm>

#include "controlplane/accelerator/accelerator.h"
#include "core/wire/hop_frame.h"

namespace mehr::accelerator {
namespace {

constexpr Duration kRefresh = 5s;  // of devices, addresses, and the kernel's idea of a neighbour
constexpr std::size_t kLocalMax = 4'096;
/// Full packets that may wait before flows, and before frames, are kept back.
constexpr std::size_t kFlowsWait = 4, kFramesWait = 64;
constexpr std::size_t kFlowsAtOnce = 512, kFlowsATurn = 4'096;
/// Bytes of a frame until the path is known, as everywhere.
constexpr std::size_t kFrameLeast = 1'232;
// The router's budget of urgent packets (routing/traffic.cc).
constexpr double kUrgentShare = 0.25;
constexpr double kUrgentLeast = 2'000;

}  // namespace

void Accelerator::lend(link::NeighbourId id, bool lent) {
  parts_.neighbours.links().lend(id, lent);
}
std::optional<border::SetReceive> Accelerator::lend_receive(link::NeighbourId id,
                                                            std::uint32_t local_index) {
  return parts_.neighbours.links().lend_receive(id, local_index, parts_.reactor.now());
}
std::optional<border::SetSend> Accelerator::lend_send(link::NeighbourId id, std::uint8_t lane) {
  return parts_.neighbours.links().lend_send(id, lane, parts_.reactor.now());
}

// What cannot be told makes the two sides differ; tick() ends that.
void Accelerator::tell(const border::Down& message) {
  broken_ = !outbox_.add(message) || broken_;
}

std::optional<neighbour::Carrier::Sent> Accelerator::send(const link::CarrierPath& path,
                                                          std::uint16_t udp_port, ByteView frame) {
  using Sent = neighbour::Carrier::Sent;
  if (state_ != State::kRunning || straight_ || udp_port != ready_.udp_port) return std::nullopt;
  // A frame must not provoke others under keys that are not there yet.
  if (parts_.neighbours.links().keys_version() != keys_version_)
    sync_sessions(parts_.reactor.now());
  if (!paths_.contains(path)) return std::nullopt;
  const auto port = port_towards(path.address);
  const auto endpoint = endpoint_towards(path.address, udp_port);
  if (!port || !endpoint) return std::nullopt;
  const bool six = endpoint->form == border::EndpointForm::kUdp6;
  if (frame.size() > places_.frame_max(*port, six)) return Sent::kTooBig;
  if (outbox_.waiting() >= kFramesWait) return Sent::kBusy;
  tell(border::SendRaw{*port, *endpoint, frame});
  ++injected_;
  return Sent::kSent;
}

void Accelerator::heard_on_socket(const std::string& address, ByteView frame) {
  if (state_ != State::kRunning) return;
  const auto kind = wire::hop_frame_kind(frame);
  if (kind && kind->type != wire::HopFrameType::kData) places_.seen_on_socket(address);
}

void Accelerator::sent(routing::InterfaceId to, ByteView raw, std::uint32_t source) {
  if (state_ != State::kRunning || !interfaces_.contains(to.value)) return;
  // What came up from there is remembered there.
  if (interfaces_.contains(source) || outbox_.waiting() >= kFramesWait) return;
  tell(border::Seen{raw});
}

void Accelerator::turn_ended(Time now) {
  if (state_ != State::kRunning) return;
  if (parts_.neighbours.links().keys_version() != keys_version_) sync_sessions(now);
  sync_flows(now);
  flush();
}

std::optional<std::uint16_t> Accelerator::port_towards(const std::string& address) {
  if (places_.known(address)) return places_.port(address, "");
  auto found = local_.find(address);
  if (found == local_.end()) {
    if (local_.size() >= kLocalMax) local_.clear();
    found = local_.emplace(address, parts_.reactor.address_towards(address)).first;
  }
  return places_.port(address, found->second);
}

std::optional<border::SetNeighbour> Accelerator::place_of(const link::LendableSession& session,
                                                          Time now) {
  const std::uint16_t udp_port = parts_.neighbours.udp_port(session.path.carrier);
  if (udp_port != ready_.udp_port) return std::nullopt;
  const auto endpoint = endpoint_towards(session.path.address, udp_port);
  const auto port = port_towards(session.path.address);
  if (!endpoint || !port) return std::nullopt;
  const bool six = endpoint->form == border::EndpointForm::kUdp6;
  const auto facts = parts_.neighbours.facts(session.id);
  border::SetNeighbour out;
  out.port = *port;
  out.endpoint = *endpoint;
  const std::size_t frame = std::min<std::size_t>(
      {facts ? facts->frame_bytes : kFrameLeast, places_.frame_max(*port, six), ready_.frame_max});
  if (frame < wire::kHopOverhead + wire::kHopRecordHeader) return std::nullopt;
  const std::size_t room = frame - wire::kHopOverhead;
  out.frame_room = static_cast<std::uint16_t>(room);
  if (!facts) return out;
  // Towards a neighbour that asks to be spared the router decides about every packet.
  const bool congested = parts_.router.congestion(facts->interface, now).has_value();
  out.room = congested ? std::uint16_t{0}
                       : static_cast<std::uint16_t>(
                             std::min(facts->packet_bytes, room - wire::kHopRecordHeader));
  out.urgent_bytes_per_second = static_cast<std::uint64_t>(
      std::max(kUrgentLeast, static_cast<double>(facts->bitrate_bps) / 8 * kUrgentShare));
  return out;
}

void Accelerator::sync_sessions(Time now) {
  keys_version_ = parts_.neighbours.links().keys_version();
  std::vector<WantedNeighbour> wanted;
  for (link::LendableSession& session : parts_.neighbours.links().sessions()) {
    if (const auto place = place_of(session, now)) wanted.push_back({std::move(session), *place});
  }
  std::vector<border::Down> out;
  sessions_.set(wanted, *this, out);
  for (const border::Down& message : out)
    tell(message);
  interfaces_.clear();
  paths_.clear();
  bool left_out = false;
  for (const WantedNeighbour& one : wanted) {
    const auto number = sessions_.number(one.session.id);
    if (!number) continue;
    paths_.insert(one.session.path);
    const auto facts = parts_.neighbours.facts(one.session.id);
    if (!facts) continue;
    interfaces_[facts->interface.value] = *number;
    left_out = flows_.take_left_out(facts->interface) || left_out;
  }
  if (left_out) parts_.router.watch_flows();
}

void Accelerator::sync_flows(Time) {
  const auto carried = [this](routing::InterfaceId id) -> std::optional<std::uint16_t> {
    const auto found = interfaces_.find(id.value);
    if (found == interfaces_.end()) return std::nullopt;
    return found->second;
  };
  std::vector<border::Down> out;
  for (std::size_t done = 0; done < kFlowsATurn && outbox_.waiting() < kFlowsWait;
       done += kFlowsAtOnce) {
    const auto keys = parts_.router.take_changed_flows(kFlowsAtOnce);
    for (const Hash16& key : keys)
      flows_.set(key, parts_.router.flow(key), carried, out);
    for (const border::Down& message : out)
      tell(message);
    out.clear();
    if (keys.size() < kFlowsAtOnce) return;
  }
}

// Nothing else makes the kernel ask who has a neighbour's address while all frames pass it by.
void Accelerator::refresh(Time now) {
  refresh_at_ = now + kRefresh;
  local_.clear();
  straight_ = true;
  for (const link::NeighbourId id : sessions_.lent())
    parts_.neighbours.links().keep_alive(id, now);
  straight_ = false;
}

}  // namespace mehr::accelerator
