// A neighbour too slow to be told at once of everything that changes: in the end it knows.
#include <gtest/gtest.h>

#include <deque>

#include "controlplane/routing/candidates.h"
#include "controlplane/routing/path_news.h"
#include "tests/unit/routing/world.h"

namespace mehr::routing {
namespace {

using border::Counter;
using test::kEpoch;
using test::Originator;
using test::World;
using wire::HopControl;

const IdentityHash kOwn = Hash16::from(Bytes(16, 0x11)).value();
const IdentityHash kNear = Hash16::from(Bytes(16, 0x21)).value();
const IdentityHash kFast = Hash16::from(Bytes(16, 0x41)).value();
const IdentityHash kSlow = Hash16::from(Bytes(16, 0x31)).value();

InterfaceTraits hop(const IdentityHash& neighbour, std::uint64_t bitrate) {
  InterfaceTraits traits;
  traits.hop_link = true;
  traits.neighbour = neighbour;
  traits.bitrate_bps = bitrate;
  traits.hardware_mtu = 4'096;
  traits.ingress_control = false;
  return traits;
}

/// "near" brings the paths, "fast" and "slow" are told of them, the latter through a queue of 64
/// KiB that runs empty at 1,200 bit/s; what comes out of it reaches `far`. Announces `far` has
/// heard elsewhere, too, so that it need not wait for the announce cap.
class SlowNeighbour : public testing::Test {
 protected:
  static constexpr std::size_t kQueue = 64 << 10, kRecord = 4 + wire::kPathCostRecordSize;
  static constexpr double kBytesPerSecond = 1'200.0 / 8;

