// Two things one Mehr neighbour tells another inside a hop link: a packet did not fit the next hop,
// and a queue is filling. Owns the layout of both control record bodies; who is told and what
// follows is controlplane/routing's. Any thread; pure. Source: spec/01 §5, spec/02 §9.4, SC-24,
// SC-32.
//
//   PacketTooBig   0..15 destination, or link id   16..17 bytes that fit
//   Congestion     0 severity (bits 7-6) scope (5-4) zero   1..2 time to drain, ms
//
// All integers little endian. Canonical: reserved bits zero.
#pragma once

#include <optional>

#include "core/base/bytes.h"

namespace mehr::wire {

inline constexpr std::size_t kPacketTooBigSize = 18;
/// Smaller limits are refused: no carrier of ours holds less (228 bytes, rounded down by its code).
inline constexpr std::uint16_t kPacketLimitMin = 215;

struct PacketTooBig {
  Hash16 destination;       ///< of the packet that did not fit
  std::uint16_t limit = 0;  ///< bytes, whole packets without framing
};
std::optional<PacketTooBig> decode_packet_too_big(ByteView body);
Bytes encode_packet_too_big(const PacketTooBig& message);

enum class CongestionSeverity : std::uint8_t {
  kModerate = 0,   ///< queue over 50 %: send a quarter less
  kSevere = 1,     ///< over 75 %: half, P2 and P3 elsewhere
  kSaturated = 2,  ///< over 90 %: P0 and a little P1 only
};
enum class CongestionScope : std::uint8_t { kThisLink = 0, kAllOutbound = 1 };

inline constexpr std::size_t kCongestionSize = 3;
struct CongestionSignal {
  CongestionSeverity severity = CongestionSeverity::kModerate;
  CongestionScope scope = CongestionScope::kThisLink;
  std::uint16_t drain_ms = 0;  ///< saturates
};
/// @return nullopt for another size, reserved bits, or values without a meaning
std::optional<CongestionSignal> decode_congestion(ByteView body);
Bytes encode_congestion(const CongestionSignal& signal);

}  // namespace mehr::wire
