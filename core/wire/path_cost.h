// What a path costs, in seven bytes, and the record that carries it beside an announce. The
// announce itself stays as its origin signed it; this travels only inside a hop link, is believed
// because the neighbour is, and each relay sends its own. Any thread; pure. Source: spec/02 §4,
// SC-01, SC-03, SC-11..SC-14.
//
//   CompactPathCost   0..1 cost code   2..3 worst latency ms   4 bottleneck code   5 hops   6 MTU
//   code cost code  ceil(16 log2(v + 1)), v in uMHR per MiB (SC-15); 0 = free, 0xFFFF = unknown
//   bottleneck round(8 log2(bit/s)), 255 = that or more; MTU code floor(4 log2(bytes)), 255 =
//   unbounded
//
//   PathCostRecord    0..15 truncated packet hash of the announce   16..19 relay sequence   20..26
//   cost
//
// All integers little endian.
#pragma once

#include <optional>

#include "core/base/bytes.h"

namespace mehr::wire {

inline constexpr std::size_t kPathCostSize = 7;
inline constexpr std::uint16_t kCostUnknown = 0xFFFF;

struct PathCost {
  std::uint16_t cost_code = 0;
  std::uint16_t worst_latency_ms = 0;
  std::uint8_t bottleneck_code = 255;
  std::uint8_t hops = 0;
  std::uint8_t mtu_code = 255;

  auto operator<=>(const PathCost&) const = default;
  [[nodiscard]] bool cost_known() const { return cost_code != kCostUnknown; }
  /// uMHR per MiB; 0 when free, nullopt when unknown.
  [[nodiscard]] std::optional<double> cost_umhr_per_mib() const;
  [[nodiscard]] double bottleneck_bps() const;  ///< code 255: "that or more"
  /// Bytes an originator may send: the class the code falls into (SC-11); code 255: no bound.
  [[nodiscard]] std::uint32_t mtu() const;
};

/// Rounds up, so that a price never vanishes; saturates below kCostUnknown.
std::uint16_t code_of_cost(double umhr_per_mib);
double cost_of_code(std::uint16_t code);
std::uint8_t encode_bottleneck(double bps);
std::uint8_t encode_mtu(std::uint32_t bytes);

/// One more hop: what this node charges, and what its link to the next hop can do.
struct HopCost {
  double own_umhr_per_mib = 0;
  std::uint16_t latency_ms = 0;
  double bottleneck_bps = 0;
  std::uint32_t mtu = 0;
};
/// The cost this node tells its upstream: accumulated, never smaller than what came in, the code at
/// least one higher when this node charges anything (SC-14); hops saturate at 255.
PathCost accumulate(const PathCost& from, const HopCost& hop);

std::optional<PathCost> decode_path_cost(ByteView bytes);
Bytes encode_path_cost(const PathCost& cost);

struct PathCostRecord {
  Hash16 announce;                   ///< truncated packet hash, the same at every relay
  std::uint32_t relay_sequence = 0;  ///< of the sending neighbour, for this announce; newest wins
  PathCost cost;
};
inline constexpr std::size_t kPathCostRecordSize = 27;
std::optional<PathCostRecord> decode_path_cost_record(ByteView body);
Bytes encode_path_cost_record(const PathCostRecord& record);

}  // namespace mehr::wire
