// The machine of one worker: a burst of frames goes through the stages of one table, top to bottom,
// and nothing of it is left when run() returns. Owns the order of stages and what they share; what
// a stage does is its file's. One worker, one core; no lock, no allocation, no system call.
//
//   classify -> open -> records ->
//     [ take -> parse -> seen -> route -> remember -> reverse -> police -> queue ->
//       seal -> meter -> tx ]*
//
// The part in brackets runs once per kBurst packets: frames of many small packets make several
// rounds. What waited in a queue enters again at seal (release).
#pragma once

#include <array>
#include <string_view>

#include "core/crypto/sha256_batch.h"
#include "dataplane/flows.h"
#include "dataplane/frame.h"
#include "dataplane/sessions.h"
#include "dataplane/stages/open.h"
#include "dataplane/tables/digest.h"
#include "dataplane/tables/meter.h"
#include "dataplane/tables/policer.h"
#include "dataplane/tables/port_queue.h"
#include "dataplane/tables/reverse_table.h"
#include "dataplane/tables/seen_filter.h"

namespace mehr::dataplane {

/// Where frames and packets go that are not forwarded; the views live until the call returns.
class PuntSink {
 public:
  virtual ~PuntSink() = default;
  /// A handshake message, as received.
  virtual void stranger(const Frame& frame) = 0;
  /// Opened, with at least one control record: all its records, of which packets go their own way.
  virtual void records(NeighbourIndex from, ByteView records) = 0;
  /// One packet the flows do not decide, hop byte as received.
  virtual void packet(const Packet& packet) = 0;
};

/// Where sealed frames go; takes over their buffers.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual void send(std::span<Frame> frames) = 0;
};

/// Everything a worker works with. References outlive it; written between bursts only.
struct Worker {
  Flows& flows;
  ReceiveSessions& receive;
  const PacketDigest& digest;
  SeenFilter& seen;
  ReverseTable& reverse;
  Policers& urgent;  ///< by neighbour: bytes of P0 and P1
  Meters& received;  ///< by the neighbour packets came from
  Meters& sent;      ///< by the neighbour they went to
  std::vector<Neighbour> neighbours;
  std::vector<PortQueue> queues;  ///< by port; none: nothing ever waits
  BufferPool& pool;
  FrameSink& tx;
  PuntSink& punt;
  SeenFilter::Claim claim{};
  border::Counters counters{};
  crypto::Sha256Batch sha256 = crypto::Sha256Batch::best();
  crypto::AeadBatch aead = crypto::AeadBatch::best();
  crypto::AeadScratch scratch{};
};

/// One burst under way.
struct Burst {
  Ticks now = 0;
  std::array<Frame, kBurst> in, out;
  std::array<Packet, kBurst> packets;
  std::size_t in_count = 0, packet_count = 0, out_count = 0;
  RecordCursor cursor;

  [[nodiscard]] std::span<Frame> frames() { return {in.data(), in_count}; }
  [[nodiscard]] std::span<Packet> live() { return {packets.data(), packet_count}; }
  [[nodiscard]] std::span<Frame> leaving() { return {out.data(), out_count}; }
};

struct Stage {
  std::string_view name;
  void (*run)(Worker&, Burst&);
};
/// The stages in order: those over frames, then those over packets.
std::span<const Stage> frame_stages();
std::span<const Stage> packet_stages();

/// What stages cost: ticks by place in frame_stages() then packet_stages().
struct StageTicks {
  static constexpr std::size_t kMax = 16;
  std::array<Ticks, kMax> ticks{};
  std::uint64_t frames = 0, packets = 0;
};

/// Runs one burst; `burst.in`, `in_count` and `now` are set by the caller. Buffers that did not
/// leave are back in the pool afterwards. @param cost added to when given
void run(Worker& worker, Burst& burst, StageTicks* cost = nullptr);

/// Lets up to one burst of what waits for `port` go. `burst.now` is set by the caller.
/// @return whether anything went, or was too late to
bool release(Worker& worker, Burst& burst, std::uint16_t port);

}  // namespace mehr::dataplane