  explicit SlowNeighbour(RouterLimits limits = {})
      : node(true, limits, kOwn), far(true, {}, kSlow) {
    node.up("near", hop(kNear, 10'000'000));
    node.up("slow", hop(kSlow, 1'200));
    node.up("fast", hop(kFast, 1'000'000'000));
    far.up("node", hop(kOwn, 1'200));
    node.takes = [this](const std::string& name, HopControl type, const ByteView& body) {
      if (name != "slow" || type != HopControl::kPathCost) return true;
      if (queue_.size() * kRecord + kRecord > kQueue) return false;
      queue_.push_back(to_bytes(body));
      longest = std::max(longest, queue_.size());
      return true;
    };
    node.advance(0);
    far.advance(0);
  }
  /// The queue runs empty; what was broadcast over "slow" has gone at once.
  void run(double seconds) {
    for (double end = node.now() + seconds; node.now() < end;) {
      node.advance(node.now() + 0.25, 0.05);  // one queued announce a tick
      far.advance(node.now());
      for (credit_ += 0.25 * kBytesPerSecond; credit_ >= kRecord && !queue_.empty();) {
        credit_ -= kRecord;
        far.receive_control("node", HopControl::kPathCost, queue_.front());
        queue_.pop_front();
      }
      credit_ = std::min<double>(credit_, kRecord);
      for (; passed_ < node.sent.size(); ++passed_) {
        if (node.sent[passed_].interface == "slow") far.receive("node", node.sent[passed_].raw);
      }
    }
  }
  void near_tells(std::size_t index, double cost, std::uint32_t sequence) {
    const Bytes& announce = announces_[index];
    const Hash16 key =
        announce_key(owners[index].destination(), wire::decode_packet(announce)->data);
    node.receive_control(
        "near", HopControl::kPathCost,
        wire::encode_path_cost_record({key, sequence, {wire::code_of_cost(cost), 10, 200, 1, 48}}));
  }
  void learn(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      owners.emplace_back(1'000 + i);
      announces_.push_back(owners.back().announce(kEpoch));
      near_tells(i, 100, 1);
      node.receive("near", Originator::carried(announces_.back(), 1, kNear));
      far.receive("node", Originator::carried(announces_.back(), 2, kOwn));
      if (i % 64 == 63) run(4);
    }
    run(30);
  }
  /// Paths for which the slow neighbour holds another cost than this node's.
  std::size_t wrong() {
    std::size_t count = 0;
    for (const Originator& owner : owners) {
      const auto here =
          node.router->explain(owner.destination(), PathPolicy::kBalanced, node.time());
      const auto there =
          far.router->explain(owner.destination(), PathPolicy::kBalanced, far.time());
      const bool same =
          here.candidates.size() == 1 && there.candidates.size() == 1 &&
          here.candidates[0].cost_umhr_per_mib && there.candidates[0].cost_umhr_per_mib &&
          *there.candidates[0].cost_umhr_per_mib == *here.candidates[0].cost_umhr_per_mib;
      count += same ? 0U : 1U;
    }
    return count;
  }

  World node, far;
  std::vector<Originator> owners;
  std::size_t longest = 0;

 private:
  std::vector<Bytes> announces_;
  std::deque<Bytes> queue_;
  double credit_ = 0;
  std::size_t passed_ = 0;
};

TEST_F(SlowNeighbour, HearsOfFiveThousandChangesInTheEnd) {
  learn(5'000);
  for (std::size_t i = 0; i < owners.size(); ++i)
    near_tells(i, 50'000, 2);
  run(1);
  EXPECT_GT(wrong(), 4'800U);
  EXPECT_GT(node.router->tables().cost_changes, 4'800U);
  for (std::size_t i = 0; i < owners.size(); ++i)
    near_tells(i, 1'000 + 5.0 * static_cast<double>(i), 3);
  run(15);
  EXPECT_LE(node.router->tables().cost_changes, 5'000U) << "one entry a path, however often";
  EXPECT_GT(node.count(Counter::kPathCostWaited), 0U);
  // 5,000 records of 31 bytes at half of 1,200 bit/s: 2,067 s.
  run(2'200);
  EXPECT_EQ(wrong(), 0U);
  EXPECT_EQ(node.router->tables().cost_changes, 0U);
  EXPECT_LT(longest * kRecord, 8'192U) << "packets beside it do not wait behind all of it";
}

TEST_F(SlowNeighbour, HearsOfFiveThousandLostPathsInTheEnd) {
  learn(5'000);
  node.down("near");
  run(1);
  EXPECT_GT(node.router->tables().withdrawals, 4'800U);
  const auto held = [this] {
    std::size_t count = 0;
    for (const Originator& owner : owners)
      count += far.router->path(owner.destination()) != nullptr ? 1U : 0U;
    return count;
  };
  EXPECT_GT(held(), 4'800U);
  run(2'200);
  EXPECT_EQ(held(), 0U);
  EXPECT_EQ(node.router->tables().withdrawals, 0U);
  EXPECT_TRUE(node.router->take_out_of_step().empty());
}

class ShortMemory : public SlowNeighbour {
 protected:
  static RouterLimits limits() {
    RouterLimits small;
    small.withdrawals = 100;
    return small;
  }
  ShortMemory() : SlowNeighbour(limits()) {}
};

TEST_F(ShortMemory, WhoMissesWithdrawalsIsLinkedAnew) {
  learn(300);
  for (std::size_t i = 0; i < owners.size(); ++i) {
    node.router->drop_path(owners[i].destination());
    if (i % 50 == 49) run(1);
  }
  EXPECT_LE(node.router->tables().withdrawals, 100U);
  const auto those = node.router->take_out_of_step();
  ASSERT_EQ(those.size(), 1U);
  EXPECT_EQ(those[0], node.ids.at("slow"));
  EXPECT_EQ(node.count(Counter::kPathCostsLost), 1U);
  EXPECT_TRUE(node.router->take_out_of_step().empty());
  node.down("slow");
  node.advance(node.now() + 1);
  EXPECT_EQ(node.router->tables().withdrawals, 0U) << "nobody is left to tell";
}

TEST_F(SlowNeighbour, ACostWithoutRoomFollowsItsAnnounce) {
  bool full = true;
  const auto before = node.takes;
  node.takes = [&](const std::string& name, HopControl type, const ByteView& body) {
    return (name != "slow" || !full) && before(name, type, body);
  };
  learn(1);
  EXPECT_EQ(wrong(), 1U);
  full = false;
  run(5);
  EXPECT_EQ(wrong(), 0U);
}

}  // namespace
}  // namespace mehr::routing
