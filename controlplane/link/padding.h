// What the length of a frame gives away, and what hiding it costs. Frames of small records are
// filled up with one padding record to one of four sizes, so that an observer no longer tells a
// proof from a path request or a short message from a long one. Pure arithmetic; any thread.
// Source: spec/03 §6, SC-29.
//
// The sizes are those of the records, before the 32 bytes around them: 128 holds everything
// Reticulum says in passing (keep-alive, path request, proof, link request and proof), 256 and 384
// its announces and messages, 512 the largest packet of its MTU (500 and a record header).
//
//   over Reticulum's own sizes   distinct sizes   bits given away   mean frame
//   no padding                               52               5.0        209 B
//   128 512                                   2               1.0        354 B  (+70 %)
//   128 256 512                               3               1.5        281 B  (+35 %)
//   128 256 384 512                           4               1.7        266 B  (+28 %)
//
// Never padded: radios and other links below 1 Mbit/s, where a keep-alive would cost seconds of the
// channel; frames with bulk (P3) in them, whose length says nothing but "bulk"; frames beyond 512.
#pragma once

#include "controlplane/link/links.h"

namespace mehr::link {

inline constexpr std::size_t kPaddingBucket = 128;
inline constexpr std::size_t kPaddedMost = 512;
inline constexpr std::uint64_t kPaddedBitrateLeast = 1'000'000;

/// Bytes of the padding record to add behind `records`: 0, or at least a record header.
/// @param records whole records @param room bytes of records a frame to this neighbour can hold
std::size_t padding_for(Padding padding, const CarrierTraits& traits, ByteView records,
                        std::size_t room);

}  // namespace mehr::link
