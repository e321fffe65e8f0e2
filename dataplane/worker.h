// One worker at its loop: what control ordered, what the ports received through the graph and out
// again, and rest when there is nothing. Owns what only this worker writes; the tables of all
// workers are Tables. Started by main on a core of its own; talks to the control thread over rings
// alone. In the loop no lock, no allocation, and no system call but the short sleep of the idle.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "dataplane/graph.h"
#include "dataplane/orders.h"
#include "dataplane/port/frame_port.h"

namespace mehr::dataplane {

/// How much there is room for, fixed at start.
struct Sizes {
  std::size_t neighbours = 1'024;                            ///< 1 .. 65,535
  std::size_t receive_places = border::kReceivePlacesLeast;  ///< a power of two
  std::size_t next_hops = 65'536;                            ///< and as many links as flows
  std::size_t flows = 100'000;
  std::size_t remembered = 500'000;  ///< packets of one generation of the duplicate filter
  std::size_t reverse = 262'144;     ///< packets whose proof is awaited
};

/// What all workers look things up in.
struct Tables {
  Tables(const Sizes& sizes, Random& random);
  Flows flows;
  ReceiveSessions receive;
  PacketDigest digest;
  SeenFilter seen;
  ReverseTable reverse;
};

enum class Idle {
  kBusy,       ///< never rests
  kAdaptive,   ///< rests the longer the longer nothing came, up to kLongestRest
  kInterrupt,  ///< sleeps until a port wakes it; adaptive where a port cannot
};
inline constexpr std::chrono::microseconds kLongestRest{1'500};
/// How long what control orders may wait for a worker that sleeps.
inline constexpr std::chrono::milliseconds kLongestSleep{5};

struct WorkerSettings {
  CarrierFilter filter;
  Idle idle = Idle::kAdaptive;
  std::uint64_t ticks_per_second = 0;  ///< of the TSC
  std::uint16_t queue = 0;             ///< of every port; the lane is the control plane's choice
  /// By port, bytes/s on the wire; missing or kUnlimited: as fast as the device takes it.
  std::vector<std::uint64_t> rates;
  /// Sleeps until an armed port has a frame, or so long; for Idle::kInterrupt.
  void (*sleep)(std::chrono::milliseconds longest) = nullptr;
};

class WorkerLoop final : private FrameSink, private PuntSink {
 public:
  /// @param ports by number, nullptr where there is none. References outlive it.
  WorkerLoop(const WorkerSettings& settings, const Sizes& sizes, Tables& tables, WorkerRings& rings,
             BufferPool& pool, std::vector<FramePort*> ports);
  WorkerLoop(const WorkerLoop&) = delete;
  WorkerLoop& operator=(const WorkerLoop&) = delete;
  ~WorkerLoop() override;

  /// Turns until `stop`.
  void run(const std::atomic<bool>& stop);
  /// Some steps and one burst of every port. @return whether there was anything to do
  bool turn();
  /// Read by any thread.
  [[nodiscard]] const Meters& received() const { return received_; }
  [[nodiscard]] const Meters& sent() const { return sent_; }

 private:
  static constexpr std::size_t kStepsATurn = 64;
  static constexpr std::size_t kHeaders = 96;  ///< Ethernet, VLAN, IPv4 with options, UDP: 86
  enum PuntClass { kStrangers, kRecords, kPackets, kPuntClasses };

  // worker.cc
  bool poll(FramePort& port);
  void keep_headers();
  void note_arrivals();
  void note_moved(const Frame& frame, std::size_t index);
  void maintain(Ticks now);
  bool drain(std::uint16_t port);
  void hand_over(std::uint16_t port, std::span<Frame> frames);
  void rest(Ticks now);
  bool sleep();
  void send(std::span<Frame> frames) override;
  void stranger(const Frame& frame) override;
  void records(NeighbourIndex from, ByteView records) override;
  void packet(const Packet& packet) override;
  bool admit(PuntClass which);
  /// Room for a note of `size` bytes behind its head; nullptr, counted, when the ring is full.
  std::uint8_t* begin_note(const NoteHead& head, std::size_t size);
  void end_note(std::size_t size) { rings_.notes.commit(sizeof(NoteHead) + size); }
  bool note(const NoteHead& head, ByteView first, ByteView second = {});

  // worker_steps.cc: each true when it is finished, false to be called again
  bool take_steps();
  bool take(GreetStep& step);
  bool take(ClearFlowsStep& step);
  bool take(ReceiveStep& step);
  bool take(DropReceiveStep& step);
  bool take(SendStep& step);
  bool take(NeighbourStep& step);
  bool take(CarrierStep& step);
  bool take(DropNeighbourStep& step);
  bool take(NextHopStep& step);
  bool take(LinkStep& step);
  bool take(FlowStep& step);
  bool take(InjectStep& step);
  bool take(RawStep& step);
  bool take(SeenStep& step);
  bool take(SyncStep& step);
  bool take(ReadKeysStep& step);
  bool take(ReadReceiveStep& step);
  bool take(ReadActivityStep& step);
  bool take(ReadCountersStep& step);
  void seal_injected(const InjectStep& step);
  bool note_receive_keys(const ReceiveSession& session);

  WorkerSettings settings_;
  WorkerRings& rings_;
  BufferPool& pool_;
  std::vector<FramePort*> ports_;
  Tables& tables_;
  Policers urgent_;
  Meters received_, sent_;
  Worker worker_;
  std::vector<CarrierHeader> carriers_;  ///< by neighbour
  std::vector<Source> sources_;          ///< by neighbour: where its frames come from
  struct Told {
    Source source;
    Ticks at = 0;
  };
  std::vector<Told> told_;                    ///< by neighbour: last Moved
  std::vector<std::uint8_t> used_;            ///< by receive place: KeyUse said it is in use
  std::vector<std::uint64_t> sent_told_;      ///< by neighbour: sequence last reported
  std::vector<std::uint64_t> received_told_;  ///< by receive place: bytes left last reported
  std::array<TokenBucket, kPuntClasses> punt_rates_;

  Burst burst_, inject_;
  std::array<std::array<std::uint8_t, kHeaders>, kBurst> headers_;
  std::array<std::uint8_t, kBurst> header_sizes_{};
  Batch* batch_ = nullptr;  ///< being taken
  bool receiving_ = false;
  std::size_t activity_at_ = 0;
  Ticks now_ = 0, start_ = 0, maintained_ = 0, last_work_ = 0;
  Ticks busy_ = 0;  ///< in turns with something to do
  std::uint64_t frames_ = 0;
  unsigned empty_turns_ = 0;
};

}  // namespace mehr::dataplane
