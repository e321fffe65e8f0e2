// Links: meeting strangers. Every message here may be forged, so work is ordered by cost: shape,
// cookie, rate, room, and only then X25519 and Ed25519.
#include <algorithm>
#include <utility>

#include "controlplane/link/links_impl.h"
#include "core/base/assert.h"
#include "core/crypto/identity.h"

namespace mehr::link {

using border::Counter;

Duration Wanted::back_off(Random& random) const {
  constexpr Duration kMost = 30s;
  const Duration base = std::min<Duration>(kMost, Duration{1s} * (1 << std::min(failures, 5U)));
  return base + random.jitter(base / 4);
}

const PeerPolicy& Links::Impl::policy_on(std::uint32_t id) const {
  const CarrierTraits* traits = carrier(id);
  return traits != nullptr && traits->policy ? *traits->policy : config_.policy;
}

bool Links::Impl::named(const IdentityHash& identity, const CarrierPath& path) const {
  if (policy_on(path.carrier).listed.contains(identity)) return true;
  const auto there = wanted_.find(path);
  if (there != wanted_.end() && !there->second.expected) return true;
  return std::any_of(wanted_.begin(), wanted_.end(),
                     [&](const auto& entry) { return entry.second.expected == identity; });
}

bool Links::Impl::welcome(const IdentityHash& identity, const CarrierPath& path) const {
  if (named(identity, path)) return true;
  const PeerPolicy& policy = policy_on(path.carrier);
  if (!policy.any) return false;
  const auto strangers =
      std::count_if(neighbours_.begin(), neighbours_.end(), [&](const auto& entry) {
        return entry.second.report.stranger && entry.second.report.identity != identity;
      });
  return static_cast<std::size_t>(strangers) < policy.any_limit;
}

std::optional<NeighbourId> Links::Impl::linked(const IdentityHash& identity,
                                               std::uint32_t carrier) const {
  for (const auto& [id, neighbour] : neighbours_) {
    if (neighbour.report.identity == identity && neighbour.report.path.carrier == carrier) {
      return id;
    }
  }
  return std::nullopt;
}

bool Links::Impl::live(NeighbourId id, Time now) const {
  const Neighbour& neighbour = neighbours_.at(id);
  const Duration lately = timing(neighbour.report.path.carrier).keep_alive() * 3 / 2;
  return neighbour.confirmed && now - neighbour.report.last_heard < lately;
}

CarrierTiming Links::Impl::timing(std::uint32_t id) const {
  const CarrierTraits* traits = carrier(id);
  return {traits != nullptr ? *traits : CarrierTraits{}, config_};
}

wire::HopCapabilities Links::Impl::capabilities_on(const CarrierTraits& traits, Time now) const {
  wire::HopCapabilities out = config_.capabilities;
  out.max_frame = traits.max_frame;
  out.compact = traits.compact;
  out.clock_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  return out;
}

// --- the responder ---

bool Links::Impl::admit_hello(const CarrierPath& from, const CarrierTraits& traits,
                              const wire::HopHello& hello, Time now) {
  // By network, whatever the port: who opens many connections is one source all the same.
  const std::string limited_as = !traits.source.empty()    ? traits.source
                                 : traits.forgeable_source ? from.address
                                                           : std::to_string(from.carrier) + '/';
  const bool proved = !traits.forgeable_source ||
                      (!hello.cookie.is_zero() && cookies_.valid(hello.cookie, from.address, now));
  const bool crowded = half_open_.size() >= config_.half_open_limit / 2;
  if (!proved && (load_.under_load() || crowded || !unproved_.allow(from.address, now))) {
    counters_.add(Counter::kHopCookieSent);
    sink_.send(from,
               wire::encode_hop_cookie({hello.sender_index, cookies_.issue(from.address, now)}));
    return false;
  }
  if (proved && !proved_.allow(limited_as, now)) {
    counters_.add(Counter::kHopSourceLimited);
    return false;
  }
  return true;
}

void Links::Impl::on_hello(const CarrierPath& from, const CarrierTraits& traits, ByteView frame,
                           Time now) {
  const auto hello = wire::decode_hop_hello(frame);
  // Unpadded from where an address can be forged: whatever we answered would be larger.
  const bool fits = hello && (hello->padded || !traits.forgeable_source) &&
                    (!traits.compact || hello->sender_index <= wire::kHopCompactIndexMax);
  if (!fits) return counters_.add(Counter::kHopMalformed);
  if (const HalfOpen* half = half_open_.begun_by(hello->ephemeral, from)) {
    const Bytes& answer = half->response.answer_bytes();
    if (!answer.empty()) sink_.send(from, answer);
    return;
  }
  // Both said hello at once: the smaller ephemeral key stays initiator, both ends see the same two.
  // The other's is answered, but ours is not given up for it: a hello proves nothing.
  const auto wanted = wanted_.find(from);
  if (wanted != wanted_.end() && wanted->second.initiation &&
      wanted->second.initiation->ephemeral() <= hello->ephemeral) {
    return counters_.add(Counter::kHopSimultaneous);
  }
  if (!admit_hello(from, traits, *hello, now)) return;
  const auto receiver = new_index(from.carrier);
  if (!receiver) return counters_.add(Counter::kHopHalfOpenFull);
  const IndexKey index = index_key(from.carrier, *receiver);
  auto response =
      Response::begin(*hello, *receiver, signer_.identity(), capabilities_on(traits, now), random_);
  if (!response) return counters_.add(Counter::kHopForged);
  const Bytes material = response->to_sign();
  const Time expires = now + timing(from.carrier).patience();
  const std::size_t most = traits.forgeable_source ? config_.half_open_limit
                           : traits.compact        ? kCompactHalfOpen
                                                   : kCarrierHalfOpen;
  for (std::size_t gone = half_open_.add(index, {std::move(*response), from, expires}, most);
       gone > 0; --gone) {
    counters_.add(Counter::kHopHalfOpenFull);
  }
  const std::weak_ptr<bool> alive = alive_;
  signer_.sign(signer::Purpose::kHopAnswer, material,
               [this, alive, index](std::optional<Signature> signature) {
                 if (alive.expired()) return;
                 HalfOpen* half = half_open_.find(index);
                 if (half == nullptr) return;
                 if (!signature) return half_open_.forget(index);
                 sink_.send(half->path, half->response.answer(*signature));
               });
}

void Links::Impl::on_finish(const CarrierPath& from, ByteView frame, Time now) {
  const auto finish = wire::decode_hop_finish(frame);
  if (!finish) return counters_.add(Counter::kHopMalformed);
  const IndexKey index = index_key(from.carrier, finish->receiver_index);
  const HalfOpen* half = half_open_.find(index);
  if (half == nullptr) {
    // Our first frame was lost and the initiator repeats itself: one more frame tells it we heard.
    const auto known = by_index_.find(index);
    if (known == by_index_.end()) return counters_.add(Counter::kHopUnknownIndex);
    const Neighbour& neighbour = neighbours_.at(known->second);
    if (now - neighbour.last_sent >= timing(from.carrier).shortest(false) / 2)
      keep_alive(known->second, now);
    return;
  }
  if (half->path != from) return counters_.add(Counter::kHopWrongCarrier);
  const auto seed = half->response.accept_finish(frame);
  if (!seed) return counters_.add(Counter::kHopForged);
  // Two handshakes crossed, perhaps from different addresses: both ends keep the one that the
  // smaller identity began. The half-open one stays, in case ours comes to nothing.
  const IdentityHash identity = crypto::identity_hash(seed->peer);
  if (const auto other = linked(identity, from.carrier); other) {
    const Neighbour& ours = neighbours_.at(*other);
    if (!ours.confirmed && ours.report.initiated && signer_.identity_hash() < identity) {
      return counters_.add(Counter::kHopSimultaneous);
    }
  }
  half_open_.forget(index);
  NeighbourId id;
  Neighbour* neighbour = establish(*seed, from, now, id);
  if (neighbour == nullptr) return;
  confirm(id, *neighbour);
  keep_alive(id, now);  // the first frame under the keys tells the initiator that they fit
}

// --- the initiator ---

void Links::Impl::tick_wanted(Wanted& wanted, Time now) {
  const CarrierTraits* traits = carrier(wanted.path.carrier);
  if (wanted.up || traits == nullptr || now < wanted.next_action) return;
  if (wanted.initiation &&
      wanted.hellos >= timing(wanted.path.carrier).hellos_per_attempt(wanted.cookie_used)) {
    counters_.add(Counter::kHopTimedOut);
    return back_off(wanted, "no answer", now);
  }
  // The peer may have reached us from another address; that link is as good.
  const auto other = wanted.expected ? linked(*wanted.expected, wanted.path.carrier) : std::nullopt;
  if (other && live(*other, now)) {
    forget_initiation(wanted);
    wanted.up = other;
    return;
  }
  if (!wanted.initiation) {
    const auto index =
        may_begin(wanted.path.carrier, *traits) ? new_index(wanted.path.carrier) : std::nullopt;
    if (!index) {
      wanted.next_action = now + kCompactPause;
      return;
    }
    wanted.initiation.emplace(random_, *index, traits->forgeable_source);
    initiations_[index_key(wanted.path.carrier, *index)] = wanted.path;
    wanted.hellos = 0;
    wanted.cookie_used = false;
  }
  say_hello(wanted, now);
}

void Links::Impl::say_hello(Wanted& wanted, Time now) {
  ++wanted.hellos;
  wanted.hello_sent = now;
  wanted.next_action = now + timing(wanted.path.carrier).repeat(wanted.hellos, wanted.cookie_used);
  sink_.send(wanted.path, wanted.initiation->hello());
}

// Somebody else's answer says more than the silence that follows it.
void Links::Impl::back_off(Wanted& wanted, std::string_view reason, Time now) {
  forget_initiation(wanted);
  if (!std::exchange(wanted.refused, false)) wanted.last_failure = reason;
  ++plans_;
  ++wanted.failures;
  wanted.next_action = now + wanted.back_off(random_);
}

void Links::Impl::forget_initiation(Wanted& wanted) {
  if (!wanted.initiation) return;
  initiations_.erase(index_key(wanted.path.carrier, wanted.initiation->local_index()));
  wanted.initiation.reset();
}

void Links::Impl::forget_peer(const CarrierPath& path) {
  const auto found = wanted_.find(path);
  if (found == wanted_.end()) return;
  forget_initiation(found->second);
  wanted_.erase(found);
}

void Links::Impl::on_cookie(const CarrierPath& from, ByteView frame, Time now) {
  const auto reply = wire::decode_hop_cookie(frame);
  if (!reply) return counters_.add(Counter::kHopMalformed);
  const auto path = initiations_.find(index_key(from.carrier, reply->receiver_index));
  if (path == initiations_.end() || path->second != from) {
    return counters_.add(Counter::kHopUnknownIndex);
  }
  Wanted& wanted = wanted_.at(path->second);
  // Cookies are not authenticated: one per hello, so that a forger cannot make us a repeater.
  if (std::exchange(wanted.cookie_used, true)) return;
  wanted.hellos = 0;
  wanted.initiation->use_cookie(reply->cookie);
  say_hello(wanted, now);
}

void Links::Impl::on_answer(const CarrierPath& from, const CarrierTraits& traits, ByteView frame,
                            Time now) {
  const auto answer = wire::decode_hop_answer(frame);
  const bool fits =
      answer && (!traits.compact || answer->sender_index <= wire::kHopCompactIndexMax);
  if (!fits) return counters_.add(Counter::kHopMalformed);
  const IndexKey index = index_key(from.carrier, answer->receiver_index);
  const auto path = initiations_.find(index);
  if (path == initiations_.end() || path->second != from) {
    return counters_.add(Counter::kHopUnknownIndex);
  }
  Wanted& wanted = wanted_.at(path->second);
  const auto material =
      wanted.initiation->accept_answer(frame, signer_.identity(), capabilities_on(traits, now));
  if (!material) return counters_.add(Counter::kHopForged);
  const IdentityHash identity = crypto::identity_hash(wanted.initiation->peer());
  if (wanted.expected && *wanted.expected != identity) {
    // Somebody else answered, perhaps only faster: whom we want may still.
    counters_.add(Counter::kHopUnwelcome);
    wanted.refused = true;
    wanted.last_failure = "somebody else answers there: " + to_hex(identity);
    return wanted.initiation->refuse_peer();
  }
  if (const auto other = linked(identity, from.carrier); other && live(*other, now)) {
    forget_initiation(wanted);
    wanted.up = other;
    return counters_.add(Counter::kHopSimultaneous);
  }
  const std::weak_ptr<bool> alive = alive_;
  signer_.sign(signer::Purpose::kHopFinish, *material,
               [this, alive, index, now](std::optional<Signature> signature) {
                 if (!alive.expired() && signature) send_finish(index, *signature, now);
               });
}

void Links::Impl::send_finish(IndexKey index, const Signature& signature, Time answered) {
  const auto found = initiations_.find(index);
  if (found == initiations_.end()) return;
  Wanted& wanted = wanted_.at(found->second);
  Initiation::Finished finished = wanted.initiation->finish(signature);
  forget_initiation(wanted);
  NeighbourId id;
  Neighbour* neighbour = establish(finished.seed, wanted.path, answered, id);
  if (neighbour == nullptr) {
    return back_off(wanted, "no room for another neighbour, or not allowed here", answered);
  }
  neighbour->report.rtt = answered - wanted.hello_sent;
  neighbour->finish = std::move(finished.message);
  neighbour->finish_repeat_at =
      answered + timing(wanted.path.carrier).repeat(1, wanted.cookie_used);
  neighbour->finishes = 1;
  neighbour->peer_loaded = wanted.cookie_used;
  sink_.send(wanted.path, neighbour->finish);
}

// --- both ---

bool Links::Impl::room_for(const CarrierPath& path) const {
  if (neighbours_.size() >= config_.neighbour_limit) return false;
  const CarrierTraits* traits = carrier(path.carrier);
  return !traits->compact || neighbours_on(path.carrier).size() < kCompactNeighbours;
}

void Links::Impl::replace(const IdentityHash& identity, const CarrierPath& path,
                          NeighbourId successor, Time now) {
  for (const NeighbourId other : neighbours_on(path.carrier)) {
    if (neighbours_.at(other).report.identity != identity) continue;
    for (auto& [wanted_path, wanted] : wanted_) {
      if (wanted.up == other) wanted.up = successor;
    }
    end(other, "replaced", false, now);
  }
}

Neighbour* Links::Impl::establish(const SessionSeed& seed, const CarrierPath& path, Time now,
                                  NeighbourId& id) {
  const CarrierTraits* traits = carrier(path.carrier);
  const IdentityHash identity = crypto::identity_hash(seed.peer);
  const bool initiated = seed.side == crypto::HopSide::kInitiator;
  if (traits == nullptr || !welcome(identity, path)) {
    counters_.add(Counter::kHopUnwelcome);
    return nullptr;
  }
  if (!linked(identity, path.carrier) && !room_for(path)) {
    counters_.add(Counter::kHopNeighboursFull);
    return nullptr;
  }
  id = NeighbourId{++last_neighbour_};
  replace(identity, path, id, now);
  Neighbour& neighbour = neighbours_[id];
  neighbour.report.id = id;
  neighbour.report.identity = identity;
  neighbour.report.path = path;
  neighbour.report.initiated = initiated;
  neighbour.report.up_since = neighbour.report.last_heard = neighbour.last_sent = now;
  neighbour.report.capabilities = seed.peer_capabilities;
  neighbour.report.stranger = !named(identity, path);
  open_session(neighbour, seed, *traits, now);
  reindex(id, neighbour);
  // Whoever began: this is the link the operator wanted there, so nobody says hello again.
  if (const auto wanted = wanted_.find(path); wanted != wanted_.end()) {
    const bool as_expected = !wanted->second.expected || *wanted->second.expected == identity;
    if (as_expected) {
      if (!initiated) forget_initiation(wanted->second);
      wanted->second.up = id;
    }
  }
  counters_.add(Counter::kHopLinked);
  return &neighbour;
}

void Links::Impl::open_session(Neighbour& neighbour, const SessionSeed& seed,
                               const CarrierTraits& traits, Time now) {
  SessionOptions options;
  options.limits = RekeyLimits::for_bitrate(traits.bitrate_bps);
  options.compact = traits.compact;
  options.receive_lanes = config_.capabilities.lanes;
  const std::uint32_t carrier_id = neighbour.report.path.carrier;
  neighbour.session = std::make_unique<Session>(
      seed, options, random_,
      [this, carrier_id] {
        const auto index = new_index(carrier_id);
        MEHR_ASSERT(index);  // a radio's bounds leave some free, see kCompactNeighbours
        return *index;
      },
      now);
}

}  // namespace mehr::link
