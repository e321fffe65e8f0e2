// Sessions, flows and templates, drawn from one seed.
#include "bench/load/rig.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/crypto/aead.h"
#include "core/wire/packet.h"

namespace mehr::bench {

using namespace mehr::dataplane;

StackPool::StackPool(std::size_t count) : memory_(take_lines(count * kSize / 64)) {
  for (std::size_t i = 0; i < count; ++i)
    free_.push_back(static_cast<std::uint8_t*>(memory_.get()) + i * kSize);
}

bool StackPool::take(std::span<Frame> frames) {
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

void StackPool::give_back(std::span<void* const> buffers) {
  for (void* buffer : buffers)
    free_.push_back(static_cast<std::uint8_t*>(buffer));
}

void NullSink::send(std::span<Frame> out) {
  if (watch) watch(out);
  std::array<void*, kBurst> buffers;
  for (std::size_t i = 0; i < out.size(); ++i) {
    buffers[i] = out[i].buffer;
    bytes += out[i].size;
  }
  if (sample_every != 0 && !out.empty() &&
      frames / sample_every != (frames + out.size()) / sample_every) {
    samples.push_back({out[0].neighbour, Bytes(out[0].data, out[0].data + out[0].size)});
  }
  frames += out.size();
  pool_.give_back({buffers.data(), out.size()});
}

namespace {

constexpr std::size_t kCoalescedFrame = 1'472;

std::uint64_t packets_needed(std::size_t remembered) {
  // Two generations, the one under way, and what is never left over of a claim.
  return 2 * remembered + 16'384;
}

}  // namespace

WorkerRig::WorkerRig(const LoadOptions& options)
    : options_(options),
      flows_{FlowTable(options.flows, random_),
             {},
             {},
             std::vector<std::uint16_t>(options.neighbours, 8'996),
             {},
             true},
      digest_(random_),
      seen_(options.remembered),
      reverse_(1'000'000, random_, Time{}),
      urgent_(options.neighbours, 1),
      metered_in_(options.neighbours, kPriceClasses),
      metered_out_(options.neighbours, kPriceClasses),
      pool_(options.buffers),
      sink_(pool_) {
  flows_.own_transport = random_.fixed<16>();
  worker_.reset(new Worker{flows_,
                           receive_,
                           digest_,
                           seen_,
                           reverse_,
                           urgent_,
                           metered_in_,
                           metered_out_,
                           {},
                           {},
                           pool_,
                           sink_,
                           sink_});
  make_sessions();
  make_flows();
  make_templates();
}

void WorkerRig::make_sessions() {
  worker_->neighbours.resize(options_.neighbours);
  for (std::size_t i = 0; i < options_.neighbours; ++i) {
    keys_in_.push_back(random_.fixed<32>());
    keys_out_.push_back(random_.fixed<32>());
    ReceiveSession& in = receive_.place(static_cast<std::uint32_t>(i));
    in.key = crypto::AeadKey(keys_in_[i]);
    in.index = static_cast<std::uint32_t>(i);
    in.neighbour = static_cast<NeighbourIndex>(i);
    in.lanes = 1;
    in.windows.resize(1);
    in.hard_stop = ~Ticks{0};
    in.bytes_left = ~std::uint64_t{0};
    Neighbour& out = worker_->neighbours[i];
    out.send.key = crypto::AeadKey(keys_out_[i]);
    out.send.live = true;
    out.send.hard_stop = ~Ticks{0};
    out.send.bytes_left = ~std::uint64_t{0};
    out.frame_room = options_.load == Load::kCoalesced
                         ? static_cast<std::uint16_t>(kCoalescedFrame - wire::kHopOverhead)
                         : 9'000;
  }
}

void WorkerRig::make_flows() {
  for (std::uint32_t i = 0; i < options_.flows; ++i) {
    destinations_.push_back(random_.fixed<16>());
    const auto to = static_cast<NeighbourIndex>(random_.below(options_.next_hops));
    auto from = to;
    while (from == to)
      from = static_cast<NeighbourIndex>(random_.below(options_.neighbours));
    arrives_from_.push_back(from);
    if (options_.load == Load::kSingle) {
      if (i < options_.next_hops) {
        flows_.next_hops.push_back({random_.fixed<16>(), static_cast<NeighbourIndex>(i)});
      }
      flows_.table.insert(destinations_[i], flow_value(FlowKind::kPath, to));
    } else {
      flows_.links.push_back({from, to, 1, 1});
      flows_.table.insert(destinations_[i], flow_value(FlowKind::kLink, i));
    }
  }
}

Bytes WorkerRig::packet_for(std::size_t flow, std::uint32_t number) {
  wire::Packet packet;
  packet.destination = destinations_[flow];
  std::size_t header = wire::kHeaderMin;
  if (options_.load == Load::kSingle) {
    packet.header_type = wire::HeaderType::kTwo;
    packet.transport_type = wire::TransportType::kTransport;
    packet.transport_id = flows_.own_transport;
    header = wire::kHeaderMax;
  } else {
    packet.destination_type = wire::DestinationType::kLink;
  }
  Bytes body(options_.packet_bytes - header);
  random_.fill(body);
  std::memcpy(body.data() + body.size() - sizeof number, &number, sizeof number);
  packet.data = body;
  return wire::encode_packet(packet);
}

std::size_t WorkerRig::number_of(ByteView packet) const {
  std::uint32_t number;
  std::memcpy(&number, packet.data() + packet.size() - sizeof number, sizeof number);
  return number;
}

unsigned WorkerRig::draw_priority() {
  auto at = static_cast<unsigned>(random_.below(100));
  unsigned priority = 0;
  while (priority < 3 && at >= options_.percent[priority])
    at -= options_.percent[priority++];
  return priority;
}

void WorkerRig::make_templates() {
  const std::size_t record = options_.packet_bytes + wire::kHopRecordHeader;
  if (options_.load == Load::kCoalesced) {
    packets_per_frame_ = (kCoalescedFrame - wire::kHopOverhead) / record;
  }
  std::size_t count =
      (packets_needed(options_.remembered) + packets_per_frame_ - 1) / packets_per_frame_;
  count = (count + options_.frames - 1) / options_.frames * options_.frames;
  const std::size_t size = wire::kHopOverhead + record * packets_per_frame_;
  templates_.reserve(count * size);
  template_at_.reserve(count + 1);
  std::vector<std::uint64_t> sequence(options_.neighbours, 0);
  // A frame comes from one neighbour, so its packets are of flows that do.
  std::vector<std::vector<std::uint32_t>> flows_from(options_.neighbours);
  for (std::uint32_t i = 0; i < options_.flows; ++i)
    flows_from[arrives_from_[i]].push_back(i);
  for (std::size_t i = 0; i < count; ++i) {
    const NeighbourIndex from = arrives_from_[random_.below(options_.flows)];
    Bytes records;
    priority_.push_back(static_cast<std::uint8_t>(draw_priority()));
    wire::HopClass hop_class;
    hop_class.priority = static_cast<wire::HopPriority>(priority_.back());
    for (std::size_t j = 0; j < packets_per_frame_; ++j) {
      const auto& own = flows_from[from];
      const Bytes packet =
          packet_for(own[random_.below(own.size())], static_cast<std::uint32_t>(i));
      wire::append_hop_record(records, {hop_class, 0, packet});
    }
    const wire::HopCounter counter{0, sequence[from]++};
    Bytes frame = wire::encode_hop_header(from, counter, false);
    append(frame, crypto::seal_aead(keys_in_[from], counter.packed(), frame, records));
    template_at_.push_back(static_cast<std::uint32_t>(templates_.size()));
    templates_.insert(templates_.end(), frame.begin(), frame.end());
  }
  template_at_.push_back(static_cast<std::uint32_t>(templates_.size()));
}

void WorkerRig::fill(Burst& burst) {
  burst.in_count = 0;
  burst.now = 1;
  while (burst.in_count < options_.frames)
    add(burst);
}

Frame& WorkerRig::added(Burst& burst) {
  Frame& frame = burst.in[burst.in_count++];
  if (!pool_.take({&frame, 1})) std::abort();
  return frame;
}

std::size_t WorkerRig::add(Burst& burst) {
  if (next_ == 0) {
    for (std::size_t i = 0; i < options_.neighbours; ++i)
      receive_.place(static_cast<std::uint32_t>(i)).windows[0] = ReplayWindow{};
  }
  Frame& frame = added(burst);
  const std::size_t number = next_;
  const std::uint32_t at = template_at_[next_], end = template_at_[next_ + 1];
  std::memcpy(frame.data, templates_.data() + at, end - at);
  frame.size = end - at;
  frame.tailroom = static_cast<std::uint16_t>(pool_.room() - frame.size);
  if (++next_ + 1 == template_at_.size()) next_ = 0;
  return number;
}

void WorkerRig::add_forged(Burst& burst) {
  // Behind what was received last, so that the window has nothing against it.
  const std::size_t number = next_;
  Frame& frame = added(burst);
  const std::uint32_t at = template_at_[number], end = template_at_[number + 1];
  std::memcpy(frame.data, templates_.data() + at, end - at);
  frame.data[end - at - 1] ^= 1;
  frame.size = end - at;
  frame.tailroom = static_cast<std::uint16_t>(pool_.room() - frame.size);
}

void WorkerRig::add_nonsense(Burst& burst) {
  Frame& frame = added(burst);
  // Any 64 bytes that are no hop frame: templates are sealed, so their insides are random.
  std::memcpy(frame.data, templates_.data() + template_at_[next_] + 20, 64);
  frame.data[0] |= 0x80;
  frame.size = 64;
}

void WorkerRig::run(Burst& burst, StageTicks* cost) {
  dataplane::run(*worker_, burst, cost);
}

Bytes WorkerRig::opened(NeighbourIndex to, ByteView frame) const {
  const auto data = wire::decode_hop_data(frame, false);
  if (!data) return {};
  return crypto::open_aead(keys_out_[to], data->counter.packed(), data->header, data->sealed)
      .value_or(Bytes{});
}

bool WorkerRig::samples_open() const {
  for (const NullSink::Sample& sample : sink_.samples) {
    const Bytes plain = opened(sample.to, sample.frame);
    if (plain.empty()) return false;
    bool packets = true;
    const bool whole = wire::decode_hop_records(plain, [&](const wire::HopRecord& record) {
      packets = packets && wire::decode_packet(record.body).has_value();
    });
    if (!whole || !packets) return false;
  }
  return !sink_.samples.empty();
}

}  // namespace mehr::bench
