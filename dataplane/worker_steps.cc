// What a worker does for the control thread between bursts. Indices and lanes are within their
// tables: the control thread has checked.
#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "dataplane/stages/seal.h"
#include "dataplane/stages/seen.h"
#include "dataplane/worker.h"

namespace mehr::dataplane {
namespace {

constexpr std::uint8_t kControlBit = 1;       // of a class byte
constexpr std::size_t kReverseLines = 1'024;  // looked at in one turn: some 20 us

PolicerRate packets_a_second(std::uint32_t rate) {
  PolicerRate out;
  out.packets_per_second = rate;
  out.burst_packets = rate == 0 ? 0 : std::max<std::uint64_t>(64, rate / 10);
  return out;
}

}  // namespace

bool WorkerLoop::take_steps() {
  if (batch_ == nullptr && !rings_.orders.pop(batch_)) return false;
  for (std::size_t count = 0; count < kStepsATurn && batch_->taken < batch_->steps.size();
       ++count) {
    const bool finished =
        std::visit([this](auto& step) { return take(step); }, batch_->steps[batch_->taken]);
    if (!finished) return true;
    ++batch_->taken;
  }
  if (batch_->taken == batch_->steps.size()) {
    const bool room = rings_.done.push(batch_);
    MEHR_ASSERT(room);
    batch_ = nullptr;
  }
  return true;
}

bool WorkerLoop::take(GreetStep& step) {
  tables_.flows.own_transport = step.own_transport;
  tables_.flows.locals_complete = step.locals_complete;
  const std::array<std::uint32_t, kPuntClasses> rates{step.punts.strangers, step.punts.records,
                                                      step.punts.packets};
  for (std::size_t i = 0; i < rates.size(); ++i)
    punt_rates_[i].set(packets_a_second(rates[i]), settings_.ticks_per_second, now_);
  return true;
}

bool WorkerLoop::take(ClearFlowsStep& step) {
  std::swap(tables_.flows.table, *step.empty);
  activity_at_ = 0;
  return true;
}

bool WorkerLoop::take(ReceiveStep& step) {
  const std::uint32_t index = step.session->index;
  std::swap(tables_.receive.place(index), *step.session);
  const std::size_t place = index & (tables_.receive.size() - 1);
  used_[place] = 0;
  received_told_[place] = 0;
  return true;
}

bool WorkerLoop::take(DropReceiveStep& step) {
  if (tables_.receive.find(step.index) != nullptr)
    std::swap(tables_.receive.place(step.index), *step.empty);
  return true;
}

bool WorkerLoop::take(SendStep& step) {
  worker_.neighbours[step.neighbour].send = *step.session;
  sent_told_[step.neighbour] = step.session->next_sequence;
  return true;
}

bool WorkerLoop::take(NeighbourStep& step) {
  Neighbour& neighbour = worker_.neighbours[step.index];
  neighbour.frame_room = step.frame_room;
  neighbour.price = step.price;
  neighbour.port = step.port;
  tables_.flows.room[step.index] = step.room;
  urgent_.of(step.index, 0).set(step.urgent, settings_.ticks_per_second, now_);
  sources_[step.index] = step.source;
  return true;
}

bool WorkerLoop::take(CarrierStep& step) {
  carriers_[step.index] = *step.header;
  return true;
}

bool WorkerLoop::take(DropNeighbourStep& step) {
  if (!step.begun) {
    step.begun = true;
    worker_.neighbours[step.index] = Neighbour{};
    tables_.flows.room[step.index] = 0;
    carriers_[step.index] = CarrierHeader{};
    for (PortQueue& queue : worker_.queues)
      queue.forget(step.index);
    sources_[step.index] = Source{};
    told_[step.index] = Told{};
  }
  // Before the index becomes somebody else's, no proof may find the way back to it.
  step.line = tables_.reverse.forget(step.index, step.line, kReverseLines);
  return step.line == 0;
}

bool WorkerLoop::take(NextHopStep& step) {
  tables_.flows.next_hops[step.index] = step.next_hop;
  return true;
}

bool WorkerLoop::take(LinkStep& step) {
  tables_.flows.links[step.index] = step.link;
  return true;
}

bool WorkerLoop::take(FlowStep& step) {
  if (step.value == FlowTable::kAbsent) {
    tables_.flows.table.erase(step.key);
  } else if (!tables_.flows.table.insert(step.key, step.value)) {
    worker_.counters.add(border::Counter::kBorderFlowsRefused);
  }
  return true;
}

bool WorkerLoop::take(InjectStep& step) {
  constexpr std::size_t kBefore = wire::kHopHeader + wire::kHopRecordHeader;
  inject_.in_count = inject_.packet_count = 0;
  Frame& frame = inject_.in[0];
  if (step.body.size() + kBefore + wire::kHopTag > pool_.room() || !pool_.take({&frame, 1})) {
    worker_.counters.add(border::Counter::kTxQueueFull);
    return true;
  }
  Packet& packet = inject_.packets[0];
  packet = Packet{};
  packet.data = frame.data + kBefore;
  std::copy(step.body.begin(), step.body.end(), packet.data);
  packet.size = static_cast<std::uint16_t>(step.body.size());
  frame.size = static_cast<std::uint32_t>(kBefore + packet.size + wire::kHopTag);
  frame.tailroom = static_cast<std::uint16_t>(frame.tailroom - frame.size);
  frame.records = 1;
  packet.to = step.neighbour;
  packet.hop_class = step.hop_class;
  packet.price = step.price;
  packet.fate = Fate::kForward;
  inject_.in_count = inject_.packet_count = 1;
  if ((step.hop_class & kControlBit) == 0)
    remember_sent(step.body, tables_.digest, tables_.seen, worker_.claim);
  seal_injected(step);
  return true;
}

void WorkerLoop::seal_injected(const InjectStep& step) {
  Neighbour& neighbour = worker_.neighbours[step.neighbour];
  Packet& packet = inject_.packets[0];
  // The record says what the control plane says, which is a type for control records.
  const std::uint8_t price = std::exchange(neighbour.price, step.price);
  const std::size_t count = seal(inject_.live(), inject_.frames(), worker_.neighbours, pool_,
                                 worker_.aead, worker_.scratch, now_, inject_.out);
  neighbour.price = price;
  if (packet.fate == Fate::kDrop) worker_.counters.add(packet.reason);
  if (packet.fate == Fate::kForward && (step.hop_class & kControlBit) == 0)
    sent_.count(step.neighbour, step.price / (256 / 16), 1, packet.size);
  send({inject_.out.data(), count});
  if (inject_.in[0].buffer != nullptr) pool_.give_back({&inject_.in[0].buffer, 1});
}

bool WorkerLoop::take(RawStep& step) {
  Frame frame;
  const bool there = step.port < ports_.size() && ports_[step.port] != nullptr;
  if (step.frame.size() > pool_.room() || !there || !pool_.take({&frame, 1})) {
    worker_.counters.add(border::Counter::kTxQueueFull);
    return true;
  }
  std::copy(step.frame.begin(), step.frame.end(), frame.data);
  frame.size = static_cast<std::uint32_t>(step.frame.size());
  frame.port = step.port;
  worker_.counters.add(border::Counter::kTxFrames);
  worker_.counters.add(border::Counter::kTxBytes, frame.size);
  step.header->wrap(frame);
  hand_over(step.port, {&frame, 1});
  return true;
}

bool WorkerLoop::take(SeenStep& step) {
  remember_sent(step.packet, tables_.digest, tables_.seen, worker_.claim);
  return true;
}

bool WorkerLoop::take(SyncStep& step) {
  receiving_ = true;
  return note({NoteKind::kSynced, 0, 0, 0, 0, 0, step.token}, {});
}

bool WorkerLoop::take(ReadKeysStep& step) {
  constexpr std::size_t kRow = sizeof(border::KeyUse::Row);
  std::uint8_t* at = begin_note({NoteKind::kKeyUse}, step.count * kRow);
  if (at == nullptr) return true;
  std::size_t rows = 0;
  for (std::size_t n = step.first; n < std::size_t{step.first} + step.count; ++n) {
    const SendSession& session = worker_.neighbours[n].send;
    if (!session.live || session.next_sequence == sent_told_[n]) continue;
    sent_told_[n] = session.next_sequence;
    const border::KeyUse::Row row{static_cast<std::uint16_t>(n),
                                  true,
                                  session.lane,
                                  session.remote_index,
                                  session.next_sequence,
                                  session.bytes_left};
    std::memcpy(at + rows++ * kRow, &row, kRow);
  }
  if (rows != 0) end_note(rows * kRow);
  return true;
}

bool WorkerLoop::note_receive_keys(const ReceiveSession& session) {
  constexpr std::size_t kRow = sizeof(border::KeyUse::Row);
  std::uint8_t* at = begin_note({NoteKind::kKeyUse}, session.lanes * kRow);
  if (at == nullptr) return false;
  for (std::uint8_t lane = 0; lane < session.lanes; ++lane) {
    const border::KeyUse::Row row{
        session.neighbour, false, lane, session.index, session.windows[lane].next(),
        session.bytes_left};
    std::memcpy(at + lane * kRow, &row, kRow);
  }
  end_note(session.lanes * kRow);
  received_told_[session.index & (tables_.receive.size() - 1)] = session.bytes_left;
  return true;
}

bool WorkerLoop::take(ReadReceiveStep& step) {
  for (std::uint32_t i = step.first; i < step.first + step.count; ++i) {
    if (used_[i] == 0) continue;
    const ReceiveSession& session = tables_.receive.place(i);
    if (session.lanes == 0 || session.bytes_left == received_told_[i]) continue;
    note_receive_keys(session);
  }
  return true;
}

bool WorkerLoop::take(ReadActivityStep& step) {
  std::size_t count = 0;
  std::uint8_t* at = begin_note({NoteKind::kActivity}, std::size_t{step.buckets} * 3 * 16);
  if (at == nullptr) return true;
  activity_at_ = tables_.flows.table.take_used(
      activity_at_, step.buckets, [&](const Hash16& key, std::uint32_t) {
        std::memcpy(at + 16 * count++, key.bytes.data(), 16);
      });
  if (count != 0) end_note(16 * count);
  return true;
}

bool WorkerLoop::take(ReadCountersStep&) {
  const auto& values = worker_.counters.values();
  std::uint8_t* at = begin_note({NoteKind::kCounters}, sizeof values);
  if (at == nullptr) return true;
  std::memcpy(at, values.data(), sizeof values);
  end_note(sizeof values);
  const border::Load load{0, busy_, now_ - start_, frames_, settings_.ticks_per_second};
  const auto bytes = std::bit_cast<std::array<std::uint8_t, sizeof load>>(load);
  static_cast<void>(note({NoteKind::kLoad}, bytes));
  return true;
}

}  // namespace mehr::dataplane
