// What happens when towards one neighbour. Frames and their contents are in hop_frames.cc.
#include "controlplane/neighbour/hop.h"

#include <algorithm>

#include "core/wire/hop_probe.h"

namespace mehr::neighbour {
namespace {

using border::Counter;

/// A record's length is 16 bits; a control record must fit the smallest frame.
constexpr std::size_t kRecordMost = 0xFFFF;
constexpr std::size_t kControlMost = PathMtu::kLeast - wire::kHopOverhead - wire::kHopRecordHeader;
/// Probes answered at one time; a neighbour of ours sends one a frame.
constexpr unsigned kAnswersAtOnce = 2;
/// Weight of a new round trip in the mean.
constexpr int kSmoothing = 8;

}  // namespace

Hop::Hop(link::NeighbourId id, const HopOptions& options, HopWire& wire, border::Counters& counters,
         Time now)
    : id_(id),
      options_(options),
      wire_(wire),
      counters_(counters),
      scheduler_({}, options.fragments),
      pacer_(options.bitrate_bps, 2 * std::min(options.most_frame, PathMtu::kBase), now),
      mtu_(options.most_frame, options.finds_mtu, now),
      rounds_(options.round, options.hurried_round, now),
      next_canary_(now),
      next_send_(Time::max()),
      due_(now) {}

bool Hop::enqueue(const wire::HopRecord& record, std::uint32_t source, Time now) {
  const std::size_t most = record.hop_class.control ? kControlMost : kRecordMost;
  if (record.body.size() > most) {
    counters_.add(Counter::kTxTooBig);
    return false;
  }
  if (scheduler_.enqueue(record, source, now) == link::Scheduler::Verdict::kClassFull) {
    counters_.add(Counter::kTxQueueFull);
    counted_.full = scheduler_.drops().full;
    return false;
  }
  if (next_send_ == Time::max() && !blocked_) next_send_ = now;
  due_ = std::min(due_, next_send_);
  return true;
}

bool Hop::receive_control(wire::HopControl type, ByteView body, Time now) {
  switch (type) {
    case wire::HopControl::kProbe: {
      const auto number = wire::decode_hop_probe(body);
      if (!number) break;
      // A frame full of probes must not become as many frames, to an address it may have forged.
      if (now == answered_at_ && answers_ >= kAnswersAtOnce) return true;
      answers_ = now == answered_at_ ? answers_ + 1 : 1;
      answered_at_ = now;
      const Bytes answer = wire::encode_hop_probe(*number);
      wire::HopRecord reply;
      reply.hop_class = {wire::HopPriority::kP0, 0, false, false, true};
      reply.price_or_type = static_cast<std::uint8_t>(wire::HopControl::kProbeReply);
      reply.body = answer;
      Bytes records;
      wire::append_hop_record(records, reply);
      send_now(records, now);
      return true;
    }
    case wire::HopControl::kProbeReply:
      if (const auto number = wire::decode_hop_probe(body)) {
        answered(*number, now);
        return true;
      }
      break;
    case wire::HopControl::kFragment:
      if (const auto fragment = wire::decode_hop_fragment(body)) {
        whole_ = reassembly_.add(*fragment, now);
        due_ = std::min(due_, reassembly_.next_due());
        return true;
      }
      break;
    default:
      return false;
  }
  counters_.add(Counter::kHopMalformed);
  return true;
}

void Hop::met(const wire::HopClass& hop_class, std::size_t bytes) {
  ClassMeter& meter = meters_[static_cast<std::size_t>(hop_class.priority)];
  ++meter.received_records;
  meter.received_bytes += bytes;
}

// --- what the path does ---

void Hop::moved(Time now) {
  const std::size_t before = mtu_.frame();
  mtu_.restart(now);
  mtu_changed(before, now);
  rtt_.reset();
  asked_.clear();
  due_ = now;
}

void Hop::path_mtu(std::size_t bytes, Time now) {
  const std::size_t before = mtu_.frame();
  if (mtu_.reported(bytes, now)) mtu_changed(before, now);
  due_ = now;
}

// What may have vanished in larger frames goes again in smaller ones.
void Hop::mtu_changed(std::size_t before, Time now) {
  if (mtu_.frame() >= before) return;
  counters_.add(Counter::kHopPathShrank);
  send_again(flight_.take_above(mtu_.frame()), now);
}

void Hop::writable(Time now) {
  if (!std::exchange(blocked_, false)) return;
  next_send_ = now;
  due_ = now;
}

std::uint32_t Hop::ask(bool small, Time now) {
  if (++last_probe_ == 0) ++last_probe_;
  asked_[last_probe_] = {now, small};
  if (asked_.size() > kAskedMost) asked_.erase(asked_.begin());
  return last_probe_;
}

void Hop::answered(std::uint32_t number, Time now) {
  const auto asked = asked_.find(number);
  if (asked == asked_.end()) return;
  const Duration round_trip = now - asked->second.at;
  if (asked->second.small) {
    rtt_ = rtt_ ? *rtt_ + (round_trip - *rtt_) / kSmoothing : round_trip;
  }
  asked_.erase(asked);
  flight_.answered(number);
  const std::size_t before = mtu_.frame();
  if (mtu_.answered(number, now)) mtu_changed(before, now);
  due_ = std::min({due_, mtu_.next_due(), next_send_});
}

// --- time ---

void Hop::tick(Time now) {
  if (rounds_.tick(now)) probe_round(now);
  const std::size_t before = mtu_.frame();
  if (mtu_.tick(now)) mtu_changed(before, now);
  probe_sizes(now);
  watch_canary(now);
  reassembly_.tick(now);
  counters_.add(Counter::kHopUnfinished, reassembly_.given_up() - given_up_counted_);
  given_up_counted_ = reassembly_.given_up();
  drain(now);
  plan(now);
}

void Hop::plan(Time now) {
  due_ = std::min({rounds_.next_due(), mtu_.next_due(), reassembly_.next_due(), next_send_});
  if (const auto since = flight_.canary_since()) {
    due_ = std::min(due_, *since + patience());
  }
  if (dead()) due_ = now;
}

Duration Hop::patience() const {
  return std::clamp<Duration>(3 * rtt_.value_or(PathMtu::kTimeoutMax), PathMtu::kTimeoutMin,
                              PathMtu::kTimeoutMax);
}

void Hop::watch_canary(Time now) {
  const auto since = flight_.canary_since();
  if (!since) return;
  if (now < *since + patience()) return;
  flight_.forget_canary();
  mtu_.doubt(now);
  probe_sizes(now);
}

std::array<ClassMeter, 4> Hop::classes() const {
  std::array<ClassMeter, 4> out = meters_;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto use = scheduler_.use(i);
    out[i].waiting_bytes = use.waiting_bytes;
    out[i].limit_bytes = use.limit_bytes;
  }
  return out;
}

HopTables Hop::tables() const {
  HopTables out;
  for (std::size_t i = 0; i < out.classes.size(); ++i)
    out.classes[i] = scheduler_.use(i);
  out.control_bytes = scheduler_.control_bytes();
  out.pieces = reassembly_.records();
  out.piece_bytes = reassembly_.bytes();
  out.flight_bytes = flight_.bytes();
  out.again_bytes = again_bytes_;
  out.asked = asked_.size();
  return out;
}

}  // namespace mehr::neighbour
