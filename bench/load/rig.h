// One worker as it ships, with everything around it in plain memory, and sealed frames to run
// through it: every packet new, every frame of its own sequence, so that the duplicate filter and
// the replay windows say yes. Used by the benches of this folder only.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/random.h"
#include "dataplane/graph.h"
#include "dataplane/stages/meter.h"
#include "dataplane/tables/memory.h"

namespace mehr::bench {

/// Buffers as a stack, the last one given back is the next one taken.
class StackPool final : public dataplane::BufferPool {
 public:
  explicit StackPool(std::size_t count);
  bool take(std::span<dataplane::Frame> frames) override;
  void give_back(std::span<void* const> buffers) override;
  [[nodiscard]] std::uint32_t room() const override { return kSize - kHeadroom; }

 private:
  static constexpr std::uint32_t kSize = 145 * 64;  ///< an odd number of lines, as in mempools
  struct Free {
    void operator()(void* memory) const { dataplane::free_lines(memory); }
  };
  std::unique_ptr<void, Free> memory_;  ///< on huge pages where there are any, as mempools are
  std::vector<std::uint8_t*> free_;
};

/// Takes everything and keeps nothing but counts, and a copy of one frame now and then.
class NullSink final : public dataplane::FrameSink, public dataplane::PuntSink {
 public:
  explicit NullSink(dataplane::BufferPool& pool) : pool_(pool) {}
  void send(std::span<dataplane::Frame> frames) override;
  void stranger(const dataplane::Frame&) override { ++punted; }
  void records(dataplane::NeighbourIndex, ByteView) override { ++punted; }
  void packet(const dataplane::Packet&) override { ++punted; }

  std::uint64_t frames = 0, bytes = 0, punted = 0;
  std::size_t sample_every = 0;  ///< 0: none
  struct Sample {
    dataplane::NeighbourIndex to;
    Bytes frame;
  };
  std::vector<Sample> samples;
  std::function<void(std::span<const dataplane::Frame>)> watch;  ///< sees frames before they go

 private:
  dataplane::BufferPool& pool_;
};

enum class Load {
  kLink,       ///< link data, one packet a frame
  kSingle,     ///< packets along paths, one a frame: a reverse entry (SHA-256) each
  kCoalesced,  ///< link data in frames of 1,472 bytes
};

struct LoadOptions {
  Load load = Load::kLink;
  std::size_t packet_bytes = 484;
  std::size_t neighbours = 64;             ///< sessions
  std::size_t next_hops = 64;              ///< neighbours that packets leave to, the first ones
  std::size_t flows = 100'000;             ///< destinations or links, drawn from uniformly
  std::size_t remembered = 131'072;        ///< digests of one generation of the duplicate filter
  std::size_t frames = dataplane::kBurst;  ///< of a burst; what a loaded port hands over at once
  std::size_t buffers = 2'048;
  std::array<unsigned, 4> percent{0, 0, 100, 0};  ///< of the packets, by priority
};

class WorkerRig {
 public:
  explicit WorkerRig(const LoadOptions& options);

  /// Puts a burst of template frames into fresh buffers, as a device would. All templates were run
  /// through: windows forget, and the duplicate filter has forgotten.
  void fill(dataplane::Burst& burst);
  /// The next template in one more frame of the burst. @return its number
  std::size_t add(dataplane::Burst& burst);
  /// All templates were added: the burst must run before the next add().
  [[nodiscard]] bool at_end() const { return next_ == 0; }
  /// The same bytes as a template's, the last one of the tag changed.
  void add_forged(dataplane::Burst& burst);
  /// 64 random bytes.
  void add_nonsense(dataplane::Burst& burst);
  /// @param cost added to when given
  void run(dataplane::Burst& burst, dataplane::StageTicks* cost);
  [[nodiscard]] std::size_t packets_per_frame() const { return packets_per_frame_; }
  /// Opens the samples with libsodium. @return false when one does not open or is no packet
  [[nodiscard]] bool samples_open() const;
  [[nodiscard]] const NullSink& sink() const { return sink_; }
  [[nodiscard]] NullSink& sink() { return sink_; }
  /// The records of a frame that left, opened with libsodium; empty when it does not open.
  [[nodiscard]] Bytes opened(dataplane::NeighbourIndex to, ByteView frame) const;
  /// Which template a packet that left was. @param packet whole
  [[nodiscard]] std::size_t number_of(ByteView packet) const;
  [[nodiscard]] unsigned priority_of(std::size_t number) const { return priority_[number]; }
  [[nodiscard]] std::size_t templates() const { return priority_.size(); }
  [[nodiscard]] dataplane::Worker& worker() { return *worker_; }
  [[nodiscard]] dataplane::ReceiveSessions& sessions() { return receive_; }
  [[nodiscard]] std::uint64_t count(border::Counter counter) const {
    return worker_->counters.value(counter);
  }

 private:
  void make_sessions();
  void make_flows();
  void make_templates();
  Bytes packet_for(std::size_t flow, std::uint32_t number);
  unsigned draw_priority();
  dataplane::Frame& added(dataplane::Burst& burst);

  LoadOptions options_;
  SeededRandom random_{1};
  std::vector<Hash32> keys_in_, keys_out_;
  std::vector<Hash16> destinations_;
  std::vector<dataplane::NeighbourIndex> arrives_from_;
  dataplane::Flows flows_;
  dataplane::ReceiveSessions receive_{1'024};
  dataplane::PacketDigest digest_;
  dataplane::SeenFilter seen_;
  dataplane::ReverseTable reverse_;
  dataplane::Policers urgent_;
  dataplane::Meters metered_in_, metered_out_;
  StackPool pool_;
  NullSink sink_;
  std::unique_ptr<dataplane::Worker> worker_;
  std::vector<std::uint8_t> templates_;
  std::vector<std::uint32_t> template_at_;  ///< first byte of each, and the end
  std::vector<std::uint8_t> priority_;      ///< by template
  std::size_t next_ = 0, packets_per_frame_ = 1;
};

}  // namespace mehr::bench
