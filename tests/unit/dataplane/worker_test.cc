// The loop of a worker over ports in plain memory: frames a port does not take wait and leave in
// order, and a worker that may sleep looks once more before it does.
#include "dataplane/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <functional>
#include <thread>
#include <utility>

#include "tests/unit/dataplane/rig.h"

namespace mehr::dataplane::test {
namespace {

using border::Counter;

constexpr CarrierHeader::Mac kOurs{2, 0, 0, 0, 0, 1}, kTheirs{2, 0, 0, 0, 0, 2};
constexpr std::size_t kHeaders = 16;  // Ethernet, and the length of a hop frame on it

class PlainPort final : public FramePort {
 public:
  explicit PlainPort(HeapPool& pool) : pool_(pool) {}
  std::size_t receive(std::uint16_t, std::span<Frame> frames) override {
    std::size_t count = 0;
    for (; count < frames.size() && !arriving.empty(); ++count, arriving.pop_front())
      frames[count] = pool_.received(arriving.front());
    return count;
  }
  std::size_t send(std::uint16_t, std::span<Frame> frames) override {
    const std::size_t count = std::min(frames.size(), takes);
    takes -= count;
    for (std::size_t i = 0; i < count; ++i) {
      left.emplace_back(frames[i].data, frames[i].data + frames[i].size);
      pool_.give_back({&frames[i].buffer, 1});
    }
    return count;
  }
  bool arm(std::uint16_t) override {
    if (wakes) armed = true;
    // A frame that comes in the very moment.
    if (wakes && !at_arming.empty()) arriving.push_back(std::exchange(at_arming, {}));
    return wakes;
  }
  void disarm(std::uint16_t) override { armed = false; }

  std::deque<Bytes> arriving;
  std::vector<Bytes> left;
  Bytes at_arming;
  std::size_t takes = 1'000'000;
  bool wakes = false, armed = false;

 private:
  HeapPool& pool_;
};

class Loop : public testing::Test {
 protected:
  explicit Loop(Idle idle = Idle::kBusy) : port(pool) {
    sizes.neighbours = 4;
    sizes.receive_places = 16;
    sizes.next_hops = sizes.flows = 16;
    sizes.remembered = 1'000;
    sizes.reverse = 64;
    tables = std::make_unique<Tables>(sizes, random);
    WorkerSettings settings;
    settings.filter.raw_ethernet = true;
    settings.idle = idle;
    settings.ticks_per_second = 2'000'000'000;
    settings.sleep = [](std::chrono::milliseconds) { at_sleep(); };
    loop = std::make_unique<WorkerLoop>(settings, sizes, *tables, rings, pool,
                                        std::vector<FramePort*>{&port});
    install();
  }
  ~Loop() override {
    loop.reset();
    EXPECT_EQ(pool.living(), 0u) << "buffers that wait go back with the loop";
  }

  void install() {
    auto& steps = batch.steps;
    GreetStep greet;
    greet.own_transport = own;
    greet.locals_complete = true;
    steps.emplace_back(greet);
    ReceiveStep receive{std::make_unique<ReceiveSession>()};
    receive.session->key = crypto::AeadKey(key_from(1));
    receive.session->index = index_from(1);
    receive.session->neighbour = 1;
    receive.session->lanes = 1;
    receive.session->windows.resize(1);
    receive.session->hard_stop = ~Ticks{0};
    receive.session->bytes_left = 1u << 30;
    steps.emplace_back(std::move(receive));
    SendStep send{2, std::make_unique<SendSession>()};
    send.session->key = crypto::AeadKey(key_to(2));
    send.session->live = true;
    send.session->hard_stop = ~Ticks{0};
    send.session->bytes_left = 1u << 30;
    steps.emplace_back(std::move(send));
    for (const NeighbourIndex neighbour : {NeighbourIndex{1}, NeighbourIndex{2}}) {
      NeighbourStep step;
      step.index = neighbour;
      step.frame_room = step.room = 200;  // so that every packet gets a frame of its own
      steps.emplace_back(step);
    }
    steps.emplace_back(
        CarrierStep{2, std::make_unique<CarrierHeader>(CarrierHeader::ethernet(kOurs, kTheirs))});
    steps.emplace_back(NextHopStep{1, {Hash16{{9}}, 2, false, 0xFFFF}});
    steps.emplace_back(FlowStep{destination, flow_value(FlowKind::kPath, 1)});
    steps.emplace_back(SyncStep{1});
    ASSERT_TRUE(rings.orders.push(&batch));
    loop->turn();
    ASSERT_EQ(batch.taken, steps.size());
  }

