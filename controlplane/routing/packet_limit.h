// A packet limit somebody told us of (PacketTooBig), for as long as it is believed: ten minutes, as
// hosts keep a path MTU they were told (RFC 1191 §6.3; PMTU_RAISE_TIMER of RFC 8899 §5.1.1). After
// that a larger packet tries the way again and at worst the limit is told anew. So neither a limit
// that was true for a while nor a lie lasts. Plain data in the entries it belongs to; router's
// thread.
#pragma once

#include <cstdint>

#include "core/base/time.h"

namespace mehr::routing {

inline constexpr Duration kPacketLimitLife = 10min;

struct PacketLimit {
  std::uint32_t bytes = 0;  ///< 0 = none
  Time ends{};
  /// Bytes, 0 = none (any more).
  [[nodiscard]] std::uint32_t at(Time now) const { return now < ends ? bytes : 0; }
};

}  // namespace mehr::routing
