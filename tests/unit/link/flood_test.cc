// A flood of spoofed hellos in virtual time: frames wait in a queue of fixed length for a node that
// takes a fixed time over each kind. The real one, over sockets, is bench/flood.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "hop_wire.h"

namespace mehr::link {
namespace {

using border::Counter;

constexpr Duration kOneWay = 10ms;
constexpr Duration kStep = 2us;
constexpr Duration kApart = 10us;  ///< between spoofed hellos, on average: 100,000 a second
constexpr std::size_t kQueueMost = 4'000;

/// What a frame costs: a handshake's cryptography, a cookie and its way out, anything else. With
/// these the node answers two spoofed hellos in three and loses the rest, and honest frames too.
constexpr Duration kHandshakeCost = 130us, kCookieCost = 15us, kOtherCost = 5us;

class Flood {
 public:
  Flood() { bob_.links.tick(net_.now); }

  void run(Duration time, unsigned honest) {
    const Time begin = net_.now, end = net_.now + time;
    for (std::uint64_t step = 0; net_.now < end; ++step, net_.now += kStep) {
      const auto due = static_cast<unsigned>((net_.now - begin) / 50ms);
      if (honest_.size() < std::min(due, honest)) begin_honest();
      deliver();
      if (chance_.below(static_cast<std::uint64_t>(kApart / kStep)) == 0) spoof();
      serve();
      if (step % 5'000 != 0) continue;
      bob_.links.tick(net_.now);
      for (auto& one : honest_)
        one->node.links.tick(net_.now);
    }
  }
  [[nodiscard]] std::size_t linked_within(Duration time) const {
    return static_cast<std::size_t>(
        std::count_if(honest_.begin(), honest_.end(), [time](const auto& one) {
          return !one->node.up.empty() &&
                 one->node.up.begin()->second.last_heard - one->begun <= time;
        }));
  }
  [[nodiscard]] HopNode& bob() { return bob_; }
  [[nodiscard]] std::size_t honest() const { return honest_.size(); }

  std::size_t half_open_most = 0;
  std::uint64_t lost = 0, answered_before_proof = 0;

 private:
  struct Honest {
    HopNode node;
    Time begun;
    Honest(HopWire& wire, const std::string& at, std::uint64_t seed, Time now)
        : node(wire, at, seed), begun(now) {}
  };
  struct Waiting {
    HopWire::Flight flight;
    Time at;
  };

  void begin_honest() {
    const auto index = honest_.size();
    const std::string at = "10.1." + std::to_string(index) + ".1:4343";
    honest_.push_back(std::make_unique<Honest>(net_.wire, at, 1'000 + index, net_.now));
    honest_.back()->node.links.maintain_peer({0, "b:1"}, bob_.id(), net_.now);
    honest_.back()->node.links.tick(net_.now);
  }

  void enqueue(HopWire::Flight flight) {
    if (queue_.size() >= kQueueMost) {
      ++lost;
    } else {
      queue_.push_back({std::move(flight), net_.now});
    }
  }

  void spoof() {
    wire::HopHello hello;
    hello.sender_index = static_cast<std::uint32_t>(chance_.next());
    hello.ephemeral = chance_.fixed<32>();
    hello.padded = true;
    const std::uint64_t from = chance_.next();
    enqueue({std::to_string(from % 223) + '.' + std::to_string(from >> 8 & 255) + '.' +
                 std::to_string(from >> 16 & 255) + ".9:7",
             "b:1", wire::encode_hop_hello(hello)});
  }

  void deliver() {
    for (; !net_.wire.flights.empty(); net_.wire.flights.pop_front())
      on_the_way_.push_back({std::move(net_.wire.flights.front()), net_.now + kOneWay});
    for (; !on_the_way_.empty() && on_the_way_.front().at <= net_.now; on_the_way_.pop_front()) {
      HopWire::Flight& flight = on_the_way_.front().flight;
      if (flight.to == "b:1") {
        enqueue(std::move(flight));
      } else if (HopNode* node = net_.wire.node_at(flight.to)) {
        node->links.receive({0, flight.from}, flight.frame, {}, net_.now);
      }
    }
  }

  void serve() {
    while (!queue_.empty() && free_at_ <= net_.now) {
      const Waiting next = std::move(queue_.front());
      queue_.pop_front();
      const bool loaded = bob_.links.under_load();
      const std::uint64_t cookies = bob_.counters.value(Counter::kHopCookieSent);
      const std::size_t half_open = bob_.links.half_open();
      const std::size_t replies = net_.wire.flights.size();
      bob_.links.receive({0, next.flight.from}, next.flight.frame, net_.now - next.at, net_.now);
      const bool handshake = bob_.links.half_open() != half_open;
      const bool cookie = bob_.counters.value(Counter::kHopCookieSent) != cookies;
      free_at_ = std::max(free_at_, net_.now - kStep) + (handshake ? kHandshakeCost
                                                         : cookie  ? kCookieCost
                                                                   : kOtherCost);
      const bool spoofed = net_.wire.node_at(next.flight.from) == nullptr;
      if (loaded && spoofed && handshake) ++answered_before_proof;
      for (std::size_t i = replies; spoofed && i < net_.wire.flights.size(); ++i)
        ASSERT_LE(net_.wire.flights[i].frame.size(), next.flight.frame.size());
      half_open_most = std::max(half_open_most, bob_.links.half_open());
    }
  }

  HopNetwork net_;
  HopNode bob_{net_.wire, "b:1", 2};
  SeededRandom chance_{5};
  std::vector<std::unique_ptr<Honest>> honest_;
  std::deque<Waiting> queue_, on_the_way_;
  Time free_at_{};
};

TEST(Flood, HonestHandshakesSucceedWithinASecond) {
  Flood flood;
  flood.run(1s, 0);
  ASSERT_TRUE(flood.bob().links.under_load());
  const std::size_t settled = flood.half_open_most;
  flood.run(4s, 50);
  EXPECT_GT(flood.lost, 100'000U) << "the flood must be more than the node can take";
  EXPECT_EQ(flood.honest(), 50U);
  EXPECT_EQ(flood.linked_within(1s), flood.honest());
  EXPECT_EQ(flood.bob().up.size(), flood.honest());
  EXPECT_EQ(flood.answered_before_proof, 0U) << "no state before a cookie";
  EXPECT_LE(settled, LinksConfig{}.half_open_limit / 2);
  EXPECT_LE(flood.half_open_most, settled + 50) << "memory is flat";
}

}  // namespace
}  // namespace mehr::link