  /// One packet, as neighbour 1 sends it over Ethernet.
  Bytes frame() {
    wire::Packet packet;
    packet.header_type = wire::HeaderType::kTwo;
    packet.transport_type = wire::TransportType::kTransport;
    packet.transport_id = own;
    packet.destination = destination;
    Bytes body(100);
    random.fill(body);
    packet.data = body;
    Frame bare =
        pool.received(Rig::sealed(1, sequence++, run_of({{0x80, 0, wire::encode_packet(packet)}})));
    CarrierHeader::ethernet(kTheirs, kOurs).wrap(bare);
    Bytes out(bare.data, bare.data + bare.size);
    pool.give_back({&bare.buffer, 1});
    return out;
  }
  /// Counters of the frames that left, in the order they did.
  [[nodiscard]] std::vector<std::uint64_t> counters() const {
    std::vector<std::uint64_t> out;
    for (const Bytes& each : port.left) {
      const auto data = wire::decode_hop_data(ByteView(each).subspan(kHeaders), false);
      EXPECT_TRUE(data);
      if (data) out.push_back(data->counter.sequence);
    }
    return out;
  }

  static inline std::function<void()> at_sleep;
  SeededRandom random{5};
  const Hash16 own{{1}}, destination{{2}};
  HeapPool pool;
  PlainPort port;
  Sizes sizes;
  std::unique_ptr<Tables> tables;
  WorkerRings rings;
  Batch batch;
  std::unique_ptr<WorkerLoop> loop;
  std::uint64_t sequence = 0;
};

class SleepingLoop : public Loop {
 protected:
  SleepingLoop() : Loop(Idle::kInterrupt) {}
};

TEST_F(Loop, WhatAPortDoesNotTakeWaitsAndLeavesInOrder) {
  port.takes = 10;
  for (unsigned i = 0; i < 200; ++i)
    port.arriving.push_back(frame());
  for (unsigned turn = 0; turn < 10; ++turn)
    loop->turn();
  EXPECT_EQ(port.left.size(), 10u);
  EXPECT_TRUE(port.arriving.empty());
  EXPECT_EQ(pool.living(), 190u);
  for (unsigned turn = 0; turn < 300 && port.left.size() < 200; ++turn) {
    port.takes = 3;
    loop->turn();
  }
  const auto order = counters();
  ASSERT_EQ(order.size(), 200u);
  for (std::size_t i = 0; i < order.size(); ++i)
    EXPECT_EQ(order[i], i);
}

TEST_F(Loop, BuffersThatStillWaitGoBackAtTheEnd) {
  port.takes = 0;
  for (unsigned i = 0; i < 100; ++i)
    port.arriving.push_back(frame());
  for (unsigned turn = 0; turn < 5; ++turn)
    loop->turn();
  EXPECT_EQ(pool.living(), 100u);
}

TEST_F(SleepingLoop, SleepsArmedAndNeverOverAFrameThatCame) {
  port.wakes = true;
  std::atomic<bool> stop{false};
  unsigned sleeps = 0;
  std::size_t left_at_first_sleep = 0;
  port.at_arming = frame();
  at_sleep = [&] {
    EXPECT_TRUE(port.armed);
    EXPECT_TRUE(port.arriving.empty());
    if (sleeps++ == 0) left_at_first_sleep = port.left.size();
    if (sleeps == 1) port.arriving.push_back(frame());
    stop = sleeps == 3;
  };
  loop->run(stop);
  EXPECT_EQ(left_at_first_sleep, 1u);
  EXPECT_EQ(port.left.size(), 2u);
  EXPECT_FALSE(port.armed);
}

TEST_F(SleepingLoop, RestsWithoutSleepingWhereAPortCannotWakeIt) {
  std::atomic<bool> stop{false};
  at_sleep = [] { ADD_FAILURE() << "slept"; };
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
  std::thread ends([&] {
    while (std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    stop = true;
  });
  loop->run(stop);
  ends.join();
}

}  // namespace
}  // namespace mehr::dataplane::test
