// Packets with a way on become sealed frames, one neighbour at a time: the only packet of a burst
// for its neighbour is sealed where it lies, several share frames. Nothing waits for company.
// Source: architecture §3, SC-45.
#pragma once

#include <span>

#include "dataplane/frame.h"
#include "dataplane/sessions.h"

namespace mehr::dataplane {

/// @param packets at most kBurst; those that cannot be sent are dropped with a reason
/// @param in the frames they lie in; the buffer of one that leaves as it is becomes the outgoing
///        frame's and is taken out of `in`
/// @param out room for as many frames as packets @return frames written
std::size_t seal(std::span<Packet> packets, std::span<Frame> in, std::span<Neighbour> neighbours,
                 BufferPool& pool, const crypto::AeadBatch& aead, crypto::AeadScratch& scratch,
                 Ticks now, std::span<Frame> out);

}  // namespace mehr::dataplane
