// What crosses between the control thread and a worker. Down go batches of steps, made and
// destroyed by the control thread, so that a worker neither allocates nor frees; up go notes. Owns
// the shapes only; the steps are the worker's to take, the notes the control thread's to read.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "core/border/messages.h"
#include "dataplane/flows.h"
#include "dataplane/rings.h"
#include "dataplane/sessions.h"
#include "dataplane/source.h"
#include "dataplane/stages/carrier.h"
#include "dataplane/tables/policer.h"

namespace mehr::dataplane {

// --- down ---------------------------------------------------------------------------------------

struct GreetStep {
  Hash16 own_transport;
  bool locals_complete = false;
  border::PuntRates punts;
};
/// Exchanges the table of flows for an empty one, which takes the old one back with it.
struct ClearFlowsStep {
  std::unique_ptr<FlowTable> empty;
};
/// Exchanged with what is in the place, which goes back with the step.
struct ReceiveStep {
  std::unique_ptr<ReceiveSession> session;
};
struct DropReceiveStep {
  std::uint32_t index = 0;
  std::unique_ptr<ReceiveSession> empty;
};
struct SendStep {
  NeighbourIndex neighbour = kNoNeighbour;
  std::unique_ptr<SendSession> session;
};
struct NeighbourStep {
  NeighbourIndex index = kNoNeighbour;
  std::uint16_t frame_room = 0, room = 0, port = 0;
  std::uint8_t price = 0;
  PolicerRate urgent;
  Source source;
};
struct CarrierStep {
  NeighbourIndex index = kNoNeighbour;
  std::unique_ptr<CarrierHeader> header;  ///< of size 0: no way there now
};
struct DropNeighbourStep {
  NeighbourIndex index = kNoNeighbour;
  std::size_t line = 0;  ///< how far the way back of proofs was cleared
  bool begun = false;
};
struct NextHopStep {
  std::uint32_t index = 0;
  NextHop next_hop;
};
struct LinkStep {
  std::uint32_t index = 0;
  LinkFlow link;
};
struct FlowStep {
  Hash16 key;
  std::uint32_t value = FlowTable::kAbsent;  ///< kAbsent erases
};
struct InjectStep {
  NeighbourIndex neighbour = kNoNeighbour;
  std::uint8_t hop_class = 0, price = 0;
  Bytes body;
};
struct RawStep {
  std::uint16_t port = 0;
  std::unique_ptr<CarrierHeader> header;
  Bytes frame;
};
struct SeenStep {
  Bytes packet;
};
/// Receiving begins, and the token is answered.
struct SyncStep {
  std::uint64_t token = 0;
};
/// Readings are asked for in portions, so that none delays a burst for long.
struct ReadKeysStep {
  NeighbourIndex first = 0;
  std::uint16_t count = 0;
};
struct ReadReceiveStep {
  std::uint32_t first = 0, count = 0;  ///< places
};
struct ReadActivityStep {
  std::uint32_t buckets = 0;
};
struct ReadCountersStep {};

using Step = std::variant<GreetStep, ClearFlowsStep, ReceiveStep, DropReceiveStep, SendStep,
                          NeighbourStep, CarrierStep, DropNeighbourStep, NextHopStep, LinkStep,
                          FlowStep, InjectStep, RawStep, SeenStep, SyncStep, ReadKeysStep,
                          ReadReceiveStep, ReadActivityStep, ReadCountersStep>;

struct Batch {
  std::vector<Step> steps;
  std::size_t taken = 0;  ///< the worker's place in it
};

// --- up -----------------------------------------------------------------------------------------

enum class NoteKind : std::uint8_t {
  kStranger,  ///< an Endpoint, then the frame
  kRecords,
  kPunt,
  kMoved,     ///< an Endpoint
  kKeyUse,    ///< rows of border::KeyUse
  kActivity,  ///< keys, 16 bytes each
  kCounters,  ///< all values of border::Counters
  kLoad,      ///< border::Load
  kSynced,    ///< value is the token
};

/// Before the bytes of every note.
struct NoteHead {
  NoteKind kind = NoteKind::kSynced;
  std::uint8_t hop_class = 0, price = 0, unused = 0;
  std::uint16_t neighbour = 0, port = 0;
  std::uint64_t value = 0;
};
static_assert(sizeof(NoteHead) == 16);

/// Everything one worker shares with the control thread.
struct WorkerRings {
  static constexpr std::size_t kBatches = 64;  ///< under way at most, so that `done` never is full
  static constexpr std::size_t kNoteBytes = std::size_t{4} << 20;
  SlotRing<Batch*> orders{kBatches};
  SlotRing<Batch*> done{kBatches};
  ByteRing notes{kNoteBytes};
};

}  // namespace mehr::dataplane
