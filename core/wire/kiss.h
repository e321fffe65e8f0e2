// KISS framing: how hosts and RNodes talk, and an option of TCP links. Owns delimiters, escapes and
// the cut at the payload limit; what commands mean is rnode.h's. Called by the RNode and TCP
// interfaces and the emulated radio on the reactor thread; a decoder is a plain value with one
// owner.
//
//   0xC0, command, payload with C0 -> DB DC and DB -> DB DD, 0xC0
//
// Source: reticulum-wire §24.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"

namespace mehr::wire {

inline constexpr std::uint8_t kKissData = 0x00;  ///< command of a data frame

/// One frame, both delimiters included. @param command not escaped; must not be 0xC0
Bytes kiss_encode(std::uint8_t command, ByteView payload);
/// The same, appended to `out`.
void kiss_append(Bytes& out, std::uint8_t command, ByteView payload);

struct KissFrame {
  std::uint8_t command = kKissData;
  ByteView payload;  ///< valid during the callback only
};

/// What the closing delimiter of a data frame is to the frame after it. Delimiters of other
/// commands are always shared.
enum class KissDelimiter : std::uint8_t {
  kShared,    ///< it opens the next frame too: what a receiver should accept
  kSeparate,  ///< it does not, as in RNS (used to reproduce what a peer makes of our bytes)
};

/// What the command byte is.
enum class KissCommand : std::uint8_t {
  kByte,        ///< the whole byte (RNode)
  kPortNibble,  ///< only the low nibble, the high one being a port (KISS TNCs, KISS over TCP)
};

/// Turns chunks of a stream into frames. Bytes outside frames are dropped, an escape of anything
/// unknown gives the byte itself, payload beyond the limit is cut off and the rest delivered.
class KissDecoder {
 public:
  /// @param max_payload hardware MTU (plus access code where one is used), in bytes
  explicit KissDecoder(std::size_t max_payload, KissCommand command = KissCommand::kByte,
                       KissDelimiter delimiter = KissDelimiter::kShared)
      : max_payload_(max_payload), command_form_(command), delimiter_(delimiter) {}

  /// Feeds the next bytes of the stream; calls `on_frame(const KissFrame&)` for each finished frame
  /// with a command, empty payloads included. The decoder must not be touched in the call.
  template <typename OnFrame>
  void push(ByteView chunk, OnFrame&& on_frame) {
    while (const auto frame = next(chunk))
      on_frame(*frame);
  }

  /// Forgets a partial frame: on reconnect, and when the line was silent for 100 ms (1,500 ms over
  /// TCP) within one.
  void reset();
  /// True inside a frame that has a command: the silence timeout applies.
  [[nodiscard]] bool partial() const { return state_ == State::kPayload; }
  /// Frames whose payload was cut.
  [[nodiscard]] std::uint64_t cut() const { return cut_; }

 private:
  enum class State : std::uint8_t { kOutside, kCommand, kPayload };

  std::optional<KissFrame> next(ByteView& chunk);
  std::optional<KissFrame> delimit();
  void take(std::uint8_t byte);

  std::size_t max_payload_;
  KissCommand command_form_;
  KissDelimiter delimiter_;
  State state_ = State::kOutside;
  bool escape_ = false;
  bool overflowed_ = false;
  bool delivered_ = false;  ///< payload_ was handed out and may be cleared
  std::uint8_t command_ = kKissData;
  Bytes payload_;
  std::uint64_t cut_ = 0;
};

}  // namespace mehr::wire
