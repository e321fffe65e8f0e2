// One worker with everything around it in plain memory: sessions with known keys, a pool that
// counts its buffers, sinks that remember. Frames are made and opened by core/crypto/aead, which
// shares no code with the batch. Used by the stage tests and the benches.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <vector>

#include "core/crypto/aead.h"
#include "core/wire/packet.h"
#include "dataplane/graph.h"
#include "dataplane/stages/meter.h"

namespace mehr::dataplane::test {

class HeapPool final : public BufferPool {
 public:
  static constexpr std::uint32_t kRoom = 2'048;
  bool take(std::span<Frame> frames) override {
    if (left < frames.size()) return false;
    left -= frames.size();
    for (Frame& frame : frames)
      frame = made();
    return true;
  }
  void give_back(std::span<void* const> buffers) override {
    for (void* buffer : buffers) {
      EXPECT_EQ(living_.erase(static_cast<Bytes*>(buffer)), 1u) << "given back twice";
      delete static_cast<Bytes*>(buffer);
      ++left;
    }
  }
  [[nodiscard]] std::uint32_t room() const override { return kRoom; }
  [[nodiscard]] std::size_t living() const { return living_.size(); }
  /// A received frame: these bytes behind the headroom.
  Frame received(ByteView bytes) {
    Frame frame = made();
    std::copy(bytes.begin(), bytes.end(), frame.data);
    frame.size = static_cast<std::uint32_t>(bytes.size());
    frame.tailroom = static_cast<std::uint16_t>(kRoom - bytes.size());
    return frame;
  }

  std::size_t left = 4'000;

 private:
  Frame made() {
    auto* bytes = new Bytes(kHeadroom + kRoom);
    living_.insert(bytes);
    Frame frame;
    frame.data = bytes->data() + kHeadroom;
    frame.buffer = bytes;
    frame.headroom = kHeadroom;
    frame.tailroom = kRoom;
    return frame;
  }
  std::set<Bytes*> living_;
};

struct Sent {
  NeighbourIndex to;
  Bytes frame;
};

class Recorder final : public FrameSink, public PuntSink {
 public:
  explicit Recorder(BufferPool& pool) : pool_(pool) {}
  void send(std::span<Frame> frames) override {
    for (const Frame& frame : frames) {
      sent.push_back({frame.neighbour, Bytes(frame.data, frame.data + frame.size)});
      void* buffer = frame.buffer;
      pool_.give_back({&buffer, 1});
    }
  }
  void stranger(const Frame& frame) override {
    strangers.emplace_back(frame.data, frame.data + frame.size);
  }
  void records(NeighbourIndex from, ByteView bytes) override {
    control.emplace_back(from, to_bytes(bytes));
  }
  void packet(const Packet& packet) override {
    punted.emplace_back(packet.data, packet.data + packet.size);
  }

  std::vector<Sent> sent;
  std::vector<Bytes> strangers, punted;
  std::vector<std::pair<NeighbourIndex, Bytes>> control;

