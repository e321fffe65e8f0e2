// The envelope of channel messages on a link, and the stream messages of buffers inside it. Owns
// the layouts; windows, order and repeats are the endpoint's. Any thread; pure.
//
//   envelope  0  2  message type   2  2  sequence   4  2  body length   6  n  body
//   stream    0  2  end of stream 1 | compressed 1 | stream id 14      2  n  data
//
// Big endian. Source: reticulum-wire §19.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/bytes.h"

namespace mehr::wire {

inline constexpr std::uint16_t kChannelReserved = 0xF000;  ///< message types from here on are RNS's
inline constexpr std::uint16_t kChannelStream = 0xFF00;    ///< body is a stream message
inline constexpr std::uint16_t kStreamIdMax = 0x3FFF;

struct ChannelMessage {
  std::uint16_t type = 0;
  std::uint16_t sequence = 0;
  ByteView body;  ///< at most 65,535 bytes; points into the plaintext it was read from
};

/// @param plaintext of a link packet with context kChannel
/// @return nullopt when shorter than its length says; bytes beyond it are ignored
std::optional<ChannelMessage> decode_channel_message(ByteView plaintext);
Bytes encode_channel_message(const ChannelMessage& message);

struct StreamMessage {
  std::uint16_t stream = 0;  ///< 0..kStreamIdMax
  bool end = false;          ///< nothing follows on this stream
  bool compressed = false;   ///< data is bz2
  ByteView data;
};

/// @param body of a channel message of type kChannelStream; nullopt when shorter than 2 bytes
std::optional<StreamMessage> decode_stream_message(ByteView body);
Bytes encode_stream_message(const StreamMessage& message);

}  // namespace mehr::wire
