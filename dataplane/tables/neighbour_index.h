// How this process numbers neighbours: places the control plane hands out, the same for all
// workers. Any thread; pure.
#pragma once

#include <cstdint>

namespace mehr::dataplane {

/// A neighbour's place in the tables of this process.
using NeighbourIndex = std::uint16_t;
inline constexpr NeighbourIndex kNoNeighbour = 0xFFFF;

}  // namespace mehr::dataplane
