// Packets whose port takes nothing more now wait by priority instead of going on to be sealed. A
// packet that came alone keeps its buffer; others are copied into one of their own. Owns nothing;
// the queues are the worker's. One worker.
#pragma once

#include <span>
#include <vector>

#include "dataplane/frame.h"
#include "dataplane/sessions.h"
#include "dataplane/tables/port_queue.h"

namespace mehr::dataplane {

/// @param queues by port; packets to ports beyond the last never wait
void queue(std::span<Packet> packets, std::span<Frame> frames,
           std::span<const Neighbour> neighbours, std::vector<PortQueue>& queues, BufferPool& pool,
           Ticks now);

/// What `queue` lets go: packets and their frames, side by side as in a burst.
/// @param packets, frames room for as many @return how many; late ones among them are dropped
std::size_t unqueue(PortQueue& queue, std::span<Packet> packets, std::span<Frame> frames,
                    Ticks now);

}  // namespace mehr::dataplane
