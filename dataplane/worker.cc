// The loop, and what becomes of frames that leave the graph.
#include "dataplane/worker.h"

#include <time.h>
#include <x86intrin.h>

#include <algorithm>

#include "dataplane/stages/meter.h"
#include "dataplane/stages/queue.h"

namespace mehr::dataplane {
namespace {

using border::Counter;

constexpr unsigned kSpins = 2'000;      ///< empty turns before the first rest: some 200 us
constexpr long kShortestRest = 50'000;  // ns; below that waking up costs more than looking

}  // namespace

Tables::Tables(const Sizes& sizes, Random& random)
    : flows{FlowTable(sizes.flows, random),
            std::vector<NextHop>(sizes.next_hops),
            std::vector<LinkFlow>(sizes.flows),
            std::vector<std::uint16_t>(sizes.neighbours),
            {},
            false},
      receive(sizes.receive_places),
      digest(random),
      seen(sizes.remembered),
      reverse(sizes.reverse, random, Time{}) {}

WorkerLoop::WorkerLoop(const WorkerSettings& settings, const Sizes& sizes, Tables& tables,
                       WorkerRings& rings, BufferPool& pool, std::vector<FramePort*> ports)
    : settings_(settings),
      rings_(rings),
      pool_(pool),
      ports_(std::move(ports)),
      tables_(tables),
      urgent_(sizes.neighbours, 1),
      received_(sizes.neighbours, kPriceClasses),
      sent_(sizes.neighbours, kPriceClasses),
      worker_{tables.flows, tables.receive, tables.digest, tables.seen, tables.reverse,
              urgent_,      received_,      sent_,         {},          {},
              pool,         *this,          *this},
      carriers_(sizes.neighbours),
      sources_(sizes.neighbours),
      told_(sizes.neighbours),
      used_(sizes.receive_places),
      sent_told_(sizes.neighbours),
      received_told_(sizes.receive_places),
      start_(__rdtsc()) {
  worker_.neighbours.resize(sizes.neighbours);
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    PortQueue& made = worker_.queues.emplace_back(PortQueueLimits{}, settings_.ticks_per_second);
    made.set_rate(i < settings_.rates.size() ? settings_.rates[i] : PolicerRate::kUnlimited,
                  start_);
  }
  GreetStep defaults;
  now_ = start_;
  take(defaults);
}

WorkerLoop::~WorkerLoop() {
  for (PortQueue& queue : worker_.queues) {
    for (const Frame& frame : queue.stalled())
      pool_.give_back({&frame.buffer, 1});
    queue.unstall(queue.stalled().size());
    queue.set_rate(PolicerRate::kUnlimited, now_);
    while (const std::size_t count = unqueue(queue, inject_.packets, inject_.in, now_)) {
      for (std::size_t i = 0; i < count; ++i)
        pool_.give_back({&inject_.in[i].buffer, 1});
    }
  }
}

void WorkerLoop::run(const std::atomic<bool>& stop) {
  while (!stop.load(std::memory_order_relaxed)) {
    if (turn()) {
      empty_turns_ = 0;
      last_work_ = now_;
      busy_ += __rdtsc() - now_;
    } else {
      rest(now_);
    }
  }
}

