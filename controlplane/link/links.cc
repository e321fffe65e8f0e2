// Links: who is there, under which keys. The handshake half of the implementation is in
// links_handshake.cc.
#include "controlplane/link/links.h"

#include <algorithm>

#include "controlplane/link/links_impl.h"
#include "core/crypto/identity.h"

namespace mehr::link {
namespace {

using border::Counter;

Bytes control_record(wire::HopControl type, ByteView body) {
  wire::HopRecord record;
  record.hop_class.priority = wire::HopPriority::kP0;
  record.hop_class.control = true;
  record.price_or_type = static_cast<std::uint8_t>(type);
  record.body = body;
  Bytes out;
  wire::append_hop_record(out, record);
  return out;
}

Counter verdict_counter(Epoch::Verdict verdict) {
  switch (verdict) {
    case Epoch::Verdict::kReplay:
      return Counter::kHopReplay;
    case Epoch::Verdict::kExpired:
      return Counter::kHopExpired;
    case Epoch::Verdict::kBadLane:
      return Counter::kHopBadLane;
    case Epoch::Verdict::kForged:
      return Counter::kHopForged;
    case Epoch::Verdict::kOpened:
      break;
  }
  return Counter::kHopOpened;
}

}  // namespace

Links::Impl::Impl(LinksConfig config, LinksSink& sink, signer::Signer& signer, Random& random,
                  border::Counters& counters)
    : half_open_(config.half_open_limit),
      config_(std::move(config)),
      sink_(sink),
      signer_(signer),
      random_(random),
      counters_(counters),
      cookies_(random),
      unproved_(random.below(~std::uint64_t{0})),
      proved_(random.below(~std::uint64_t{0})),
      alive_(std::make_shared<bool>(true)) {}

// --- carriers and peers ---

const CarrierTraits* Links::Impl::carrier(std::uint32_t id) const {
  const auto found = carriers_.find(id);
  return found == carriers_.end() ? nullptr : &found->second;
}

void Links::Impl::carrier_down(std::uint32_t id, Time now) {
  for (const NeighbourId neighbour : neighbours_on(id))
    end(neighbour, "carrier down", false, now);
  for (auto& [path, wanted] : wanted_) {
    if (path.carrier == id) forget_initiation(wanted);
  }
  half_open_.forget_carrier(id);
  carriers_.erase(id);
}

std::vector<NeighbourId> Links::Impl::neighbours_on(std::uint32_t carrier) const {
  std::vector<NeighbourId> out;
  for (const auto& [id, neighbour] : neighbours_) {
    if (neighbour.report.path.carrier == carrier) out.push_back(id);
  }
  return out;
}

std::uint32_t Links::Impl::place_of(std::uint32_t index) const {
  return index & (config_.index_places - 1);
}

Links::Impl::IndexKey Links::Impl::index_key(std::uint32_t id, std::uint32_t index) const {
  const CarrierTraits* traits = carrier(id);
  const bool compact = traits != nullptr && traits->compact;
  return (compact ? std::uint64_t{id} + 1 : 0) << 32 | index;
}

bool Links::Impl::taken(IndexKey key) const {
  return by_index_.contains(key) || half_open_.contains(key) || initiations_.contains(key);
}

std::optional<std::uint32_t> Links::Impl::new_index(std::uint32_t id) {
  const CarrierTraits* traits = carrier(id);
  if (traits == nullptr || !traits->compact) {
    // Some thousands of 2^32 are taken at most: the second draw is rare, the third never seen.
    for (;;) {
      const auto index = static_cast<std::uint32_t>(random_.below(std::uint64_t{1} << 32));
      if (!taken(index_key(id, index)) && !places_.contains(place_of(index))) return index;
    }
  }
  constexpr std::uint32_t kAll = wire::kHopCompactIndexMax + 1;
  const auto first = static_cast<std::uint32_t>(random_.below(kAll));
  for (std::uint32_t step = 0; step < kAll; ++step) {
    const std::uint32_t index = (first + step) % kAll;
    if (!taken(index_key(id, index))) return index;
  }
  return std::nullopt;
}

bool Links::Impl::may_begin(std::uint32_t id, const CarrierTraits& traits) const {
  return !traits.compact ||
         std::count_if(initiations_.begin(), initiations_.end(), [id](const auto& entry) {
           return entry.second.carrier == id;
         }) < kCompactInitiations;
}

void Links::Impl::reindex(NeighbourId id, Neighbour& neighbour) {
  std::vector<std::uint32_t> now = neighbour.session->local_indices();
  if (now == neighbour.indices) return;
  ++plans_;
  ++keys_version_;
  unindex(neighbour);
  for (const std::uint32_t index : now) {
    by_index_[index_key(neighbour.report.path.carrier, index)] = id;
    if (config_.index_places != 0) places_.insert(place_of(index));
  }
  neighbour.indices = std::move(now);
}

void Links::Impl::unindex(Neighbour& neighbour) {
  for (const std::uint32_t index : neighbour.indices) {
    by_index_.erase(index_key(neighbour.report.path.carrier, index));
    if (config_.index_places != 0) places_.erase(place_of(index));
  }
  neighbour.indices.clear();
}

// --- frames ---

void Links::Impl::receive(const CarrierPath& from, ByteView frame, Duration waited, Time now) {
  const auto kind = wire::hop_frame_kind(frame);
  const CarrierTraits* traits = carrier(from.carrier);
  if (!kind || traits == nullptr) {
    counters_.add(Counter::kHopMalformed);
    return;
  }
  // Only datagram sockets say how long the kernel kept something back.
  if (traits->forgeable_source) load_.observe(waited, now);
  if (kind->type != wire::HopFrameType::kData) ++plans_;
  switch (kind->type) {
    case wire::HopFrameType::kHello:
      return on_hello(from, *traits, frame, now);
    case wire::HopFrameType::kAnswer:
      return on_answer(from, *traits, frame, now);
    case wire::HopFrameType::kFinish:
      return on_finish(from, frame, now);
    case wire::HopFrameType::kCookie:
      return on_cookie(from, frame, now);
    case wire::HopFrameType::kData:
      return on_data(from, *traits, frame, now);
  }
}

void Links::Impl::on_data(const CarrierPath& from, const CarrierTraits& traits, ByteView frame,
                          Time now) {
  const auto decoded = wire::decode_hop_data(frame, traits.compact);
  if (!decoded) return counters_.add(Counter::kHopMalformed);
  const auto found = by_index_.find(index_key(from.carrier, decoded->receiver_index));
  if (found == by_index_.end()) return counters_.add(Counter::kHopUnknownIndex);
  const NeighbourId id = found->second;
  Neighbour& neighbour = neighbours_.at(id);
  if (neighbour.report.path.carrier != from.carrier)
    return counters_.add(Counter::kHopWrongCarrier);
  // Its replay windows are with the other plane.
  if (neighbour.lent) return counters_.add(Counter::kHopWrongCarrier);
  const std::uint32_t epoch_before = neighbour.session->epoch();
  const Session::Opened opened = neighbour.session->open(*decoded, now);
  counters_.add(verdict_counter(opened.verdict));
  if (opened.verdict != Epoch::Verdict::kOpened) {
    neighbour.report.forged += opened.verdict == Epoch::Verdict::kForged ? 1 : 0;
    neighbour.report.replayed += opened.verdict == Epoch::Verdict::kReplay ? 1 : 0;
    return;
  }
  neighbour.report.last_heard = now;
  neighbour.report.received_bytes += frame.size();
  ++neighbour.report.received_frames;
  // Only a verified frame newer than all before may move the address (SC-44): a NAT gave the peer a
  // new one. A frame that was late on its way must not move it back.
  if (opened.newest && from.address != neighbour.report.path.address) {
    counters_.add(Counter::kHopMoved);
    neighbour.report.path.address = from.address;
    if (neighbour.confirmed) sink_.neighbour_moved(id, from);
  }
  settle(id, neighbour, opened, epoch_before, now);
}

void Links::Impl::settle(NeighbourId id, Neighbour& neighbour, const Session::Opened& opened,
                         std::uint32_t epoch_before, Time now) {
  const bool switched = neighbour.session->epoch() != epoch_before;
  if (switched) ++keys_version_;
  reindex(id, neighbour);
  const Bytes reply = neighbour.session->take_reply();
  if (!reply.empty()) send(id, reply, 0, now);
  const bool told = maintain_keys(id, neighbour, now);
  // New keys that the peer does not send under yet: a frame under ours is what it waits for. On a
  // link that carries bytes one way only, nothing else would bring it before the old keys end.
  const Duration least = timing(neighbour.report.path.carrier).shortest(false);
  const bool nudge = opened.outdated && now - neighbour.last_sent >= least;
  if (switched) counters_.add(Counter::kHopRekeyed);
  if (!told && reply.empty() && (nudge || switched)) keep_alive(id, now);
  // Last, because the sink may end the neighbour.
  confirm(id, neighbour);
  deliver(id, opened.records, now);
}

void Links::Impl::confirm(NeighbourId id, Neighbour& neighbour) {
  if (neighbour.confirmed) return;
  neighbour.confirmed = true;
  ++keys_version_;
  neighbour.finish.clear();
  neighbour.report.id = id;
  for (auto& [path, wanted] : wanted_) {
    if (wanted.up == id) wanted.failures = 0;
  }
  ++plans_;
  NeighbourReport report = neighbour.report;
  const CarrierTraits* traits = carrier(report.path.carrier);
  if (traits != nullptr) report.carrier = traits->name;
  sink_.neighbour_up(report);
}

void Links::Impl::deliver(NeighbourId id, ByteView records, Time now) {
  bool closed = false;
  wire::decode_hop_records(records, [&](const wire::HopRecord& record) {
    if (closed || !neighbours_.contains(id)) return;  // the sink may end it between two records
    if (record.hop_class.control) {
      const auto type = static_cast<wire::HopControl>(record.price_or_type);
      if (type == wire::HopControl::kKeepAlive || type == wire::HopControl::kPadding) return;
      if (type == wire::HopControl::kClose) {
        closed = true;
        return;
      }
    }
    sink_.record(id, record);
  });
  if (closed) end(id, "closed by the neighbour", false, now);
}

std::size_t Links::Impl::send(NeighbourId to, ByteView records, std::uint8_t lane, Time now) {
  const auto found = neighbours_.find(to);
  if (found == neighbours_.end()) return 0;
  Neighbour& neighbour = found->second;
  const auto frame = neighbour.session->seal(records, lane, now, padding(neighbour, records));
  if (!frame) {
    counters_.add(Counter::kHopKeysSpent);
    return 0;
  }
  send_frame(neighbour, *frame, now);
  // Bytes may wear keys out long before time does.
  maintain_keys(to, neighbour, now);
  return frame->size();
}

void Links::Impl::send_frame(Neighbour& neighbour, ByteView frame, Time now) {
  neighbour.last_sent = now;
  neighbour.report.sent_bytes += frame.size();
  ++neighbour.report.sent_frames;
  sink_.send(neighbour.report.path, frame);
}

bool Links::Impl::maintain_keys(NeighbourId id, Neighbour& neighbour, Time now, bool force) {
  const Bytes control = neighbour.session->maintain(now, force);
  reindex(id, neighbour);
  if (force) ++plans_;
  if (control.empty()) return false;
  ++plans_;
  const auto frame = neighbour.session->seal(control, 0, now, padding(neighbour, control));
  if (frame) send_frame(neighbour, *frame, now);
  return frame.has_value();
}

std::size_t Links::Impl::padding(const Neighbour& neighbour, ByteView records) const {
  const CarrierTraits* traits = carrier(neighbour.report.path.carrier);
  return traits == nullptr
             ? 0
             : padding_for(config_.padding, *traits, records, room_of(neighbour, *traits));
}

std::size_t Links::Impl::room(NeighbourId to) const {
  const auto found = neighbours_.find(to);
  if (found == neighbours_.end()) return 0;
  const CarrierTraits* traits = carrier(found->second.report.path.carrier);
  return traits == nullptr ? 0 : room_of(found->second, *traits);
}

std::size_t Links::Impl::room_of(const Neighbour& neighbour, const CarrierTraits& traits) const {
  const std::size_t frame = std::min(traits.max_frame, neighbour.report.capabilities.max_frame);
  const std::size_t overhead = traits.compact ? wire::kHopCompactOverhead : wire::kHopOverhead;
  return frame > overhead ? frame - overhead : 0;
}

// --- ends ---

void Links::Impl::end(NeighbourId id, std::string_view reason, bool tell_peer, Time now) {
  const auto found = neighbours_.find(id);
  if (found == neighbours_.end()) return;
  if (tell_peer) send(id, control_record(wire::HopControl::kClose, {}), 0, now);
  const IdentityHash identity = found->second.report.identity;
  const bool was_up = found->second.confirmed;
  unindex(found->second);
  neighbours_.erase(found);
  ++plans_;
  ++keys_version_;
  for (auto& [path, wanted] : wanted_) {
    if (wanted.up != id) continue;
    wanted.up.reset();
    if (was_up) {
      wanted.last_failure = reason;
      wanted.next_action = now + wanted.back_off(random_);
    } else {
      back_off(wanted, "it answers, but does not let us in: is our identity allowed there?", now);
    }
  }
  if (was_up) sink_.neighbour_down(id, identity, reason);
}

// --- time ---

void Links::Impl::tick(Time now) {
  std::vector<NeighbourId> ids;  // a copy: a neighbour may end while its turn runs
  for (const auto& [id, neighbour] : neighbours_)
    ids.push_back(id);
  for (const NeighbourId id : ids) {
    if (neighbours_.contains(id)) tick_neighbour(id, now);
  }
  for (std::size_t late = half_open_.expire(now); late > 0; --late)
    counters_.add(Counter::kHopTimedOut);
  for (auto& [path, wanted] : wanted_)
    tick_wanted(wanted, now);
}

void Links::Impl::tick_neighbour(NeighbourId id, Time now) {
  Neighbour& neighbour = neighbours_.at(id);
  const CarrierTiming times = timing(neighbour.report.path.carrier);
  const Duration silence = now - neighbour.report.last_heard;
  const Duration patience = neighbour.confirmed ? times.dead_after() : times.patience();
  if (silence >= patience) return end(id, "nothing heard", neighbour.confirmed, now);
  if (neighbour.session->dead(now)) return end(id, "keys spent without a new pair", false, now);
  if (!neighbour.finish.empty() && now >= neighbour.finish_repeat_at) {
    neighbour.finish_repeat_at = now + times.repeat(++neighbour.finishes, neighbour.peer_loaded);
    sink_.send(neighbour.report.path, neighbour.finish);
  }
  if (maintain_keys(id, neighbour, now)) return;
  if (now - neighbour.last_sent >= times.keep_alive()) keep_alive(id, now);
}

void Links::Impl::keep_alive(NeighbourId id, Time now) {
  send(id, control_record(wire::HopControl::kKeepAlive, {}), 0, now);
}

Time Links::Impl::next_due() const {
  Time due = Time::max();
  for (const auto& [id, neighbour] : neighbours_) {
    const CarrierTiming times = timing(neighbour.report.path.carrier);
    const Duration patience = neighbour.confirmed ? times.dead_after() : times.patience();
    due = std::min({due, neighbour.session->next_due(), neighbour.last_sent + times.keep_alive(),
                    neighbour.report.last_heard + patience});
    if (!neighbour.finish.empty()) due = std::min(due, neighbour.finish_repeat_at);
  }
  for (const auto& [path, wanted] : wanted_) {
    if (!wanted.up && carriers_.contains(path.carrier)) due = std::min(due, wanted.next_action);
  }
  return std::min(due, half_open_.next_due());
}

std::vector<NeighbourReport> Links::Impl::neighbours() const {
  std::vector<NeighbourReport> out;
  for (const auto& [id, neighbour] : neighbours_) {
    if (!neighbour.confirmed) continue;
    out.push_back(neighbour.report);
    out.back().epoch = neighbour.session->epoch();
    out.back().epoch_since = neighbour.session->epoch_since();
    const CarrierTraits* traits = carrier(neighbour.report.path.carrier);
    if (traits != nullptr) out.back().carrier = traits->name;
  }
  return out;
}

std::vector<WantedReport> Links::Impl::wanted() const {
  std::vector<WantedReport> out;
  for (const auto& [path, wanted] : wanted_) {
    out.push_back({path, wanted.expected, wanted.up, wanted.failures, wanted.last_failure});
  }
  return out;
}

void Links::Impl::rekey(NeighbourId id, Time now) {
  const auto found = neighbours_.find(id);
  if (found != neighbours_.end()) maintain_keys(id, found->second, now, true);
}

// --- the public face ---

Links::Links(LinksConfig config, LinksSink& sink, signer::Signer& signer, Random& random,
             border::Counters& counters)
    : impl_(std::make_unique<Impl>(std::move(config), sink, signer, random, counters)) {}
Links::~Links() = default;
void Links::carrier_up(std::uint32_t id, const CarrierTraits& traits, Time) {
  impl_->carriers_[id] = traits;
}
void Links::carrier_down(std::uint32_t id, Time now) {
  impl_->carrier_down(id, now);
}
void Links::maintain_peer(const CarrierPath& path, std::optional<IdentityHash> expected, Time now) {
  Wanted& wanted = impl_->wanted_[path];
  wanted.path = path;
  wanted.expected = expected;
  wanted.next_action = now;
  ++impl_->plans_;
}
void Links::forget_peer(const CarrierPath& path) {
  impl_->forget_peer(path);
}
void Links::receive(const CarrierPath& from, ByteView frame, Duration waited, Time now) {
  impl_->receive(from, frame, waited, now);
}
std::size_t Links::send(NeighbourId to, ByteView records, std::uint8_t lane, Time now) {
  return impl_->send(to, records, lane, now);
}
std::size_t Links::room(NeighbourId to) const {
  return impl_->room(to);
}
void Links::rekey(NeighbourId id, Time now) {
  impl_->rekey(id, now);
}
void Links::drop(NeighbourId id, Time now, std::string_view reason) {
  impl_->end(id, reason, true, now);
}
void Links::tick(Time now) {
  impl_->tick(now);
}
Time Links::next_due() const {
  return impl_->next_due();
}
std::uint64_t Links::plans() const {
  return impl_->plans_;
}
std::vector<WantedReport> Links::wanted() const {
  return impl_->wanted();
}
std::vector<NeighbourReport> Links::neighbours() const {
  return impl_->neighbours();
}
LinkTables Links::tables() const {
  return impl_->tables();
}

std::size_t Links::half_open() const {
  return impl_->half_open_.size();
}
bool Links::under_load() const {
  return impl_->load_.under_load();
}

}  // namespace mehr::link
