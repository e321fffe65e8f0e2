// Rows in portions that a packet holds.
#include "dataplane/reports.h"

#include <algorithm>

#include "core/base/assert.h"
#include "dataplane/stages/meter.h"

namespace mehr::dataplane {
namespace {

template <typename Value>
Value take(ByteView& from) {
  Value value;
  MEHR_ASSERT(from.size() >= sizeof value);
  std::memcpy(&value, from.data(), sizeof value);
  from = from.subspan(sizeof value);
  return value;
}

/// A row more in the last message, or in a new one when that is full.
template <typename Message, typename Row>
void add_row(std::vector<border::Up>& out, std::vector<Row> Message::*rows, const Row& row) {
  if (out.empty() || !std::holds_alternative<Message>(out.back()) ||
      (std::get<Message>(out.back()).*rows).size() == Message::kMax) {
    out.emplace_back(Message{});
  }
  (std::get<Message>(out.back()).*rows).push_back(row);
}

}  // namespace

Reports::Reports(std::size_t neighbours)
    : neighbours_(neighbours),
      told_received_(neighbours * kPriceClasses),
      told_sent_(neighbours * kPriceClasses) {}

void Reports::begin() {
  told_.fill(0);
  std::fill(told_received_.begin(), told_received_.end(), MeterReading{});
  std::fill(told_sent_.begin(), told_sent_.end(), MeterReading{});
}

std::vector<border::Up> Reports::of_note(ByteView note) {
  const auto head = take<NoteHead>(note);
  std::vector<border::Up> out;
  switch (head.kind) {
    case NoteKind::kStranger: {
      const auto endpoint = take<border::Endpoint>(note);
      out.emplace_back(border::Stranger{head.port, endpoint, note});
      break;
    }
    case NoteKind::kRecords:
      out.emplace_back(border::Records{head.neighbour, note});
      break;
    case NoteKind::kPunt:
      out.emplace_back(border::Punt{head.neighbour, head.hop_class, head.price, note});
      break;
    case NoteKind::kMoved:
      out.emplace_back(border::Moved{head.neighbour, head.port, take<border::Endpoint>(note)});
      break;
    case NoteKind::kKeyUse:
      while (!note.empty())
        add_row(out, &border::KeyUse::rows, take<border::KeyUse::Row>(note));
      break;
    case NoteKind::kActivity:
      while (!note.empty())
        add_row(out, &border::Activity::keys, take<Hash16>(note));
      break;
    case NoteKind::kCounters:
      worker_ = take<decltype(worker_)>(note);
      fresh_ = true;
      break;
    case NoteKind::kLoad:
      out.emplace_back(take<border::Load>(note));
      break;
    case NoteKind::kSynced:
      out.emplace_back(border::Synced{head.value});
      break;
  }
  return out;
}

std::vector<border::Up> Reports::counters(const border::Counters& more) {
  std::vector<border::Up> out;
  for (std::size_t i = 0; i < border::kCounterCount; ++i) {
    const std::uint64_t value = worker_[i] + more.values()[i];
    if (value == told_[i]) continue;
    told_[i] = value;
    add_row(out, &border::CounterReadings::rows,
            border::CounterReadings::Row{static_cast<std::uint16_t>(i), value});
  }
  return out;
}

void Reports::rows_of(const Meters& meters, bool sent, std::vector<MeterReading>& told,
                      std::vector<border::Up>& out) {
  for (std::size_t n = 0; n < neighbours_; ++n) {
    for (std::size_t price = 0; price < kPriceClasses; ++price) {
      const MeterReading now = meters.read(n, price);
      MeterReading& before = told[n * kPriceClasses + price];
      if (now == before) continue;
      before = now;
      add_row(out, &border::MeterReadings::rows,
              border::MeterReadings::Row{static_cast<std::uint16_t>(n), sent,
                                         static_cast<std::uint8_t>(price), now.packets, now.bytes});
    }
  }
}

std::vector<border::Up> Reports::meters(const Meters& received, const Meters& sent) {
  std::vector<border::Up> out;
  rows_of(received, false, told_received_, out);
  rows_of(sent, true, told_sent_, out);
  return out;
}

}  // namespace mehr::dataplane
