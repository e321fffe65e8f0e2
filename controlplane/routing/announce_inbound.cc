// The reference verifies a signature first and asks afterwards; here everything that can be told
// without a key is asked first, and the checks themselves are rationed per interface. What a
// well-behaved network sees is the same.
#include "controlplane/routing/announce_inbound.h"

#include <algorithm>

#include "controlplane/routing/announce_outbound.h"
#include "controlplane/routing/choice.h"
#include "controlplane/routing/lifecycle.h"
#include "controlplane/routing/path_costs.h"
#include "controlplane/routing/path_news.h"
#include "controlplane/routing/stretch.h"
#include "core/crypto/announce.h"

namespace mehr::routing {
namespace {

constexpr Duration kRelayJitter = 500ms;

/// An announce that passed the cheap checks.
struct Heard {
  Inbound& inbound;
  wire::Announce announce;
  const PathEntry* known = nullptr;
  bool improves = false;  ///< would change the path table
  bool own = false;       ///< of a destination of this host
};

/// The payload in the path table was verified when it came; the same bytes need no second check.
bool verified_before(const Heard& heard) {
  const wire::Packet& packet = heard.inbound.packet;
  return heard.known != nullptr && heard.known->announce_has_ratchet == packet.context_flag &&
         std::equal(packet.data.begin(), packet.data.end(), heard.known->announce_payload.begin(),
                    heard.known->announce_payload.end());
}

/// Format, address, key, news: nothing here costs more than a hash.
std::optional<Counter> refuse_cheaply(Node& node, Heard& heard) {
  const wire::Packet& packet = heard.inbound.packet;
  if (packet.destination_type != wire::DestinationType::kSingle) return Counter::kAnnounceWrongType;
  if (packet.data.size() > kAnnouncePayloadMax) return Counter::kAnnounceTooLong;
  const auto announce = wire::decode_announce(packet);
  if (!announce) return Counter::kAnnounceMalformed;
  if (!announce_may_cross(heard.inbound.interface.traits, packet.data)) {
    return Counter::kAnnounceOverStretch;
  }
  heard.announce = *announce;
  if (!crypto::announce_address_matches(packet, *announce)) return Counter::kAnnounceWrongAddress;
  if (node.is_local(packet.destination)) {
    heard.own = true;
    return announce->emitted() > node.newest_own(packet.destination)
               ? std::nullopt
               : std::optional(Counter::kAnnounceOwn);
  }
  const PublicIdentity* identity = node.known.find(packet.destination);
  if (identity != nullptr && *identity != announce->identity) return Counter::kAnnounceKeyConflict;

  heard.known = node.paths.find(packet.destination);
  if (heard.known == nullptr) {
    heard.improves = true;
    if (!node.paths.has_room(heard.inbound.interface.id)) return Counter::kAnnouncePathQuota;
    return std::nullopt;
  }
  const Interface* over = node.interfaces.find(heard.known->interface);
  const int known_gravity = over == nullptr ? 0 : over->traits.gravity;
  const PathCandidate claim{packet.hops, announce->random_hash,
                            heard.inbound.interface.traits.gravity};
  heard.improves = may_replace(*heard.known, known_gravity, claim, heard.inbound.now);
  if (!heard.improves && !verified_before(heard)) return Counter::kAnnounceNotNewer;
  return std::nullopt;
}

std::optional<Counter> refuse_unverified(Node& node, const Heard& heard) {
  if (verified_before(heard)) return std::nullopt;
  if (!node.interfaces.may_check(heard.inbound.interface, heard.inbound.now)) {
    return Counter::kAnnounceCheckQuota;
  }
  wire::Announce checked;
  if (crypto::check_announce(heard.inbound.packet, checked) != crypto::AnnounceVerdict::kValid) {
    node.interfaces.check_failed(heard.inbound.interface);
    return Counter::kAnnounceBadSignature;
  }
  return std::nullopt;
}

/// Ingress control of announces for unknown destinations nobody asked for.
std::optional<Counter> hold_back(Node& node, const Heard& heard, ByteView held_raw) {
  const wire::Packet& packet = heard.inbound.packet;
  if (heard.known != nullptr || node.requests.awaited(packet.destination)) return std::nullopt;
  IngressControl& ingress = heard.inbound.interface.ingress;
  if (!ingress.should_hold(heard.inbound.now)) return std::nullopt;
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

PathEntry path_of(const Heard& heard) {
  const Inbound& inbound = heard.inbound;
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
  entry.blobs = {heard.announce.random_hash};
  entry.announce_payload = to_bytes(packet.data);
  entry.announce_has_ratchet = packet.context_flag;
  return entry;
}

/// @param hops of the path as placed
void schedule_relay(Node& node, const Heard& heard, std::uint8_t hops) {
  const Inbound& inbound = heard.inbound;
  const wire::Packet& packet = inbound.packet;
  const auto& rate = inbound.interface.traits.announce_rate;
  const bool response = packet.context == wire::Context::kPathResponse;
  if (response) return;
  if (rate && node.rates.blocked(packet.destination, inbound.interface.id, *rate, inbound.now)) {
    node.counters.add(Counter::kAnnounceRateBlocked);
    return;
  }
  if (!node.config.transport) return;
  if (!relayable(hops, packet.data.size())) {
    node.counters.add(Counter::kAnnounceTooLongToRelay);
    return;
  }
  const Duration hold =
      awaits_confirmation(node, packet.destination) ? kConfirmHold : Duration::zero();
  AnnounceRelay relay{relayed_announce(node, packet.destination, hops, packet.context_flag,
                                       wire::Context::kNone, packet.data),
                      hops, heard.announce.emitted(),
                      inbound.now + hold + node.random.jitter(kRelayJitter)};
  if (inbound.interface.traits.program) {
    // As our own: at once, and nobody else can pass it on.
    relay.due = inbound.now;
    relay.once = true;
  }
  if (!node.announces.relay(packet.destination, inbound.interface.id, std::move(relay))) {
    node.counters.add(Counter::kAnnounceTableFull);
  }
}

/// Programs on this host hear what we hear when we hear it.
void tell_programs(Node& node, const Inbound& inbound, std::uint8_t hops) {
  const wire::Packet& packet = inbound.packet;
  if (!relayable(hops, packet.data.size())) return;
  for (const auto& [id, to] : node.interfaces) {
    if (!to->traits.program || id == inbound.interface.id) continue;
    const SharedPacket told = relayed_announce(node, packet.destination, hops, packet.context_flag,
                                               wire::Context::kNone, packet.data);
    node.transmit(id, *told, kOrdinary);
  }
}

/// Somebody waits for this path: he gets it at once, past the announce cap.
void answer_discovery(Node& node, const Inbound& inbound, std::uint8_t hops) {
  const wire::Packet& packet = inbound.packet;
  const auto requestor = node.requests.finish_discovery(packet.destination);
  if (!requestor || !relayable(hops, packet.data.size())) return;
  const Interface* to = node.interfaces.find(*requestor);
  if (to == nullptr || to->traits.program) return;  // programs have been told
  const SharedPacket answer = relayed_announce(node, packet.destination, hops, packet.context_flag,
                                               wire::Context::kPathResponse, packet.data);
  if (transmit_announce(node, *to, packet.destination, packet.data, *answer)) {
    node.counters.add(Counter::kAnnounceAnswers);
  }
}

void tell_heard(Node& node, const Heard& heard) {
  const wire::Packet& packet = heard.inbound.packet;
  node.sink.announce_heard({packet.destination, heard.announce, heard.inbound.interface.id,
                            packet.hops, packet.context == wire::Context::kPathResponse,
                            heard.inbound.signal});
}

/// Not better by the reference's rules, but the newest announce: another way for later.
Counter keep_alternative(Node& node, const Heard& heard) {
  const std::uint64_t emitted = heard.announce.emitted();
  if (emitted < newest_emission(heard.known->blobs)) return Counter::kAnnounceNotNewer;
  const DestinationHash destination = heard.inbound.packet.destination;
  note_candidate(node, path_of(heard), emitted, false, heard.inbound.now);
  reconsider(node, destination, heard.inbound.now);
  cost_changed(node, destination);
  return Counter::kAnnounceAlternative;
}

Counter accept(Node& node, const Heard& heard) {
  const Inbound& inbound = heard.inbound;
  const wire::Packet& packet = inbound.packet;
  const bool added = heard.known == nullptr;
  PathEntry entry = path_of(heard);
  if (node.mehr) {
    const auto emitted = heard.announce.emitted();
    const bool renews = added || emitted > newest_emission(heard.known->blobs);
    note_candidate(node, entry, emitted, renews, inbound.now);
    if (!put_winner(node, entry, heard.known, inbound.now)) {
      if (added) erase_candidates(node, packet.destination);
      return Counter::kAnnounceAlternative;
    }
  }
  const std::uint8_t hops = entry.hops;
  const Interface* over = node.interfaces.find(entry.interface);
  const auto placed = node.paths.place(std::move(entry), path_lifetime(over->traits.mode));
  if (placed.evicted) {
    node.counters.add(Counter::kPathEvicted);
    path_gone(node, *placed.evicted, inbound.now);
  }
  if (placed.entry == nullptr) {
    erase_candidates(node, packet.destination);
    return Counter::kAnnouncePathQuota;
  }
  node.counters.add(added ? Counter::kPathAdded : Counter::kPathReplaced);
  node.parked.erase(packet.destination);
  node.known.attach(packet.destination, heard.announce.identity);
  schedule_relay(node, heard, hops);
  tell_programs(node, inbound, hops);
  answer_discovery(node, inbound, hops);
  cost_changed(node, packet.destination);
  if (inbound.interface.tunnel) node.tunnels.touched(*inbound.interface.tunnel, inbound.now);
  node.sink.path_changed(*placed.entry);
  tell_heard(node, heard);
  return Counter::kAnnounceAccepted;
}

}  // namespace

Counter receive_announce(Node& node, Inbound& inbound, ByteView held_raw) {
  Heard heard{inbound, {}, nullptr, false, false};
  if (const auto refused = refuse_cheaply(node, heard)) return *refused;
  if (const auto refused = refuse_unverified(node, heard)) return *refused;
  if (heard.own) {
    // We made it and forgot: whoever makes our announces has to know.
    node.made_own(inbound.packet.destination, heard.announce.emitted());
    tell_heard(node, heard);
    return Counter::kAnnounceOwn;
  }
  inbound.interface.ingress.announce_heard(inbound.now);
  node.interface_jobs_wanted = true;
  if (const auto held = hold_back(node, heard, held_raw)) return *held;
  if (inbound.packet.header_type == wire::HeaderType::kTwo) {
    node.announces.heard_relayed(inbound.packet.destination, inbound.packet.hops, inbound.now);
  }
  if (heard.improves) return accept(node, heard);
  if (!node.mehr) return Counter::kAnnounceNotNewer;
  return keep_alternative(node, heard);
}

}  // namespace mehr::routing
