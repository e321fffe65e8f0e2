// What one core does with sealed packets: a template source copies each frame into a fresh buffer,
// the stages open, route and seal it, a null sink takes it. Everything in this process, so that no
// other core is in the figures; the source's own cycles are measured apart and reported. Prints TSC
// cycles per packet by stage.
#include <x86intrin.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "core/base/random.h"
#include "core/crypto/aead.h"
#include "core/wire/packet.h"
#include "dataplane/graph.h"

namespace {

using namespace mehr;
using namespace mehr::dataplane;

class StackPool final : public BufferPool {
 public:
  explicit StackPool(std::size_t count) : memory_(count * kSize) {
    for (std::size_t i = 0; i < count; ++i)
      free_.push_back(memory_.data() + i * kSize);
  }
  bool take(std::span<Frame> frames) override {
    if (free_.size() < frames.size()) return false;
    for (Frame& frame : frames) {
      frame = Frame{};
      frame.buffer = free_.back();
      frame.data = free_.back() + kHeadroom;
      frame.headroom = kHeadroom;
      frame.tailroom = static_cast<std::uint16_t>(room());
      free_.pop_back();
    }
    return true;
  }
  void give_back(std::span<void* const> buffers) override {
    for (void* buffer : buffers)
      free_.push_back(static_cast<std::uint8_t*>(buffer));
  }
  [[nodiscard]] std::uint32_t room() const override { return kSize - kHeadroom; }

 private:
  static constexpr std::uint32_t kSize = 9'216;
  std::vector<std::uint8_t> memory_;
  std::vector<std::uint8_t*> free_;
};

class Null final : public FrameSink, public PuntSink {
 public:
  explicit Null(BufferPool& pool) : pool_(pool) {}
  void send(std::span<Frame> frames) override {
    std::array<void*, kBurst> buffers;
    for (std::size_t i = 0; i < frames.size(); ++i) {
      buffers[i] = frames[i].buffer;
      bytes += frames[i].size;
    }
    sent += frames.size();
    pool_.give_back({buffers.data(), frames.size()});
  }
  void stranger(const Frame&) override { ++punted; }
  void records(NeighbourIndex, ByteView) override { ++punted; }
  void packet(const Packet&) override { ++punted; }
  std::uint64_t sent = 0, bytes = 0, punted = 0;

 private:
  BufferPool& pool_;
};

constexpr std::size_t kLinks = 64, kDestinations = 100'000, kTemplates = 4'096;

struct Bench {
  explicit Bench(std::size_t packet_bytes)
      : flows{FlowTable(kDestinations, random), {}, {}, {}, true},
        receive(1'024),
        pool(1'024),
        null(pool),
        worker{flows, receive, {}, pool, null, null} {
    flows.own_transport = random.fixed<16>();
    worker.neighbours.resize(kLinks);
    for (NeighbourIndex i = 0; i < kLinks; ++i) {
      keys.push_back(random.fixed<32>());
      ReceiveSession& in = receive.place(i);
      in.key = crypto::AeadKey(keys[i]);
      in.index = i;
      in.neighbour = i;
      in.lanes = 1;
      in.windows.resize(1);
      in.hard_stop = ~Ticks{0};
      in.bytes_left = ~std::uint64_t{0};
      Neighbour& out = worker.neighbours[i];
      out.send.key = crypto::AeadKey(random.fixed<32>());
      out.send.live = true;
      out.send.hard_stop = ~Ticks{0};
      out.send.bytes_left = ~std::uint64_t{0};
      out.frame_room = 9'000;
    }
    make_templates(packet_bytes);
  }

  void make_templates(std::size_t packet_bytes) {
    std::vector<Hash16> links;
    for (std::uint32_t i = 0; i < kDestinations; ++i) {
      links.push_back(random.fixed<16>());
      const auto from = static_cast<NeighbourIndex>(random.below(kLinks));
      const auto to = static_cast<NeighbourIndex>(random.below(kLinks));
      flows.links.push_back({from, to, 1, 1});
      flows.table.insert(links.back(), flow_value(FlowKind::kLink, i));
    }
    for (std::size_t i = 0; i < kTemplates; ++i) {
      const auto which = random.below(kDestinations);
      wire::Packet packet;
      packet.destination_type = wire::DestinationType::kLink;
      packet.destination = links[which];
      Bytes body(packet_bytes - wire::kHeaderMin);
      random.fill(body);
      packet.data = body;
      Bytes records;
      const Bytes encoded = wire::encode_packet(packet);
      wire::append_hop_record(records, {{}, 0, encoded});
      const NeighbourIndex from = flows.links[which].received;
      // Every template is sent again and again: its window is told to forget, see fill().
      const wire::HopCounter counter{0, 1'000'000 + i};
      Bytes frame = wire::encode_hop_header(from, counter, false);
      append(frame, crypto::seal_aead(keys[from], counter.packed(), frame, records));
      templates.push_back(std::move(frame));
    }
  }

  void fill(Burst& burst) {
    burst.in_count = 32;
    if (!pool.take(burst.frames())) std::abort();
    for (Frame& frame : burst.frames()) {
      const Bytes& from = templates[next];
      if (++next == kTemplates) {
        next = 0;
        for (NeighbourIndex i = 0; i < kLinks; ++i)
          receive.place(i).windows[0] = ReplayWindow{};
      }
      std::copy(from.begin(), from.end(), frame.data);
      frame.size = static_cast<std::uint32_t>(from.size());
    }
  }

  SeededRandom random{1};
  std::vector<Hash32> keys;
  Flows flows;
  ReceiveSessions receive;
  StackPool pool;
  Null null;
  Worker worker;
  std::vector<Bytes> templates;
  std::size_t next = 0;
};

void measure(std::size_t bytes) {
  auto bench = std::make_unique<Bench>(bytes);
  auto burst = std::make_unique<Burst>();
  StageTicks cost;
  Ticks source = 0;
  constexpr int kBursts = 20'000;
  std::vector<double> windows;
  for (int i = 0; i < kBursts; ++i) {
    const Ticks before = __rdtsc();
    bench->fill(*burst);
    const Ticks filled = __rdtsc();
    source += filled - before;
    burst->now = 1;
    run(bench->worker, *burst, &cost);
    windows.push_back(static_cast<double>(__rdtsc() - filled) / 32);
  }
  std::sort(windows.begin(), windows.end());
  const double packets = static_cast<double>(cost.packets);
  std::printf(
      "%5zu B  packets %.0f  sent frames %llu  punted %llu  quiet %.0f  median %.0f "
      "cycles/packet\n",
      bytes, packets, static_cast<unsigned long long>(bench->null.sent),
      static_cast<unsigned long long>(bench->null.punted), windows[windows.size() / 20],
      windows[windows.size() / 2]);
  std::printf("         source %.0f", static_cast<double>(source) / packets);
  std::size_t at = 0;
  for (const auto& stages : {frame_stages(), packet_stages()}) {
    for (const Stage& stage : stages)
      std::printf("  %.*s %.0f", static_cast<int>(stage.name.size()), stage.name.data(),
                  static_cast<double>(cost.ticks[at++]) / packets);
  }
  std::printf("\n");
}

}  // namespace

int main() {
  for (const std::size_t bytes : {64u, 128u, 484u, 1500u, 4096u})
    measure(bytes);
}
