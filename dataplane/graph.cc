// The one table of stages, and the walk through it.
#include "dataplane/graph.h"

#include <x86intrin.h>

#include "core/wire/hop_frame.h"
#include "dataplane/stages/meter.h"
#include "dataplane/stages/parse.h"
#include "dataplane/stages/police.h"
#include "dataplane/stages/queue.h"
#include "dataplane/stages/reverse.h"
#include "dataplane/stages/route.h"
#include "dataplane/stages/seal.h"
#include "dataplane/stages/seen.h"

namespace mehr::dataplane {
namespace {

using border::Counter;

void classify_stage(Worker& worker, Burst& burst) {
  classify(burst.frames(), worker.receive, burst.now);
}

void open_stage(Worker& worker, Burst& burst) {
  open(burst.frames(), worker.aead, worker.scratch);
}

void hand_up_records(Worker& worker, const Frame& frame) {
  worker.punt.records(frame.session->neighbour,
                      {frame.data + wire::kHopHeader, frame.size - wire::kHopOverhead});
}

/// Frames end here unless they are taken apart: counted, or handed up.
void records_stage(Worker& worker, Burst& burst) {
  check_records(burst.frames());
  for (const Frame& frame : burst.frames()) {
    worker.counters.add(Counter::kRxFrames);
    worker.counters.add(Counter::kRxBytes, frame.size);
    switch (frame.fate) {
      case Fate::kForward:
        worker.counters.add(Counter::kHopOpened);
        if (frame.control) hand_up_records(worker, frame);
        break;
      case Fate::kDrop:
        worker.counters.add(frame.reason);
        break;
      case Fate::kPunt:
      case Fate::kPending:
      case Fate::kHeld:  // packets only
        if (frame.session == nullptr) {
          worker.punt.stranger(frame);
        } else {
          worker.counters.add(Counter::kHopOpened);
          hand_up_records(worker, frame);
        }
        break;
    }
  }
}

void take_stage(Worker&, Burst& burst) {
  burst.packet_count = take_records(burst.frames(), burst.cursor, burst.packets);
}

void parse_stage(Worker& worker, Burst& burst) {
  parse(burst.live(), worker.flows.own_transport);
}

void seen_stage(Worker& worker, Burst& burst) {
  drop_seen(burst.live(), worker.digest, worker.seen);
}

void route_stage(Worker& worker, Burst& burst) {
  route(burst.live(), worker.flows);
}

void remember_stage(Worker& worker, Burst& burst) {
  remember_seen(burst.live(), worker.seen, worker.claim);
}

void reverse_stage(Worker& worker, Burst& burst) {
  reverse(burst.live(), worker.reverse, worker.sha256);
}

void police_stage(Worker& worker, Burst& burst) {
  police(burst.live(), worker.urgent, worker.counters, burst.now);
}

void queue_stage(Worker& worker, Burst& burst) {
  queue(burst.live(), burst.frames(), worker.neighbours, worker.queues, worker.pool, burst.now);
}

void seal_stage(Worker& worker, Burst& burst) {
  burst.out_count = seal(burst.live(), burst.frames(), worker.neighbours, worker.pool, worker.aead,
                         worker.scratch, burst.now, burst.out);
}

void meter_stage(Worker& worker, Burst& burst) {
  meter(burst.live(), worker.received, worker.sent);
}

void tx_stage(Worker& worker, Burst& burst) {
  worker.tx.send(burst.leaving());
  for (const Packet& packet : burst.live()) {
    if (packet.fate == Fate::kForward || packet.fate == Fate::kDrop) {
      worker.counters.add(Counter::kPacketReceived);
      worker.counters.add(packet.reason);
    } else if (packet.fate != Fate::kHeld) {
      worker.punt.packet(packet);
    }
  }
}

constexpr std::array<Stage, 3> kFrameStages{{
    {"classify", classify_stage},
    {"open", open_stage},
    {"records", records_stage},
}};
constexpr std::array<Stage, 11> kPacketStages{{
    {"take", take_stage},
    {"parse", parse_stage},
    {"seen", seen_stage},
    {"route", route_stage},
    {"remember", remember_stage},
    {"reverse", reverse_stage},
    {"police", police_stage},
    {"queue", queue_stage},
    {"seal", seal_stage},
    {"meter", meter_stage},
    {"tx", tx_stage},
}};
static_assert(kFrameStages.size() + kPacketStages.size() <= StageTicks::kMax);

void run_stages(std::span<const Stage> stages, Worker& worker, Burst& burst, Ticks* ticks) {
  if (ticks == nullptr) {
    for (const Stage& stage : stages)
      stage.run(worker, burst);
    return;
  }
  Ticks before = __rdtsc();
  for (const Stage& stage : stages) {
    stage.run(worker, burst);
    const Ticks after = __rdtsc();
    *ticks++ += after - before;
    before = after;
  }
}

void give_back_unused(Worker& worker, Burst& burst) {
  std::array<void*, kBurst> unused;
  std::size_t count = 0;
  for (const Frame& frame : burst.frames()) {
    if (frame.buffer != nullptr) unused[count++] = frame.buffer;
  }
  worker.pool.give_back({unused.data(), count});
}

}  // namespace

std::span<const Stage> frame_stages() {
  return kFrameStages;
}

std::span<const Stage> packet_stages() {
  return kPacketStages;
}

void run(Worker& worker, Burst& burst, StageTicks* cost) {
  burst.cursor = {};
  run_stages(kFrameStages, worker, burst, cost == nullptr ? nullptr : cost->ticks.data());
  do {
    run_stages(kPacketStages, worker, burst,
               cost == nullptr ? nullptr : cost->ticks.data() + kFrameStages.size());
    if (cost != nullptr) cost->packets += burst.packet_count;
  } while (burst.packet_count == burst.packets.size());
  if (cost != nullptr) cost->frames += burst.in_count;
  give_back_unused(worker, burst);
}

bool release(Worker& worker, Burst& burst, std::uint16_t port) {
  const std::size_t count = unqueue(worker.queues[port], burst.packets, burst.in, burst.now);
  if (count == 0) return false;
  burst.in_count = burst.packet_count = count;
  seal_stage(worker, burst);
  meter_stage(worker, burst);
  tx_stage(worker, burst);
  give_back_unused(worker, burst);
  return true;
}

}  // namespace mehr::dataplane
