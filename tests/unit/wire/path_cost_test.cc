// Path costs: the worked figures of spec/02 §4.3 and the rules that keep prices from vanishing.
#include "core/wire/path_cost.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace mehr::wire {
namespace {

TEST(PathCost, CodesOfTheSpecification) {
  EXPECT_EQ(code_of_cost(0), 0);
  EXPECT_EQ(code_of_cost(1), 16);
  EXPECT_EQ(code_of_cost(10'833), 215) << "rounded up from 214.5 (SC-14)";
  EXPECT_EQ(encode_bottleneck(5), 19);
  EXPECT_EQ(encode_bottleneck(500), 72);
  EXPECT_EQ(encode_bottleneck(1'074), 81);
  EXPECT_EQ(encode_bottleneck(50'000), 125);
  EXPECT_EQ(encode_bottleneck(1e8), 213);
  EXPECT_EQ(encode_bottleneck(1e9), 239);
  EXPECT_EQ(encode_bottleneck(1e10), 255) << "saturates (SC-12)";
  EXPECT_EQ(encode_mtu(228), 31);
  EXPECT_EQ(encode_mtu(484), 35);
  EXPECT_EQ(encode_mtu(1'500), 42);
  EXPECT_EQ(encode_mtu(4'096), 48);
  EXPECT_EQ(encode_mtu(9'000), 52);
}

TEST(PathCost, AClassNeverPromisesMoreThanWasEncoded) {
  for (std::uint32_t bytes = 215; bytes < 70'000; ++bytes) {
    PathCost cost;
    cost.mtu_code = encode_mtu(bytes);
    const std::uint32_t promised = cost.mtu();
    ASSERT_LE(promised, bytes);
  }
}

TEST(PathCost, ThreeRelaysAsInTheSpecification) {
  PathCost cost;
  cost = accumulate(cost, {1, 1, 1e9, 4'096});
  EXPECT_EQ(to_hex(encode_path_cost(cost)), "10000100ef0130");
  cost = accumulate(cost, {2, 12, 5e7, 1'500});
  cost = accumulate(cost, {10, 2'000, 1'074, 484});
  EXPECT_EQ(cost.hops, 3);
  EXPECT_EQ(cost.worst_latency_ms, 2'000);
  EXPECT_EQ(cost.bottleneck_code, 81);
  EXPECT_EQ(cost.mtu(), 484U);
  EXPECT_NEAR(*cost.cost_umhr_per_mib(), 13, 13 * 0.09) << "within two code steps of the sum";
  EXPECT_GE(*cost.cost_umhr_per_mib(), 13 - 1e-9) << "never below it";
}

TEST(PathCost, SmallPricesDoNotVanish) {
  PathCost cost;
  cost.cost_code = code_of_cost(1'000);
  const std::uint16_t before = cost.cost_code;
  for (int hop = 0; hop < 50; ++hop)
    cost = accumulate(cost, {2, 0, 1e9, 1'500});
  EXPECT_GE(cost.cost_code, before + 50);
}

TEST(PathCost, AnUnknownCostStaysUnknownAndCodesSaturate) {
  PathCost cost;
  cost.cost_code = kCostUnknown;
  EXPECT_FALSE(accumulate(cost, {5, 0, 1e9, 500}).cost_known());
  cost.cost_code = kCostUnknown - 1;
  EXPECT_EQ(accumulate(cost, {5, 0, 1e9, 500}).cost_code, kCostUnknown - 1);
  cost.hops = 255;
  EXPECT_EQ(accumulate(cost, {}).hops, 255);
}

TEST(PathCost, RecordsRoundTrip) {
  SeededRandom random(1);
  for (int i = 0; i < 1'000; ++i) {
    Bytes raw(kPathCostRecordSize);
    random.fill(raw);
    const auto record = decode_path_cost_record(raw);
    ASSERT_TRUE(record);
    EXPECT_EQ(encode_path_cost_record(*record), raw);
  }
  EXPECT_FALSE(decode_path_cost_record(Bytes(26)));
  EXPECT_FALSE(decode_path_cost_record(Bytes(28)));
}

}  // namespace
}  // namespace mehr::wire
