// The reference verifies a signature first and asks afterwards; here everything that can be told
// without a key is asked first, and the checks themselves are rationed per interface. What a
// well-behaved network sees is the same.
#include "controlplane/routing/announce_inbound.h"

#include <algorithm>

#include "controlplane/routing/announce_outbound.h"
#include "controlplane/routing/lifecycle.h"
#include "core/crypto/announce.h"

namespace mehr::routing {
namespace {

constexpr Duration kRelayJitter = 500ms;

/// An announce that passed the cheap checks.
struct Candidate {
  Inbound& inbound;
  wire::Announce announce;
  const PathEntry* known = nullptr;
  bool improves = false;  ///< would change the path table
};

/// The payload in the path table was verified when it came; the same bytes need no second check.
bool verified_before(const Candidate& candidate) {
  const wire::Packet& packet = candidate.inbound.packet;
  return candidate.known != nullptr &&
         candidate.known->announce_has_ratchet == packet.context_flag &&
         std::equal(packet.data.begin(), packet.data.end(),
                    candidate.known->announce_payload.begin(),
                    candidate.known->announce_payload.end());
}

/// Format, address, key, news: nothing here costs more than a hash.
std::optional<Counter> refuse_cheaply(Node& node, Candidate& candidate) {
  const wire::Packet& packet = candidate.inbound.packet;
  if (packet.destination_type != wire::DestinationType::kSingle) return Counter::kAnnounceWrongType;
  if (packet.data.size() > kAnnouncePayloadMax) return Counter::kAnnounceTooLong;
  const auto announce = wire::decode_announce(packet);
  if (!announce) return Counter::kAnnounceMalformed;
  candidate.announce = *announce;
  if (!crypto::announce_address_matches(packet, *announce)) return Counter::kAnnounceWrongAddress;
  if (node.is_local(packet.destination)) return Counter::kAnnounceOwn;
  const PublicIdentity* identity = node.known.find(packet.destination);
  if (identity != nullptr && *identity != announce->identity) return Counter::kAnnounceKeyConflict;

  candidate.known = node.paths.find(packet.destination);
  if (candidate.known == nullptr) {
    candidate.improves = true;
    if (!node.paths.has_room(candidate.inbound.interface.id)) return Counter::kAnnouncePathQuota;
    return std::nullopt;
  }
  const Interface* over = node.interfaces.find(candidate.known->interface);
  const int known_gravity = over == nullptr ? 0 : over->traits.gravity;
  const PathCandidate claim{packet.hops, announce->random_hash,
                            candidate.inbound.interface.traits.gravity};
  candidate.improves = may_replace(*candidate.known, known_gravity, claim, candidate.inbound.now);
  if (!candidate.improves && !verified_before(candidate)) return Counter::kAnnounceNotNewer;
  return std::nullopt;
}

std::optional<Counter> refuse_unverified(Node& node, const Candidate& candidate) {
  if (verified_before(candidate)) return std::nullopt;
  if (!node.interfaces.may_check(candidate.inbound.interface, candidate.inbound.now)) {
    return Counter::kAnnounceCheckQuota;
  }
  wire::Announce checked;
  if (crypto::check_announce(candidate.inbound.packet, checked) !=
      crypto::AnnounceVerdict::kValid) {
    node.interfaces.check_failed(candidate.inbound.interface);
    return Counter::kAnnounceBadSignature;
  }
  return std::nullopt;
}

/// Ingress control of announces for unknown destinations nobody asked for.
std::optional<Counter> hold_back(Node& node, const Candidate& candidate, ByteView held_raw) {
  const wire::Packet& packet = candidate.inbound.packet;
  if (candidate.known != nullptr || node.requests.awaited(packet.destination)) return std::nullopt;
  IngressControl& ingress = candidate.inbound.interface.ingress;
  if (!ingress.should_hold(candidate.inbound.now)) return std::nullopt;
  switch (ingress.hold(packet.destination, held_raw, packet.hops)) {
    case IngressControl::Hold::kHeld:
    case IngressControl::Hold::kReplaced:
      return Counter::kAnnounceHeld;
    case IngressControl::Hold::kFull:
    case IngressControl::Hold::kTooFar:
      break;
  }
  return Counter::kAnnounceHeldFull;
}

PathEntry path_of(const Candidate& candidate) {
  const Inbound& inbound = candidate.inbound;
  const wire::Packet& packet = inbound.packet;
  PathEntry entry;
  entry.destination = packet.destination;
  entry.next_hop =
      packet.header_type == wire::HeaderType::kTwo ? packet.transport_id : packet.destination;
  entry.hops = packet.hops;
  entry.interface = inbound.interface.id;
  entry.interface_name = inbound.interface.traits.name;
  entry.learned = entry.last_used = inbound.now;
  entry.expires = inbound.now + path_lifetime(inbound.interface.traits.mode);
  entry.blobs = {candidate.announce.random_hash};
  entry.announce_payload = to_bytes(packet.data);
  entry.announce_has_ratchet = packet.context_flag;
  return entry;
}

void schedule_relay(Node& node, const Candidate& candidate) {
  const Inbound& inbound = candidate.inbound;
  const wire::Packet& packet = inbound.packet;
  const auto& rate = inbound.interface.traits.announce_rate;
  const bool response = packet.context == wire::Context::kPathResponse;
  if (response) return;
  if (rate && node.rates.blocked(packet.destination, inbound.interface.id, *rate, inbound.now)) {
    node.counters.add(Counter::kAnnounceRateBlocked);
    return;
  }
  if (!node.config.transport) return;
  if (!relayable(packet.hops, packet.data.size())) {
    node.counters.add(Counter::kAnnounceTooLongToRelay);
    return;
  }
  AnnounceRelay relay{relayed_announce(node, packet.destination, packet.hops, packet.context_flag,
                                       wire::Context::kNone, packet.data),
                      packet.hops, candidate.announce.emitted(),
                      inbound.now + node.random.jitter(kRelayJitter)};
  if (!node.announces.relay(packet.destination, inbound.interface.id, std::move(relay))) {
    node.counters.add(Counter::kAnnounceTableFull);
  }
}

/// Somebody waits for this path: he gets it at once, past the announce cap.
void answer_discovery(Node& node, const Inbound& inbound) {
  const wire::Packet& packet = inbound.packet;
  const auto requestor = node.requests.finish_discovery(packet.destination);
  if (!requestor || !relayable(packet.hops, packet.data.size())) return;
  if (node.interfaces.find(*requestor) == nullptr) return;
  const SharedPacket answer =
      relayed_announce(node, packet.destination, packet.hops, packet.context_flag,
                       wire::Context::kPathResponse, packet.data);
  node.counters.add(Counter::kAnnounceAnswers);
  node.transmit(*requestor, *answer);
}

Counter accept(Node& node, const Candidate& candidate) {
  const Inbound& inbound = candidate.inbound;
  const wire::Packet& packet = inbound.packet;
  const bool added = candidate.known == nullptr;
  const auto placed =
      node.paths.place(path_of(candidate), path_lifetime(inbound.interface.traits.mode));
  if (placed.evicted) {
    node.counters.add(Counter::kPathEvicted);
    path_gone(node, *placed.evicted, inbound.now);
  }
  if (placed.entry == nullptr) return Counter::kAnnouncePathQuota;
  node.counters.add(added ? Counter::kPathAdded : Counter::kPathReplaced);
  node.parked.erase(packet.destination);
  node.known.attach(packet.destination, candidate.announce.identity);
  schedule_relay(node, candidate);
  answer_discovery(node, inbound);
  if (inbound.interface.tunnel) node.tunnels.touched(*inbound.interface.tunnel, inbound.now);
  node.sink.path_changed(*placed.entry);
  node.sink.announce_heard({packet.destination, candidate.announce, inbound.interface.id,
                            packet.hops, packet.context == wire::Context::kPathResponse,
                            inbound.signal});
  return Counter::kAnnounceAccepted;
}

}  // namespace

Counter receive_announce(Node& node, Inbound& inbound, ByteView held_raw) {
  Candidate candidate{inbound, {}, nullptr, false};
  if (const auto refused = refuse_cheaply(node, candidate)) return *refused;
  if (const auto refused = refuse_unverified(node, candidate)) return *refused;
  inbound.interface.ingress.announce_heard(inbound.now);
  node.interface_jobs_wanted = true;
  if (const auto held = hold_back(node, candidate, held_raw)) return *held;
  if (inbound.packet.header_type == wire::HeaderType::kTwo) {
    node.announces.heard_relayed(inbound.packet.destination, inbound.packet.hops, inbound.now);
  }
  if (!candidate.improves) return Counter::kAnnounceNotNewer;
  return accept(node, candidate);
}

}  // namespace mehr::routing