bool WorkerLoop::turn() {
  now_ = __rdtsc();
  bool busy = take_steps();
  for (std::uint16_t port = 0; port < ports_.size(); ++port) {
    if (ports_[port] != nullptr && !worker_.queues[port].empty()) busy = drain(port) || busy;
  }
  if (receiving_) {
    for (FramePort* port : ports_) {
      if (port != nullptr) busy = poll(*port) || busy;
    }
  }
  if (now_ - maintained_ > settings_.ticks_per_second / 1'024) maintain(now_);
  return busy;
}

bool WorkerLoop::poll(FramePort& port) {
  burst_.in_count = port.receive(settings_.queue, burst_.in);
  if (burst_.in_count == 0) return false;
  burst_.now = now_;
  frames_ += burst_.in_count;
  for (std::size_t i = 0; i < burst_.in_count; ++i)
    std::memcpy(headers_[i].data(), burst_.in[i].data, kHeaders);
  keep_headers();
  dataplane::run(worker_, burst_);
  note_arrivals();
  return true;
}

/// The headers are gone when a frame is sealed where it lies.
void WorkerLoop::keep_headers() {
  std::array<std::uint16_t, kBurst> before;
  for (std::size_t i = 0; i < burst_.in_count; ++i)
    before[i] = burst_.in[i].headroom;
  unwrap(burst_.frames(), settings_.filter);
  for (std::size_t i = 0; i < burst_.in_count; ++i)
    header_sizes_[i] = static_cast<std::uint8_t>(burst_.in[i].headroom - before[i]);
}

void WorkerLoop::note_arrivals() {
  for (std::size_t i = 0; i < burst_.in_count; ++i) {
    const Frame& frame = burst_.in[i];
    const bool opened =
        frame.session != nullptr && (frame.fate == Fate::kForward || frame.fate == Fate::kPunt);
    if (!opened) continue;
    const std::size_t place = frame.session->index & (tables_.receive.size() - 1);
    if (used_[place] == 0 && note_receive_keys(*frame.session)) used_[place] = 1;
    note_moved(frame, i);
  }
}

/// Only a verified frame newer than all before may say where its sender is (SC-44).
void WorkerLoop::note_moved(const Frame& frame, std::size_t index) {
  const NeighbourIndex neighbour = frame.session->neighbour;
  const ByteView headers{headers_[index].data(), header_sizes_[index]};
  const Source source = source_of(headers);
  if (source == sources_[neighbour]) return;
  const auto counter = wire::HopCounter::unpack(frame.counter);
  if (frame.session->windows[counter.lane].next() != counter.sequence + 1) return;
  Told& told = told_[neighbour];
  if (told.source == source && now_ - told.at < settings_.ticks_per_second) return;
  if (!admit(kRecords)) return;
  const border::Endpoint endpoint = endpoint_of(headers);
  const auto bytes = std::bit_cast<std::array<std::uint8_t, sizeof endpoint>>(endpoint);
  if (note({NoteKind::kMoved, 0, 0, 0, neighbour, frame.port, 0}, bytes)) told = {source, now_};
}

/// Frames the device had no room for, then packets as the rate allows. @return false only when
/// nothing waits any more
bool WorkerLoop::drain(std::uint16_t port) {
  PortQueue& queue = worker_.queues[port];
  if (!queue.stalled().empty()) queue.unstall(ports_[port]->send(settings_.queue, queue.stalled()));
  inject_.now = now_;
  release(worker_, inject_, port);
  return !queue.empty();
}

void WorkerLoop::maintain(Ticks now) {
  maintained_ = now;
  const std::uint64_t milliseconds = (now - start_) / (settings_.ticks_per_second / 1'000);
  tables_.reverse.advance(Time{std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds))},
                          256);
}

void WorkerLoop::rest(Ticks now) {
  if (settings_.idle == Idle::kBusy || ++empty_turns_ < kSpins) return _mm_pause();
  if (settings_.idle == Idle::kInterrupt && sleep()) return;
  constexpr long kLongest = std::chrono::nanoseconds(kLongestRest).count();
  const std::uint64_t idle_us = (now - last_work_) / (settings_.ticks_per_second / 1'000'000);
  const long eighth = static_cast<long>(std::min<std::uint64_t>(idle_us, 1'000'000)) * 1'000 / 8;
  const timespec length{0, std::clamp(eighth, kShortestRest, kLongest)};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &length, nullptr);
}

/// @return false, and nothing happened, when a port cannot wake us
bool WorkerLoop::sleep() {
  std::size_t armed = 0;
  const auto is_armed = [&](FramePort* port) {
    return port == nullptr || port->arm(settings_.queue);
  };
  while (armed < ports_.size() && is_armed(ports_[armed]))
    ++armed;
  const bool all = armed == ports_.size();
  // What came before a port was armed wakes nobody.
  if (all && !turn()) settings_.sleep(kLongestSleep);
  while (armed-- > 0) {
    if (ports_[armed] != nullptr) ports_[armed]->disarm(settings_.queue);
  }
  return all;
}