 private:
  BufferPool& pool_;
};

/// Keys of the frames neighbour `index` sends us and we send it.
inline Hash32 key_from(NeighbourIndex index) {
  SeededRandom random(1'000 + index);
  return random.fixed<32>();
}
inline Hash32 key_to(NeighbourIndex index) {
  SeededRandom random(2'000 + index);
  return random.fixed<32>();
}
inline std::uint32_t index_from(NeighbourIndex index) {
  return 0xABCD'0000u + index;
}

struct Record {
  std::uint8_t hop_class = 0x40;
  std::uint8_t price = 0;
  Bytes body;
};

inline Bytes run_of(const std::vector<Record>& records) {
  Bytes out;
  for (const Record& record : records)
    wire::append_hop_record(out,
                            {wire::HopClass::unpack(record.hop_class), record.price, record.body});
  return out;
}

class Rig {
 public:
  static constexpr std::size_t kNeighbours = 8;

  explicit Rig(std::size_t capacity = 4'096)
      : flows{FlowTable(capacity, random),
              {},
              {},
              std::vector<std::uint16_t>(kNeighbours, 1'396),
              {},
              false},
        receive(64),
        digest(random),
        reverse(4'096, random, Time{}),
        recorder(pool),
        worker{flows,       receive, digest, seen, reverse,  urgent,  metered_in,
               metered_out, {},      {},     pool, recorder, recorder} {
    flows.own_transport = random.fixed<16>();
    worker.neighbours.resize(kNeighbours);
    for (NeighbourIndex i = 0; i < kNeighbours; ++i) {
      ReceiveSession& in = receive.place(index_from(i));
      in.key = crypto::AeadKey(key_from(i));
      in.index = index_from(i);
      in.neighbour = i;
      in.lanes = 2;
      in.windows.resize(2);
      in.hard_stop = kStop;
      in.bytes_left = std::uint64_t{1} << 40;
      Neighbour& out = worker.neighbours[i];
      out.send.key = crypto::AeadKey(key_to(i));
      out.send.remote_index = 7u * i;
      out.send.live = true;
      out.send.hard_stop = kStop;
      out.send.bytes_left = std::uint64_t{1} << 40;
      out.frame_room = 1'400;
    }
  }

  /// A frame as neighbour `from` seals it.
  static Bytes sealed(NeighbourIndex from, std::uint64_t sequence, ByteView records,
                      std::uint8_t lane = 0) {
    const wire::HopCounter counter{lane, sequence};
    Bytes frame = wire::encode_hop_header(index_from(from), counter, false);
    append(frame, crypto::seal_aead(key_from(from), counter.packed(), frame, records));
    return frame;
  }
  /// The records of a frame we sent; also that its counter was never used before.
  Bytes opened(const Sent& sent) {
    const auto data = wire::decode_hop_data(sent.frame, false);
    EXPECT_TRUE(data);
    if (!data) return {};
    EXPECT_EQ(data->receiver_index, 7u * sent.to);
    EXPECT_TRUE(used_.insert({sent.to, data->counter.packed()}).second) << "counter twice";
    const auto plain =
        crypto::open_aead(key_to(sent.to), data->counter.packed(), data->header, data->sealed);
    EXPECT_TRUE(plain);
    return plain.value_or(Bytes{});
  }

  /// @param held buffers that wait for their port afterwards
  void burst(const std::vector<Bytes>& frames, std::size_t held = 0) {
    ASSERT_LE(frames.size(), kBurst);
    auto burst = std::make_unique<Burst>();
    burst->now = now;
    for (const Bytes& frame : frames)
      burst->in[burst->in_count++] = pool.received(frame);
    run(worker, *burst);
    EXPECT_EQ(pool.living(), held) << "every buffer leaves or comes back";
  }
  [[nodiscard]] std::uint64_t count(border::Counter counter) const {
    return worker.counters.value(counter);
  }
  /// A destination behind `neighbour`; `last` when it is the neighbour itself.
  Hash16 add_path(NeighbourIndex neighbour, bool last) {
    const Hash16 destination = random.fixed<16>();
    flows.next_hops.push_back({random.fixed<16>(), neighbour, last});
    EXPECT_TRUE(flows.table.insert(
        destination,
        flow_value(FlowKind::kPath, static_cast<std::uint32_t>(flows.next_hops.size() - 1))));
    return destination;
  }
  Hash16 add_link(const LinkFlow& link) {
    const Hash16 id = random.fixed<16>();
    flows.links.push_back(link);
    EXPECT_TRUE(flows.table.insert(
        id, flow_value(FlowKind::kLink, static_cast<std::uint32_t>(flows.links.size() - 1))));
    return id;
  }
  /// Header type 2, data, for us to relay.
  Bytes transport_packet(const Hash16& destination, std::uint8_t hops, std::size_t data) {
    wire::Packet packet;
    packet.header_type = wire::HeaderType::kTwo;
    packet.transport_type = wire::TransportType::kTransport;
    packet.transport_id = flows.own_transport;
    packet.destination = destination;
    packet.hops = hops;
    const Bytes body = body_of(data);
    packet.data = body;
    return wire::encode_packet(packet);
  }
  Bytes link_packet(const Hash16& link, std::uint8_t hops, std::size_t data) {
    wire::Packet packet;
    packet.destination_type = wire::DestinationType::kLink;
    packet.destination = link;
    packet.hops = hops;
    const Bytes body = body_of(data);
    packet.data = body;
    return wire::encode_packet(packet);
  }

  Bytes body_of(std::size_t size) {
    Bytes out(size);
    random.fill(out);
    return out;
  }

  static constexpr Ticks kStop = 1'000'000;
  SeededRandom random{42};
  Ticks now = 1;
  Flows flows;
  ReceiveSessions receive;
  PacketDigest digest;
  SeenFilter seen{1'000};
  ReverseTable reverse;
  Policers urgent{kNeighbours, 1};
  Meters metered_in{kNeighbours, kPriceClasses}, metered_out{kNeighbours, kPriceClasses};
  HeapPool pool;
  Recorder recorder;
  Worker worker;

 private:
  std::set<std::pair<NeighbourIndex, std::uint64_t>> used_;
};

}  // namespace mehr::dataplane::test
