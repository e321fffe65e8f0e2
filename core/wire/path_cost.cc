// Logarithmic codes and the records of path_cost.h.
#include "core/wire/path_cost.h"

#include <algorithm>
#include <cmath>

namespace mehr::wire {
namespace {

constexpr double kCostSteps = 16;
constexpr double kBottleneckSteps = 8;
constexpr double kMtuSteps = 4;
constexpr std::uint16_t kCostMax = kCostUnknown - 1;
constexpr std::uint8_t kUnbounded = 255;

// SC-11: codes are too coarse to size packets by; each stands for the class it can hold.
constexpr std::uint8_t kBulkCode = 48, kStandardCode = 42, kConstrainedCode = 35;
constexpr std::uint32_t kBulk = 4'096, kStandard = 1'500, kConstrained = 484;

/// 2^(code / steps), exact for whole powers.
double power(double code, double steps) {
  return std::exp2(code / steps);
}

}  // namespace

std::uint16_t code_of_cost(double umhr_per_mib) {
  if (!(umhr_per_mib > 0)) return 0;
  // The small step back keeps values that decode exactly from rounding up to the next code.
  const double code = std::ceil(kCostSteps * std::log2(umhr_per_mib + 1) - 1e-9);
  return static_cast<std::uint16_t>(std::clamp<double>(code, 1, kCostMax));
}

double cost_of_code(std::uint16_t code) {
  return power(code, kCostSteps) - 1;
}

std::uint8_t encode_bottleneck(double bps) {
  if (!(bps > 1)) return 0;
  return static_cast<std::uint8_t>(
      std::clamp<double>(std::round(kBottleneckSteps * std::log2(bps)), 0, kUnbounded));
}

std::uint8_t encode_mtu(std::uint32_t bytes) {
  if (bytes == 0) return 0;
  double code = std::floor(kMtuSteps * std::log2(static_cast<double>(bytes)) + 1e-9);
  // A code stands for its whole class, so an MTU just below a class must not get into it.
  if (bytes < kConstrained) code = std::min<double>(code, kConstrainedCode - 1);
  if (bytes < kStandard) code = std::min<double>(code, kStandardCode - 1);
  if (bytes < kBulk) code = std::min<double>(code, kBulkCode - 1);
  return static_cast<std::uint8_t>(std::clamp<double>(code, 0, kUnbounded - 1));
}

std::optional<double> PathCost::cost_umhr_per_mib() const {
  if (!cost_known()) return std::nullopt;
  return cost_of_code(cost_code);
}

double PathCost::bottleneck_bps() const {
  return power(bottleneck_code, kBottleneckSteps);
}

std::uint32_t PathCost::mtu() const {
  if (mtu_code >= kBulkCode) return kBulk;
  if (mtu_code >= kStandardCode) return kStandard;
  if (mtu_code >= kConstrainedCode) return kConstrained;
  return static_cast<std::uint32_t>(power(mtu_code, kMtuSteps));
}

PathCost accumulate(const PathCost& from, const HopCost& hop) {
  PathCost out = from;
  if (from.cost_known() && hop.own_umhr_per_mib > 0) {
    const std::uint16_t sum = code_of_cost(cost_of_code(from.cost_code) + hop.own_umhr_per_mib);
    const auto raised =
        static_cast<std::uint16_t>(std::min<unsigned>(from.cost_code + 1U, kCostMax));
    out.cost_code = std::max(sum, raised);
  }
  out.worst_latency_ms = std::max(from.worst_latency_ms, hop.latency_ms);
  out.bottleneck_code = std::min(from.bottleneck_code, encode_bottleneck(hop.bottleneck_bps));
  out.mtu_code = std::min(from.mtu_code, encode_mtu(hop.mtu));
  if (out.hops < 255) ++out.hops;
  return out;
}

std::optional<PathCost> decode_path_cost(ByteView bytes) {
  ByteReader reader(bytes);
  PathCost cost;
  cost.cost_code = reader.u16_le();
  cost.worst_latency_ms = reader.u16_le();
  cost.bottleneck_code = reader.u8();
  cost.hops = reader.u8();
  cost.mtu_code = reader.u8();
  if (!reader.finished()) return std::nullopt;
  return cost;
}

Bytes encode_path_cost(const PathCost& cost) {
  ByteWriter writer(kPathCostSize);
  writer.u16_le(cost.cost_code)
      .u16_le(cost.worst_latency_ms)
      .u8(cost.bottleneck_code)
      .u8(cost.hops)
      .u8(cost.mtu_code);
  return writer.take();
}

std::optional<PathCostRecord> decode_path_cost_record(ByteView body) {
  if (body.size() != kPathCostRecordSize) return std::nullopt;
  ByteReader reader(body);
  PathCostRecord record;
  record.announce = reader.fixed<16>();
  record.relay_sequence = reader.u32_le();
  const auto cost = decode_path_cost(reader.rest());
  if (!cost) return std::nullopt;
  record.cost = *cost;
  return record;
}

Bytes encode_path_cost_record(const PathCostRecord& record) {
  ByteWriter writer(kPathCostRecordSize);
  writer.bytes(record.announce.view())
      .u32_le(record.relay_sequence)
      .bytes(encode_path_cost(record.cost));
  return writer.take();
}

}  // namespace mehr::wire