void WorkerLoop::send(std::span<Frame> frames) {
  std::array<void*, kBurst> unsent;
  std::size_t kept = 0, lost = 0;
  for (Frame& frame : frames) {
    const CarrierHeader& header = carriers_[frame.neighbour];
    const bool there = frame.port < ports_.size() && ports_[frame.port] != nullptr;
    if (header.size() == 0 || !there || frame.headroom < header.size()) {
      worker_.counters.add(Counter::kHopNoCarrier);
      unsent[lost++] = frame.buffer;
      continue;
    }
    worker_.counters.add(Counter::kTxFrames);
    worker_.counters.add(Counter::kTxBytes, frame.size);
    header.wrap(frame);
    frames[kept++] = frame;
  }
  pool_.give_back({unsent.data(), lost});
  for (std::size_t first = 0; first < kept;) {
    std::size_t end = first + 1;
    while (end < kept && frames[end].port == frames[first].port)
      ++end;
    hand_over(frames[first].port, frames.subspan(first, end - first));
    first = end;
  }
}

/// Frames leave in order: behind those that still wait, these wait too.
void WorkerLoop::hand_over(std::uint16_t port, std::span<Frame> frames) {
  PortQueue& queue = worker_.queues[port];
  std::size_t gone = 0;
  if (queue.stalled().empty()) gone = ports_[port]->send(settings_.queue, frames);
  gone += queue.stall(frames.subspan(gone));
  std::array<void*, kBurst> lost;
  std::size_t count = 0;
  for (const Frame& frame : frames.subspan(gone))
    lost[count++] = frame.buffer;
  worker_.counters.add(Counter::kPortNoRoom, count);
  pool_.give_back({lost.data(), count});
}

bool WorkerLoop::admit(PuntClass which) {
  if (punt_rates_[which].admit(0, now_)) return true;
  worker_.counters.add(Counter::kPuntLimited);
  return false;
}

std::uint8_t* WorkerLoop::begin_note(const NoteHead& head, std::size_t size) {
  std::uint8_t* at = rings_.notes.reserve(sizeof head + size);
  if (at == nullptr) {
    worker_.counters.add(Counter::kPuntRingFull);
    return nullptr;
  }
  std::memcpy(at, &head, sizeof head);
  return at + sizeof head;
}

bool WorkerLoop::note(const NoteHead& head, ByteView first, ByteView second) {
  std::uint8_t* at = begin_note(head, first.size() + second.size());
  if (at == nullptr) return false;
  std::copy(first.begin(), first.end(), at);
  std::copy(second.begin(), second.end(), at + first.size());
  end_note(first.size() + second.size());
  return true;
}

void WorkerLoop::stranger(const Frame& frame) {
  const auto index = static_cast<std::size_t>(&frame - burst_.in.data());
  if (!admit(kStrangers)) return;
  const border::Endpoint endpoint = endpoint_of({headers_[index].data(), header_sizes_[index]});
  const auto bytes = std::bit_cast<std::array<std::uint8_t, sizeof endpoint>>(endpoint);
  if (note({NoteKind::kStranger, 0, 0, 0, 0, frame.port, 0}, bytes, {frame.data, frame.size}))
    worker_.counters.add(Counter::kPuntStrangers);
}

void WorkerLoop::records(NeighbourIndex from, ByteView records) {
  if (!admit(kRecords)) return;
  const auto each_control = [records](auto&& take) {
    static_cast<void>(wire::decode_hop_records(records, [&](const wire::HopRecord& record) {
      constexpr auto kFiller = static_cast<std::uint8_t>(wire::HopControl::kKeepAlive);
      if (!record.hop_class.control || record.price_or_type <= kFiller) return;
      take(ByteView(record.body.data() - wire::kHopRecordHeader,
                    record.body.size() + wire::kHopRecordHeader));
    }));
  };
  std::size_t size = 0;
  each_control([&size](ByteView record) { size += record.size(); });
  std::uint8_t* at = begin_note({NoteKind::kRecords, 0, 0, 0, from, 0, 0}, size);
  if (at == nullptr) return;
  each_control([&at](ByteView record) { at = std::copy(record.begin(), record.end(), at); });
  end_note(size);
  worker_.counters.add(Counter::kPuntRecords);
}

void WorkerLoop::packet(const Packet& packet) {
  if (!admit(kPackets)) return;
  if (note({NoteKind::kPunt, packet.hop_class, packet.price, 0, packet.from, 0, 0},
           {packet.data, packet.size})) {
    worker_.counters.add(Counter::kPuntPackets);
  }
}

}  // namespace mehr::dataplane
