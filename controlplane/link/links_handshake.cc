// Links: meeting strangers. Every message here may be forged, so work is ordered by cost: shape,
// cookie, rate, room, and only then X25519 and Ed25519.
#include <algorithm>
#include <utility>

#include "controlplane/link/links_impl.h"
#include "core/crypto/identity.h"

namespace mehr::link {

using border::Counter;

Duration Wanted::back_off(Random& random) const {
  constexpr Duration kMost = 30s;
  const Duration base = std::min<Duration>(kMost, Duration{1s} * (1 << std::min(failures, 5U)));
  return base + random.jitter(base / 4);
}

bool Links::Impl::welcome(const IdentityHash& identity, bool wanted) const {
  if (wanted || config_.policy.listed.contains(identity)) return true;
  if (!config_.policy.any) return false;
  const auto strangers =
      std::count_if(neighbours_.begin(), neighbours_.end(), [this](const auto& entry) {
        return !config_.policy.listed.contains(entry.second.report.identity);
      });
  return static_cast<std::size_t>(strangers) < config_.policy.any_limit;
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
  if (!traits.forgeable_source) return half_open_.size() < config_.half_open_limit;
  if (!hello.padded) {
    counters_.add(Counter::kHopMalformed);
    return false;
  }
  const bool proved = !hello.cookie.is_zero() && cookies_.valid(hello.cookie, from.address, now);
  const bool crowded = half_open_.size() >= config_.half_open_limit / 2;
  if (!proved && (load_.under_load() || crowded || !unproved_.allow(from.address, now))) {
    counters_.add(Counter::kHopCookieSent);
    sink_.send(from,
               wire::encode_hop_cookie({hello.sender_index, cookies_.issue(from.address, now)}));
    return false;
  }
  if (proved && !proved_.allow(from.address, now)) {
    counters_.add(Counter::kHopSourceLimited);
    return false;
  }
  if (half_open_.size() < config_.half_open_limit) return true;
  counters_.add(Counter::kHopHalfOpenFull);
  return false;
}

void Links::Impl::on_hello(const CarrierPath& from, const CarrierTraits& traits, ByteView frame,
                           Time now) {
  const auto hello = wire::decode_hop_hello(frame);
  if (!hello) return counters_.add(Counter::kHopMalformed);
  const auto repeated = half_open_by_ephemeral_.find(hello->ephemeral);
  if (repeated != half_open_by_ephemeral_.end()) {
    const HalfOpen& half = half_open_.at(repeated->second);
    if (half.path == from && !half.response.answer_bytes().empty()) {
      sink_.send(from, half.response.answer_bytes());
    }
    return;
  }
  // Both said hello at once: the smaller ephemeral key stays initiator, both ends see the same two.
  const auto wanted = wanted_.find(from);
  if (wanted != wanted_.end() && wanted->second.initiation) {
    if (wanted->second.initiation->ephemeral() == hello->ephemeral ||
        wanted->second.initiation->ephemeral() < hello->ephemeral) {
      return counters_.add(Counter::kHopSimultaneous);
    }
    forget_initiation(wanted->second);
    wanted->second.next_action = now + config_.handshake_timeout;
  }
  if (!admit_hello(from, traits, *hello, now)) return;
  const std::uint32_t index = new_index(traits, from.carrier);
  auto response =
      Response::begin(*hello, index, signer_.identity(), capabilities_on(traits, now), random_);
  if (!response) return counters_.add(Counter::kHopForged);
  const Bytes material = response->to_sign();
  half_open_.emplace(index, HalfOpen{std::move(*response), from, now});
  half_open_by_ephemeral_[hello->ephemeral] = index;
  const std::weak_ptr<bool> alive = alive_;
  signer_.sign(signer::Purpose::kHopAnswer, material,
               [this, alive, index](std::optional<Signature> signature) {
                 if (alive.expired()) return;
                 const auto half = half_open_.find(index);
                 if (half == half_open_.end()) return;
                 if (!signature) return forget_half_open(index);
                 sink_.send(half->second.path, half->second.response.answer(*signature));
               });
}

void Links::Impl::on_finish(const CarrierPath& from, const CarrierTraits& traits, ByteView frame,
                            Time now) {
  const auto finish = wire::decode_hop_finish(frame);
  if (!finish) return counters_.add(Counter::kHopMalformed);
  const auto half = half_open_.find(finish->receiver_index);
  if (half == half_open_.end()) {
    // Our first frame was lost and the initiator repeats itself: one more frame tells it we heard.
    const IndexKey key{traits.compact ? from.carrier : kAnyCarrier, finish->receiver_index};
    const auto known = by_index_.find(key);
    if (known == by_index_.end()) return counters_.add(Counter::kHopUnknownIndex);
    const Neighbour& neighbour = neighbours_.at(known->second);
    if (now - neighbour.last_sent >= Wanted::kHelloRepeat / 2) keep_alive(known->second, now);
    return;
  }
  if (half->second.path != from) return counters_.add(Counter::kHopWrongCarrier);
  const auto seed = half->second.response.accept_finish(frame);
  if (!seed) return counters_.add(Counter::kHopForged);
  forget_half_open(finish->receiver_index);
  NeighbourId id;
  Neighbour* neighbour = establish(*seed, from, now, id);
  if (neighbour == nullptr) return;
  confirm(id, *neighbour);
  keep_alive(id, now);  // the first frame under the keys tells the initiator that they fit
}

void Links::Impl::tick_half_open(Time now) {
  std::vector<std::uint32_t> late;
  for (const auto& [index, half] : half_open_) {
    if (now - half.begun >= config_.handshake_timeout) late.push_back(index);
  }
  for (const std::uint32_t index : late) {
    counters_.add(Counter::kHopTimedOut);
    forget_half_open(index);
  }
}

void Links::Impl::forget_half_open(std::uint32_t index) {
  const auto half = half_open_.find(index);
  if (half == half_open_.end()) return;
  half_open_by_ephemeral_.erase(half->second.response.peer_ephemeral());
  half_open_.erase(half);
}

// --- the initiator ---

void Links::Impl::tick_wanted(Wanted& wanted, Time now) {
  const CarrierTraits* traits = carrier(wanted.path.carrier);
  if (wanted.up || traits == nullptr || now < wanted.next_action) return;
  if (wanted.initiation && wanted.hellos >= Wanted::kHellosPerAttempt) {
    counters_.add(Counter::kHopTimedOut);
    forget_initiation(wanted);
    ++wanted.failures;
    wanted.next_action = now + wanted.back_off(random_);
    return;
  }
  if (!wanted.initiation) {
    const std::uint32_t index = new_index(*traits, wanted.path.carrier);
    wanted.initiation.emplace(random_, index, traits->forgeable_source);
    initiations_[index] = wanted.path;
    wanted.hellos = 0;
    wanted.cookie_used = false;
  }
  say_hello(wanted, now);
}

void Links::Impl::say_hello(Wanted& wanted, Time now) {
  ++wanted.hellos;
  wanted.hello_sent = now;
  wanted.next_action = now + Wanted::kHelloRepeat;
  sink_.send(wanted.path, wanted.initiation->hello());
}

void Links::Impl::forget_initiation(Wanted& wanted) {
  if (!wanted.initiation) return;
  initiations_.erase(wanted.initiation->local_index());
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
  const auto path = initiations_.find(reply->receiver_index);
  if (path == initiations_.end() || path->second != from) {
    return counters_.add(Counter::kHopUnknownIndex);
  }
  Wanted& wanted = wanted_.at(path->second);
  // Cookies are not authenticated: one per hello, so that a forger cannot make us a repeater.
  if (std::exchange(wanted.cookie_used, true)) return;
  wanted.initiation->use_cookie(reply->cookie);
  say_hello(wanted, now);
}

void Links::Impl::on_answer(const CarrierPath& from, const CarrierTraits& traits, ByteView frame,
                            Time now) {
  const auto answer = wire::decode_hop_answer(frame);
  if (!answer) return counters_.add(Counter::kHopMalformed);
  const auto path = initiations_.find(answer->receiver_index);
  if (path == initiations_.end() || path->second != from) {
    return counters_.add(Counter::kHopUnknownIndex);
  }
  Wanted& wanted = wanted_.at(path->second);
  const auto material =
      wanted.initiation->accept_answer(frame, signer_.identity(), capabilities_on(traits, now));
  if (!material) return counters_.add(Counter::kHopForged);
  const IdentityHash identity = crypto::identity_hash(wanted.initiation->peer());
  const bool expected = wanted.expected ? *wanted.expected == identity : welcome(identity, true);
  if (!expected) {
    counters_.add(Counter::kHopUnwelcome);
    forget_initiation(wanted);
    ++wanted.failures;
    wanted.next_action = now + wanted.back_off(random_);
    return;
  }
  const std::uint32_t index = answer->receiver_index;
  const std::weak_ptr<bool> alive = alive_;
  signer_.sign(signer::Purpose::kHopFinish, *material,
               [this, alive, index, now](std::optional<Signature> signature) {
                 if (alive.expired() || !signature) return;
                 const auto found = initiations_.find(index);
                 if (found == initiations_.end()) return;
                 Wanted& mine = wanted_.at(found->second);
                 Initiation::Finished finished = mine.initiation->finish(*signature);
                 forget_initiation(mine);
                 NeighbourId id;
                 Neighbour* neighbour = establish(finished.seed, mine.path, now, id);
                 if (neighbour == nullptr) return;
                 neighbour->report.initiated = true;
                 neighbour->report.rtt = now - mine.hello_sent;
                 neighbour->finish = std::move(finished.message);
                 neighbour->finish_repeat_at = now + Wanted::kHelloRepeat;
                 sink_.send(mine.path, neighbour->finish);
               });
}

// --- both ---

Neighbour* Links::Impl::establish(const SessionSeed& seed, const CarrierPath& path, Time now,
                                  NeighbourId& id) {
  const CarrierTraits* traits = carrier(path.carrier);
  const IdentityHash identity = crypto::identity_hash(seed.peer);
  const bool initiated = seed.side == crypto::HopSide::kInitiator;
  if (traits == nullptr || !welcome(identity, initiated)) {
    counters_.add(Counter::kHopUnwelcome);
    return nullptr;
  }
  for (const NeighbourId other : neighbours_on(path.carrier)) {
    if (neighbours_.at(other).report.identity == identity) end(other, "replaced", false, now);
  }
  if (neighbours_.size() >= config_.neighbour_limit) {
    counters_.add(Counter::kHopNeighboursFull);
    return nullptr;
  }
  SessionOptions options;
  options.limits = RekeyLimits::for_bitrate(traits->bitrate_bps);
  options.compact = traits->compact;
  options.receive_lanes = config_.capabilities.lanes;
  const std::uint32_t carrier_id = path.carrier;
  id = NeighbourId{++last_neighbour_};
  Neighbour& neighbour = neighbours_[id];
  neighbour.session = std::make_unique<Session>(
      seed, options, random_,
      [this, carrier_id] {
        const CarrierTraits* now_traits = carrier(carrier_id);
        return new_index(now_traits != nullptr ? *now_traits : CarrierTraits{}, carrier_id);
      },
      now);
  neighbour.report.id = id;
  neighbour.report.identity = identity;
  neighbour.report.path = path;
  neighbour.report.up_since = neighbour.report.last_heard = neighbour.last_sent = now;
  neighbour.report.capabilities = seed.peer_capabilities;
  index_session(id, neighbour);
  // Whoever began: this is the link the operator wanted there, so nobody says hello again.
  if (const auto wanted = wanted_.find(path); wanted != wanted_.end()) {
    const bool as_expected = !wanted->second.expected || *wanted->second.expected == identity;
    if (as_expected) {
      if (!initiated) forget_initiation(wanted->second);
      wanted->second.up = id;
      wanted->second.failures = 0;
    }
  }
  counters_.add(Counter::kHopLinked);
  return &neighbour;
}

}  // namespace mehr::link
