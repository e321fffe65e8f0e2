// HDLC-like framing of byte streams (TCP, Backbone): packets between flags, no length, no checksum.
// Owns delimiters, escapes and length limits; knows nothing of packets. Called by the stream
// interfaces on the reactor thread; a decoder is a plain value with one owner.
//
//   0x7E, packet with 7D -> 7D 5D and 7E -> 7D 5E, 0x7E
//
// Source: reticulum-wire §23.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"

namespace mehr::wire {

/// Longest frame that is dropped as too short; nothing this small holds a header and data.
inline constexpr std::size_t kHdlcRunt = 19;

/// One frame, both flags included.
Bytes hdlc_encode(ByteView packet);
/// The same, appended to `out` (interfaces batch frames into one write).
void hdlc_append(Bytes& out, ByteView packet);

/// Turns chunks of a stream into packets. The closing flag of a frame opens the next one; empty
/// frames are nothing; bytes before the first flag are dropped; unknown escapes stay as they are.
class HdlcDecoder {
 public:
  struct Counts {
    std::uint64_t too_short = 0;  ///< frames of 1..kHdlcRunt bytes
    std::uint64_t too_long = 0;   ///< frames over hardware MTU + access code
    std::uint64_t runaway = 0;    ///< buffers discarded: no closing flag within twice the MTU
  };

  /// @param hw_mtu hardware MTU in bytes @param ifac_size access code bytes, 0 on open interfaces
  HdlcDecoder(std::size_t hw_mtu, std::size_t ifac_size)
      : hw_mtu_(hw_mtu), limit_(hw_mtu + ifac_size) {}

  /// Feeds the next bytes of the stream; calls `on_frame(ByteView packet)` for each finished frame.
  /// The view is valid during the call only, in which the decoder must not be touched. Keeps at
  /// most 2 * hw_mtu bytes between calls.
  template <typename OnFrame>
  void push(ByteView chunk, OnFrame&& on_frame) {
    while (const auto frame = next(chunk))
      on_frame(*frame);
  }

  /// Forgets a partial frame (a stream was reconnected).
  void reset();
  [[nodiscard]] const Counts& counts() const { return counts_; }
  /// Bytes kept of an unfinished frame.
  [[nodiscard]] std::size_t buffered() const { return partial_.size(); }

 private:
  /// Consumes `chunk` up to and including the next deliverable frame; nullopt when it is used up.
  std::optional<ByteView> next(ByteView& chunk);
  std::optional<ByteView> finish(ByteView escaped);

  std::size_t hw_mtu_;
  std::size_t limit_;
  bool open_ = false;  ///< a flag was seen: what follows belongs to a frame
  Bytes partial_;      ///< escaped bytes of the open frame from earlier chunks
  Bytes frame_;        ///< holds the delivered frame when it had to be joined or unescaped
  Counts counts_;
};

}  // namespace mehr::wire
