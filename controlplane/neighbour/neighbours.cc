// Between Links, Hops and the router; see neighbours.h. What operators see is in report.cc.
#include "controlplane/neighbour/neighbours.h"

#include <algorithm>
#include <tuple>

#include "core/wire/packet.h"

namespace mehr::neighbour {
namespace {

using border::Counter;

/// Digits of the identity in an interface's name.
constexpr std::size_t kNameDigits = 8;
/// Remembered peers are dialled this long; afterwards whoever is configured to dial does.
constexpr Duration kTryRemembered = 600s;
/// The levels of congestion (0.5, 0.75, 0.9) are all multiples of a twentieth.
constexpr double kQueueSteps = 20;

/// Length of a round, and of one in a hurry: on slow carriers that cost others airtime a probe and
/// its answer are one part in 100 of the channel at most.
std::pair<Duration, Duration> rounds_of(const link::CarrierTraits& carrier) {
  if (carrier.compact) return {Rounds::kRoundCompact, Rounds::kHurriedRound};
  const Duration answer = std::max<Duration>(Rounds::kHurriedRound, 2 * carrier.round_trip);
  if (!carrier.quiet) return {Rounds::kRound, answer};
  constexpr double kProbeBits = 150 * 8;  // with all headers of a link packet around it
  const auto rate = static_cast<double>(std::max<std::uint64_t>(carrier.bitrate_bps, 1));
  return {std::max<Duration>(Rounds::kRound, from_seconds(200 * kProbeBits / rate)), answer};
}

}  // namespace

Neighbours::Neighbours(link::LinksConfig config, NeighboursSink& sink, signer::Signer& signer,
                       Random& random, border::Counters& counters)
    : sink_(sink),
      counters_(counters),
      links_(std::move(config), *this, signer, random, counters) {}
Neighbours::~Neighbours() = default;

// --- carriers ---

std::uint32_t Neighbours::carrier_up(Carrier& carrier, CarrierSetup setup, Time now) {
  now_ = now;
  const std::uint32_t id = ++last_carrier_;
  links_.carrier_up(id, setup.link, now);
  carriers_[id] = {&carrier, std::move(setup)};
  dial_remembered(id, now);
  return id;
}

void Neighbours::carrier_down(std::uint32_t carrier, Time now) {
  now_ = now;
  const auto found = carriers_.find(carrier);
  if (found == carriers_.end()) return;
  links_.carrier_down(carrier, now);
  for (const link::WantedReport& wanted : links_.wanted()) {
    if (wanted.path.carrier == carrier) links_.forget_peer(wanted.path);
  }
  carriers_.erase(found);
  wake(now);
}

void Neighbours::frame(std::uint32_t carrier, const std::string& from, ByteView frame,
                       Duration waited, Time now) {
  now_ = now;
  links_.receive({carrier, from}, frame, waited, now);
}

void Neighbours::path_mtu(std::uint32_t carrier, const std::string& to, std::size_t bytes,
                          Time now) {
  now_ = now;
  for (auto& [id, living] : living_) {
    if (living.path.carrier != carrier || living.path.address != to) continue;
    living.hop->path_mtu(bytes, now);
    wake(living.hop->next_due());
  }
}

void Neighbours::writable(std::uint32_t carrier, Time now) {
  for (auto& [id, living] : living_) {
    if (living.path.carrier != carrier) continue;
    living.hop->writable(now);
    wake(living.hop->next_due());
  }
}

void Neighbours::maintain_peer(std::uint32_t carrier, const std::string& address,
                               const std::optional<IdentityHash>& expected, Time now) {
  // A configured peer that is also remembered is not given up with the others.
  if (trying_.erase({carrier, address}) > 0) forget_report({carrier, address});
  links_.maintain_peer({carrier, address}, expected, now);
}

void Neighbours::forget_peer(std::uint32_t carrier, const std::string& address) {
  links_.forget_peer({carrier, address});
}

bool Neighbours::linked(std::uint32_t carrier, const std::string& address) const {
  return std::any_of(living_.begin(), living_.end(), [&](const auto& entry) {
    const link::CarrierPath& path = entry.second.path;
    return path.carrier == carrier && (address.empty() || path.address == address);
  });
}

std::optional<IdentityHash> Neighbours::neighbour_over(std::uint32_t carrier) const {
  for (const auto& [id, living] : living_) {
    if (living.path.carrier == carrier) return living.identity;
  }
  return std::nullopt;
}

void Neighbours::peer(const PeerReport& report) {
  peers_[{report.interface, report.text}] = report;
}

void Neighbours::remember(RememberedPeer peer) {
  remembered_.push_back(std::move(peer));
}

// Only UDP: a TCP peer is a configured one, and its interface dials it anyway.
void Neighbours::dial_remembered(std::uint32_t carrier, Time now) {
  const CarrierSetup& setup = carriers_.at(carrier).setup;
  const link::PeerPolicy* policy = setup.link.policy.get();
  for (const RememberedPeer& peer : remembered_) {
    if (peer.interface != setup.interface.name || peer.transport != setup.transport ||
        peer.transport != "udp" || peer.address.empty()) {
      continue;
    }
    // The operator may have changed his mind since.
    if (policy == nullptr || (!policy->any && !policy->listed.contains(peer.identity))) continue;
    trying_[{carrier, peer.address}] = now + kTryRemembered;
    links_.maintain_peer({carrier, peer.address}, peer.identity, now);
    PeerReport report;
    report.interface = peer.interface;
    report.text = report.address = peer.address;
    report.transport = peer.transport;
    report.expected = peer.identity;
    report.remembered = true;
    report.state = PeerState::kGreeting;
    report.carrier = carrier;
    this->peer(report);
  }
}

void Neighbours::give_up_remembered(Time now) {
  for (auto at = trying_.begin(); at != trying_.end();) {
    if (now < at->second) {
      ++at;
      continue;
    }
    links_.forget_peer(at->first);
    forget_report(at->first);
    at = trying_.erase(at);
  }
}

void Neighbours::forget_report(const link::CarrierPath& path) {
  std::erase_if(peers_, [&](const auto& entry) {
    return entry.second.remembered && entry.second.carrier == path.carrier &&
           entry.second.address == path.address;
  });
}

void Neighbours::tell_reached(const Living& living) {
  const auto carrier = carriers_.find(living.path.carrier);
  if (carrier == carriers_.end()) return;
  sink_.peer_reached({living.identity, living.traits.parent, carrier->second.setup.transport,
                      living.path.address, living.stranger});
}

// --- LinksSink ---

void Neighbours::send(const link::CarrierPath& path, ByteView frame) {
  const auto found = carriers_.find(path.carrier);
  std::optional<Carrier::Sent> beside;
  if (bypass_ != nullptr && found != carriers_.end())
    beside = bypass_->send(path, found->second.setup.udp_port, frame);
  const Carrier::Sent sent = beside ? *beside
                             : found == carriers_.end()
                                 ? Carrier::Sent::kNoWay
                                 : found->second.carrier->send(path.address, frame);
  if (sent == Carrier::Sent::kNoWay) counters_.add(Counter::kHopNoCarrier);
  if (!sent_) sent_ = sent;  // one for new keys may follow the one that was asked for
}

void Neighbours::neighbour_up(const link::NeighbourReport& report) {
  const CarrierEntry& carrier = carriers_.at(report.path.carrier);
  // A second link with the same node: the first must show that it is still alive.
  for (auto& [id, other] : living_) {
    if (other.identity != report.identity) continue;
    other.hop->hurry(now_);
    wake(now_);
  }
  Living living;
  living.interface = sink_.next_interface_id();
  living.traits = carrier.setup.interface;
  living.traits.parent = carrier.setup.interface.name;
  living.traits.name = unused_name(report.identity, report.carrier);
  living.traits.hop_link = true;
  living.traits.neighbour = report.identity;
  living.traits.bitrate_bps = carrier.setup.link.bitrate_bps;
  living.traits.autoconfigure_mtu = true;
  living.path = report.path;
  living.identity = report.identity;
  living.stranger = report.stranger;
  HopOptions options;
  options.overhead = carrier.setup.link.compact ? wire::kHopCompactOverhead : wire::kHopOverhead;
  // Whatever the neighbour says it takes: smaller frames would not hold a record.
  options.most_frame = std::max(carrier.setup.finds_mtu ? PathMtu::kFloor : PathMtu::kLeast,
                                links_.room(report.id) + options.overhead);
  options.finds_mtu = carrier.setup.finds_mtu;
  options.fragments = report.capabilities.fragmentation;
  std::tie(options.round, options.hurried_round) = rounds_of(carrier.setup.link);
  options.bitrate_bps = carrier.setup.link.bitrate_bps;
  HopWire& wire = *this;
  living.hop = std::make_unique<Hop>(report.id, options, wire, counters_, now_);
  living.traits.in_pieces = report.capabilities.fragmentation;
  living.traits.hardware_mtu = packet_mtu(living);
  living.traits.latency = report.rtt ? std::optional(*report.rtt / 2) : std::nullopt;
  const Living& made = living_[report.id] = std::move(living);
  by_interface_[made.interface] = report.id;
  history_.add(report.identity, {now_, true, report.carrier, report.path.address, ""},
               report.stranger);
  wake(now_);
  sink_.neighbour_up(made.interface, made.traits);
  tell_reached(made);
}

std::string Neighbours::unused_name(const IdentityHash& identity,
                                    const std::string& carrier) const {
  const std::string name = "hop/" + to_hex(identity).substr(0, kNameDigits);
  const auto taken = [this](const std::string& wanted) {
    return std::any_of(living_.begin(), living_.end(),
                       [&wanted](const auto& entry) { return entry.second.traits.name == wanted; });
  };
  if (!taken(name)) return name;
  if (!taken(name + "/" + carrier)) return name + "/" + carrier;
  return name + "/" + carrier + "#" + std::to_string(last_carrier_);
}

void Neighbours::neighbour_down(link::NeighbourId id, const IdentityHash& identity,
                                std::string_view reason) {
  const auto found = living_.find(id);
  if (found == living_.end()) return;
  const auto carrier = carriers_.find(found->second.path.carrier);
  history_.add(identity,
               {now_, false, carrier == carriers_.end() ? "" : carrier->second.setup.link.name,
                found->second.path.address, std::string(reason)},
               found->second.stranger);
  const Living gone = std::move(found->second);
  const routing::InterfaceId interface = gone.interface;
  by_interface_.erase(interface);
  living_.erase(found);
  sink_.neighbour_down(interface, reason);
  tell_reached(gone);
}

void Neighbours::neighbour_moved(link::NeighbourId id, const link::CarrierPath& path) {
  const auto found = living_.find(id);
  if (found == living_.end()) return;
  found->second.path = path;
  found->second.hop->moved(now_);
  wake(now_);
}

void Neighbours::record(link::NeighbourId from, const wire::HopRecord& record) {
  const auto found = living_.find(from);
  if (found == living_.end()) return;
  Living& living = found->second;
  living.hop->heard();
  const routing::InterfaceId interface = living.interface;
  if (!record.hop_class.control) {
    living.hop->met(record.hop_class, record.body.size());
    return sink_.neighbour_packet(interface, record.body, record.hop_class);
  }
  const auto type = static_cast<wire::HopControl>(record.price_or_type);
  if (!living.hop->receive_control(type, record.body, now_)) {
    return sink_.neighbour_control(interface, type, record.body);
  }
  wake(living.hop->next_due());
  if (const auto whole = living.hop->take_whole()) {
    living.hop->met(whole->hop_class, whole->body.size());
    sink_.neighbour_packet(interface, whole->body, whole->hop_class);
  }
}

// --- HopWire ---

bool Neighbours::ready(link::NeighbourId id) const {
  const auto living = living_.find(id);
  if (living == living_.end()) return true;
  const auto carrier = carriers_.find(living->second.path.carrier);
  return carrier == carriers_.end() || carrier->second.carrier->ready();
}

Carrier::Sent Neighbours::send_records(link::NeighbourId id, ByteView records, std::size_t& bytes,
                                       Time now) {
  sent_.reset();
  const std::size_t sealed = links_.send(id, records, 0, now);
  const Carrier::Sent sent = sent_.value_or(Carrier::Sent::kNoWay);
  bytes = sent == Carrier::Sent::kSent ? sealed : 0;
  return sent;
}

// --- the router's side ---

bool Neighbours::transmit(routing::InterfaceId id, ByteView raw, wire::HopClass traffic,
                          std::uint32_t source, Time now) {
  const auto found = by_interface_.find(id);
  if (found == by_interface_.end()) return false;
  wire::HopRecord record;
  record.hop_class = traffic;
  record.hop_class.control = false;
  record.body = raw;
  Hop& hop = *living_.at(found->second).hop;
  const bool queued = hop.enqueue(record, source, now);
  wake(hop.next_due());
  return queued;
}

bool Neighbours::control(routing::InterfaceId id, wire::HopControl type, ByteView body, Time now) {
  const auto found = by_interface_.find(id);
  if (found == by_interface_.end()) return false;
  wire::HopRecord record;
  record.hop_class = {wire::HopPriority::kP0, 0, false, false, true};
  record.price_or_type = static_cast<std::uint8_t>(type);
  record.body = body;
  Hop& hop = *living_.at(found->second).hop;
  if (type == wire::HopControl::kPathCost && !hop.control_fits(body.size())) return false;
  const bool queued = hop.enqueue(record, 0, now);
  wake(hop.next_due());
  return queued;
}

bool Neighbours::drop_over(routing::InterfaceId id, Time now, std::string_view reason) {
  const auto found = by_interface_.find(id);
  return found != by_interface_.end() && drop(found->second, now, reason);
}

// --- time ---

void Neighbours::tick(Time now) {
  now_ = now;
  if (next_due() > now) return;
  if (links_due_ <= now) {
    links_.tick(now);
    give_up_remembered(now);
    links_due_ = links_.next_due();
    plans_seen_ = links_.plans();
  }
  std::vector<link::NeighbourId> ready;  // a copy: a link may end while its turn runs
  for (const auto& [id, living] : living_) {
    if (living.hop->next_due() <= now) ready.push_back(id);
  }
  for (const link::NeighbourId id : ready)
    tick_hop(id, now);
  due_ = Time::max();
  for (const auto& [id, living] : living_)
    wake(living.hop->next_due());
}

void Neighbours::tick_hop(link::NeighbourId id, Time now) {
  const auto found = living_.find(id);
  if (found == living_.end()) return;
  found->second.hop->tick(now);
  if (found->second.hop->dead()) {
    links_.drop(id, now, "nothing heard in three rounds");
    return;
  }
  tell_changes(found->second);
}

std::uint32_t Neighbours::packet_mtu(const Living& living) {
  const std::size_t room = living.hop->packet_room();
  return static_cast<std::uint32_t>(living.traits.in_pieces ? std::max(room, wire::kMtu) : room);
}

void Neighbours::tell_changes(Living& living) {
  routing::InterfaceTraits& traits = living.traits;
  const std::uint32_t mtu = packet_mtu(living);
  bool changed = traits.hardware_mtu != mtu;
  traits.hardware_mtu = mtu;
  if (const auto rtt = living.hop->rtt()) {
    // Small changes are noise, and every change makes the router think again.
    const Duration latency = *rtt / 2;
    const Duration before = traits.latency.value_or(Duration::zero());
    const Duration moved = latency > before ? latency - before : before - latency;
    if (!traits.latency || moved > std::max<Duration>(before / 4, 1ms)) {
      traits.latency = latency;
      changed = true;
    }
  }
  if (changed) sink_.neighbour_changed(living.interface, traits);
  const double occupancy = living.hop->occupancy();
  const int step = static_cast<int>(occupancy * kQueueSteps);
  if (step == living.queue_step) return;
  living.queue_step = step;
  sink_.neighbour_queue(living.interface, occupancy, living.hop->drain_time());
}

Time Neighbours::next_due() {
  if (links_.plans() != plans_seen_) {
    plans_seen_ = links_.plans();
    links_due_ = links_.next_due();
  }
  return std::min(due_, links_due_);
}

}  // namespace mehr::neighbour
