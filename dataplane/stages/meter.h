// Counts what is carried as payment counts it: bytes of mesh packets by the neighbour that handed
// them to us and by the one they go to, and by price class. Owns nothing. One worker.
// Source: architecture §5 (metered links).
#pragma once

#include <span>

#include "dataplane/packet.h"
#include "dataplane/tables/meter.h"

namespace mehr::dataplane {

/// Price classes: the upper half of the price byte; the lower is the tariff's version.
inline constexpr std::size_t kPriceClasses = 16;

/// Only packets that are forwarded. @param received, sent a row a neighbour, kPriceClasses each
void meter(std::span<const Packet> packets, Meters& received, Meters& sent);

}  // namespace mehr::dataplane
