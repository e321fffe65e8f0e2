// Frames to one neighbour: what goes into the next, what is cut into pieces, what goes again.
#include <algorithm>

#include "controlplane/neighbour/hop.h"
#include "core/wire/hop_probe.h"

namespace mehr::neighbour {
namespace {

using border::Counter;

/// Frames in one go before others get their turn.
constexpr int kBurst = 64;
/// Between two frames that carry a canary: often enough to notice within a fifth of a second.
constexpr Duration kCanaryGap = 10ms;
/// After a full socket buffer: about what a few frames take at 100 Mbit/s.
constexpr Duration kBusyPause = 1ms;
/// Records that wait to be sent again, at most; then the oldest go.
constexpr std::size_t kProbeRecord = wire::kHopRecordHeader + wire::kHopProbeSize;

void append_control(Bytes& records, wire::HopControl type, ByteView body) {
  wire::HopRecord record;
  record.hop_class = {wire::HopPriority::kP0, 0, false, false, true};
  record.price_or_type = static_cast<std::uint8_t>(type);
  record.body = body;
  wire::append_hop_record(records, record);
}

}  // namespace

std::size_t Hop::packet_room() const {
  return room() - wire::kHopRecordHeader - (mtu_.probing() ? kProbeRecord : 0);
}

std::size_t Hop::waiting_bytes() const {
  return scheduler_.waiting_bytes() + again_bytes_;
}

// --- probes ---

Carrier::Sent Hop::send_now(ByteView records, Time now) {
  std::size_t bytes = 0;
  const Carrier::Sent sent = wire_.send_records(id_, records, bytes, now);
  pacer_.spend(bytes);
  return sent;
}

void Hop::probe_round(Time now) {
  Bytes records;
  append_control(records, wire::HopControl::kProbe, wire::encode_hop_probe(ask(true, now)));
  send_now(records, now);
}

void Hop::probe_sizes(Time now) {
  const auto pair = mtu_.due(now, rtt_.value_or(Duration::zero()));
  if (!pair) return;
  const std::uint32_t small = ask(true, now), big = ask(false, now);
  mtu_.sent(big, small);
  Bytes records;
  append_control(records, wire::HopControl::kProbe, wire::encode_hop_probe(small));
  send_now(records, now);
  records.clear();
  append_control(
      records, wire::HopControl::kProbe,
      wire::encode_hop_probe(big, pair->size - options_.overhead - wire::kHopRecordHeader));
  if (send_now(records, now) != Carrier::Sent::kTooBig) return;
  const std::size_t before = mtu_.frame();
  if (mtu_.refused(pair->size, now)) mtu_changed(before, now);
}

// --- packets ---

void Hop::drain(Time now) {
  for (int left = kBurst; left > 0; --left) {
    if (scheduler_.empty() && again_.empty()) {
      next_send_ = Time::max();
      break;
    }
    if (!wire_.ready(id_)) {
      blocked_ = true;
      next_send_ = Time::max();
      break;
    }
    blocked_ = false;  // whether or not somebody said so
    next_send_ = pacer_.ready_at(now);
    if (next_send_ > now || !send_next(now)) break;
  }
  const auto& drops = scheduler_.drops();
  counters_.add(Counter::kTxDeadline, drops.late - counted_.late);
  counters_.add(Counter::kTxTooBig, drops.too_big - counted_.too_big);
  counted_ = drops;
}

bool Hop::send_next(Time now) {
  const bool canary = mtu_.probing() && mtu_.frame() > PathMtu::kBase && now >= next_canary_ &&
                      !flight_.canary_since();
  Bytes records = next_records(room(), now);
  if (records.empty()) return true;
  const bool large = mtu_.probing() && records.size() + options_.overhead > PathMtu::kBase;
  const std::size_t payload = records.size();
  std::uint32_t number = 0;
  if (canary && large && payload + kProbeRecord <= room()) {
    number = ask(false, now);
    append_control(records, wire::HopControl::kProbe, wire::encode_hop_probe(number));
    next_canary_ = now + kCanaryGap;
  }
  std::size_t bytes = 0;
  const Carrier::Sent sent = wire_.send_records(id_, records, bytes, now);
  pacer_.spend(bytes);
  records.resize(payload);
  if (sent == Carrier::Sent::kBusy) {
    send_again({std::move(records)}, now);
    next_send_ = now + kBusyPause;
    return false;
  }
  if (sent == Carrier::Sent::kTooBig) {
    const std::size_t before = mtu_.frame();
    send_again({std::move(records)}, now);
    if (mtu_.refused(before, now)) {
      mtu_changed(before, now);
      return true;
    }
    again_.clear();  // below what every path carries: this one does not
    again_bytes_ = 0;
    return false;
  }
  if (sent == Carrier::Sent::kNoWay) return true;  // gone, and counted where it was lost
  count_sent(records);
  if (large) flight_.left(std::move(records), bytes, number, now);
  return true;
}

Bytes Hop::next_records(std::size_t space, Time now) {
  Bytes out;
  for (;;) {
    while (!again_.empty() && out.size() + again_.front().size() <= space) {
      append(out, again_.front());
      again_bytes_ -= again_.front().size();
      again_.pop_front();
    }
    if (!out.empty()) return out;
    Bytes next;
    if (again_.empty()) {
      next = scheduler_.next_frame(space, now);
      if (next.size() <= space) return next;
    } else {
      next = std::move(again_.front());
      again_bytes_ -= next.size();
      again_.pop_front();
    }
    cut(next, space);
  }
}

// The pieces go to the front of what goes before everything else.
void Hop::cut(ByteView record, std::size_t space) {
  if (!options_.fragments) return counters_.add(Counter::kTxTooBig);
  wire::decode_hop_records(record, [&](const wire::HopRecord& whole) {
    wire::HopFragment piece;
    ByteView body = whole.body;
    std::size_t offset = 0;
    if (whole.hop_class.control) {
      // A piece that was cut for a wider path; nothing else of that size is a control record.
      const auto outer = wire::decode_hop_fragment(whole.body);
      if (!outer) return;
      piece = *outer;
      body = outer->piece;
      offset = outer->offset;
    } else {
      piece.number = next_fragment_++;
      piece.total = static_cast<std::uint16_t>(body.size());
      piece.hop_class = whole.hop_class;
      piece.price = whole.price_or_type;
      counters_.add(Counter::kHopFragmented);
    }
    const std::size_t most = space - wire::kHopRecordHeader - wire::kHopFragmentHeader;
    std::deque<Bytes> pieces;
    for (; !body.empty(); body = body.subspan(piece.piece.size())) {
      piece.offset = static_cast<std::uint16_t>(offset);
      piece.piece = body.first(std::min(body.size(), most));
      offset += piece.piece.size();
      const Bytes encoded = wire::encode_hop_fragment(piece);
      wire::HopRecord out;
      out.hop_class = {whole.hop_class.priority, 0, false, false, true};
      out.price_or_type = static_cast<std::uint8_t>(wire::HopControl::kFragment);
      out.body = encoded;
      wire::append_hop_record(pieces.emplace_back(), out);
      again_bytes_ += pieces.back().size();
    }
    again_.insert(again_.begin(), std::make_move_iterator(pieces.begin()),
                  std::make_move_iterator(pieces.end()));
  });
}

void Hop::send_again(const std::deque<Bytes>& runs, Time now) {
  std::deque<Bytes> records;
  for (const Bytes& run : runs) {
    wire::decode_hop_records(run, [&](const wire::HopRecord& record) {
      wire::append_hop_record(records.emplace_back(), record);
      again_bytes_ += records.back().size();
    });
  }
  again_.insert(again_.begin(), std::make_move_iterator(records.begin()),
                std::make_move_iterator(records.end()));
  while (again_bytes_ > kAgainBytes) {
    again_bytes_ -= again_.front().size();
    again_.pop_front();
    counters_.add(Counter::kTxQueueFull);
  }
  if (!again_.empty() && next_send_ == Time::max() && !blocked_) next_send_ = now;
}

void Hop::count_sent(ByteView records) {
  wire::decode_hop_records(records, [&](const wire::HopRecord& record) {
    ClassMeter& meter = meters_[static_cast<std::size_t>(record.hop_class.priority)];
    ++meter.sent_records;
    meter.sent_bytes += record.body.size();
  });
}

}  // namespace mehr::neighbour
